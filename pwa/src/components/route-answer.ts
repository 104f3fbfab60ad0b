/** The answer in words: what was found first, then what is not known, then the steps. Nothing is left out, some of it is folded. */

import { h, type Child } from "../app/dom.ts";
import { formatDate, formatDistance, formatDuration, formatShare } from "../app/format.ts";
import type { Obstacle, Route, RoutePlan, Said, Step } from "../app/wire.ts";
import type { Translator } from "../i18n/index.ts";
import { elevationProfile } from "./elevation-profile.ts";

/** What the answer belongs to, in the person's words. */
export interface Trip {
  from: string;
  to: string;
  profile: string;
}

const SHOWN_UNKNOWNS = 3;
/** Nearer than this the way begins at the position for all that can be said of it. */
const SAID_OFFSET_M = 5;

export class RouteAnswer extends HTMLElement {
  i18n!: Translator;
  timeZone = "Europe/Berlin";

  #stale: HTMLElement | null = null;

  clear(): void {
    this.#stale = null;
    this.replaceChildren();
  }

  show(plan: RoutePlan, trip: Trip): void {
    const { i18n } = this;
    this.#stale = h("p", { role: "status", class: "stale" });
    this.replaceChildren(
      h(
        "article",
        { class: `answer ${plan.outcome}`, "aria-labelledby": "answer-title" },
        h("div", {}, h("h2", { id: "answer-title", tabindex: -1 }, i18n.t(`answer.${plan.outcome}`)), this.#stale),
        h("p", { class: "trip" }, i18n.t("answer.trip", { from: trip.from, to: trip.to }), " ", i18n.t("answer.profile", { profile: trip.profile })),
        ...this.#outcome(plan),
        ...this.#relaxations(plan),
        ...this.#offsets(plan),
        ...plan.routes.flatMap((route, index) => (index === 0 ? this.#route(route, index) : this.#other(route, index))),
      ),
    );
  }

  focusTitle(): void {
    const title = this.querySelector<HTMLElement>("#answer-title");
    title?.focus({ preventScroll: true });
    title?.scrollIntoView({ block: "start" });
  }

  /** Say that the form has moved on from this answer, or that it is back. */
  markStale(stale: boolean): void {
    if (this.#stale) this.#stale.textContent = stale ? this.i18n.t("answer.stale") : "";
  }

  #outcome(plan: RoutePlan): Child[] {
    const { i18n } = this;
    const date = i18n.t("answer.data", { date: formatDate(i18n, plan.graph.osm_at, this.timeZone) });
    const said = (text: string) => [h("p", { class: "lead" }, text, " ", h("span", { class: "data-date" }, date))];
    const listed = (text: string, obstacles: readonly Obstacle[]) => [h("p", { class: "lead" }, text), this.#obstacles(obstacles), h("p", { class: "data-date" }, date)];
    const best = plan.routes[0];
    const excesses = best?.limits_exceeded ?? [];
    if (plan.outcome === "unreachable") {
      const remaining_m = plan.reachable?.remaining_m;
      const near = typeof remaining_m === "number" ? i18n.t("answer.unreachable.near", { distance: formatDistance(i18n, Math.ceil(remaining_m)) }) : "";
      return [...said(i18n.t("answer.unreachable.text")), h("p", {}, near, " ", best !== undefined && i18n.t("answer.unreachable.way")), excesses.length > 0 && this.#obstacles(excesses)];
    }
    if (plan.outcome === "limits_exceeded") {
      return excesses.length === 0 ? said(i18n.t("answer.exceeded.none")) : listed(i18n.count("answer.exceeded", excesses.length), excesses);
    }
    // A wish that is not kept is no broken limit, but "no obstacle" would be too much said.
    const wishes = (best?.steps ?? []).flatMap((step) => step.obstacles).filter((obstacle) => obstacle.exceeds === true);
    return wishes.length > 0 ? listed(i18n.count("answer.found.avoid", wishes.length), wishes) : said(i18n.t("answer.found.text"));
  }

  #offsets(plan: RoutePlan): Child[] {
    return (["from", "to"] as const).map((side) => {
      const offset_m = plan[side]?.offset_m ?? 0;
      return offset_m >= SAID_OFFSET_M && h("p", { class: "offset" }, this.i18n.t(`answer.offset.${side}`, { distance: formatDistance(this.i18n, offset_m) }));
    });
  }

  /** The small changes that would open a clean way. */
  #relaxations(plan: RoutePlan): Child[] {
    if (plan.relaxations.length === 0) return [];
    return [
      h(
        "section",
        { class: "relaxation", "aria-labelledby": "relaxation-title" },
        h("h3", { id: "relaxation-title" }, this.i18n.t("relaxation.title")),
        h("ul", {}, ...plan.relaxations.map((relaxation) => h("li", {}, relaxation.text))),
      ),
    ];
  }

  /** Another way, folded: its name and how it differs stand on the fold. */
  #other(route: Route, index: number): Child[] {
    const difference = route.difference?.text ?? "";
    return [
      h(
        "details",
        { class: "alternative" },
        h("summary", {}, this.i18n.t("answer.other", { title: route.title }), difference !== "" && h("span", { class: "difference" }, " ", difference)),
        ...this.#route(route, index),
      ),
    ];
  }

  #route(route: Route, index: number): Child[] {
    const { i18n } = this;
    return [
      ...this.#said("warning", route.warnings, index),
      h("h3", {}, i18n.t("summary.title")),
      this.#summary(route),
      ...elevationProfile(i18n, route),
      h("h3", {}, i18n.t("unknown.title")),
      ...this.#unknowns(route),
      h("h3", {}, i18n.t("steps.title")),
      h("ol", { class: "steps", role: "list" }, ...route.steps.map((step) => this.#step(step))),
      ...this.#said("assumption", route.assumptions, index),
    ];
  }

  #summary(route: Route): HTMLElement {
    const { i18n } = this;
    const row = (term: string, value: string) => h("div", {}, h("dt", {}, term), h("dd", {}, value));
    const up_m = route.climb_m ?? 0;
    const down_m = route.descent_m ?? 0;
    return h(
      "dl",
      { class: "summary" },
      row(i18n.t("summary.distance"), formatDistance(i18n, route.distance_m)),
      row(i18n.t("summary.duration"), formatDuration(i18n, route.duration_s)),
      (up_m >= 1 || down_m >= 1) && row(i18n.t("summary.climb"), i18n.t("summary.climb.value", { up: formatDistance(i18n, up_m), down: formatDistance(i18n, down_m) })),
      row(i18n.t("summary.known"), i18n.t("summary.known.value", { share: formatShare(i18n, route.known_share) })),
    );
  }

  #unknowns(route: Route): Child[] {
    const { i18n } = this;
    if (route.unknowns.length === 0) return [h("p", {}, route.known_share >= 1 ? i18n.t("unknown.none") : i18n.t("summary.known.value", { share: formatShare(i18n, route.known_share) }))];
    const items = route.unknowns.map((unknown) => h("li", {}, unknown.text));
    const rest = items.splice(SHOWN_UNKNOWNS);
    return [
      h("ul", { class: "unknowns" }, ...items),
      rest.length > 0 && h("details", { class: "more" }, h("summary", {}, i18n.count("unknown.more", rest.length)), h("ul", { class: "unknowns" }, ...rest)),
    ];
  }

  #step(step: Step): HTMLElement {
    return h(
      "li",
      {},
      h("p", { class: "instruction" }, step.instruction),
      step.obstacles.length > 0 && this.#obstacles(step.obstacles),
    );
  }

  #obstacles(obstacles: readonly Obstacle[]): HTMLElement {
    return h("ul", { class: "obstacles", role: "list" }, ...obstacles.map((obstacle) => this.#obstacle(obstacle)));
  }

  /** A word, a colour and a shape say how an obstacle stands to the limit; any one of them is enough. */
  #obstacle(obstacle: Obstacle): HTMLElement {
    const { i18n } = this;
    const standing = standingOf(obstacle);
    const source = obstacle.source ? i18n.word("source", obstacle.source) : null;
    const origin =
      source === null
        ? null
        : obstacle.as_of
          ? i18n.t("obstacle.source", { source, date: formatDate(i18n, obstacle.as_of, this.timeZone) })
          : i18n.t("obstacle.source.undated", { source });
    return h(
      "li",
      { class: `obstacle ${standing ?? "within"}` },
      standing !== null && obstacle.kind !== "unknown" && h("strong", { class: "standing" }, i18n.t(`obstacle.${standing}`), ": "),
      obstacle.text,
      origin !== null && h("span", { class: "origin" }, " ", origin),
    );
  }

  #said(kind: "warning" | "assumption", sentences: readonly Said[], index: number): Child[] {
    if (sentences.length === 0) return [];
    const items = sentences.map((said) => h("li", {}, typeof said === "string" ? said : said.text));
    return [
      h(
        "section",
        { class: kind, "aria-labelledby": `${kind}-title-${index}` },
        h("h3", { id: `${kind}-title-${index}` }, this.i18n.t(`${kind}.title`)),
        kind === "assumption" && h("p", {}, this.i18n.t("assumption.text")),
        h("ul", {}, ...items),
      ),
    ];
  }
}

function standingOf(obstacle: Obstacle): "over" | "maybe" | "avoid" | "unknown" | null {
  if (obstacle.exceeds === null) return "unknown";
  if (!obstacle.exceeds) return null;
  if (obstacle.beyond === "avoid") return "avoid";
  return obstacle.certain === false ? "maybe" : "over";
}
