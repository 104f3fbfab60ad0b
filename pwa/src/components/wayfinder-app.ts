/** The page: loads the presets, sends the form, shows the answer, changes the language. Nothing entered ever leaves its memory but in a request. */

import { getCity, listProfiles, planRoute } from "../app/api.ts";
import { h, make } from "../app/dom.ts";
import { buildRequest } from "../app/form.ts";
import { formatDate } from "../app/format.ts";
import { errorsOf } from "../app/problems.ts";
import type { City, Profile, RoutePlan, RoutePlanRequest } from "../app/wire.ts";
import { createTranslator, findKeptLanguage, findStartLanguage, keepLanguage, type Language, type Translator } from "../i18n/index.ts";
import type { LanguageSwitch } from "./language-switch.ts";
import type { RouteAnswer, Trip } from "./route-answer.ts";
import type { RouteForm } from "./route-form.ts";

interface Answered {
  request: RoutePlanRequest;
  trip: Trip;
  plan: RoutePlan;
}

export class WayfinderApp extends HTMLElement {
  #i18n: Translator = createTranslator(findStartLanguage(navigator.languages));
  #city: City | null = null;
  #profiles: Profile[] = [];
  #form: RouteForm | null = null;
  #answer: RouteAnswer | null = null;
  #answered: Answered | null = null;
  #asking: AbortController | null = null;
  #loading = 0;
  #network!: HTMLElement;
  #note!: HTMLElement;

  connectedCallback(): void {
    addEventListener("online", () => this.#showNetwork());
    addEventListener("offline", () => this.#showNetwork());
    this.#draw();
    void this.#load();
  }

  async #load(): Promise<void> {
    const turn = ++this.#loading;
    try {
      const [city, profiles] = await Promise.all([getCity(this.#i18n.language), listProfiles(this.#i18n.language)]);
      if (turn !== this.#loading) return;
      this.#city = city;
      this.#profiles = profiles;
      this.#draw();
    } catch {
      if (turn !== this.#loading) return;
      this.#drawFailed();
    }
  }

  #draw(): void {
    const i18n = this.#i18n;
    const main = h("main", { id: "main", tabindex: -1 });
    this.#network = h("p", { role: "status", class: "network" });
    this.#note = h("p", { role: "status", class: "note" });
    this.replaceChildren(this.#skip(), this.#header(), main, this.#footer());
    document.documentElement.lang = i18n.htmlLang;
    this.#title();
    if (this.#profiles.length === 0) {
      main.append(this.#network, h("p", { role: "status", class: "loading" }, i18n.t("app.loading")));
    } else {
      const form = make<RouteForm>("ww-route-form", { i18n, profiles: this.#profiles });
      if (this.#form) form.state = this.#form.state;
      form.addEventListener("ww-submit", () => void this.#submit());
      form.addEventListener("ww-change", () => this.#compare());
      this.#form = form;
      this.#answer = make<RouteAnswer>("ww-route-answer", { i18n, timeZone: this.#city?.time_zone ?? "Europe/Berlin" });
      main.append(this.#network, this.#note, h("div", { class: "columns" }, form, this.#answer));
    }
    this.#showNetwork();
  }

  #skip(): HTMLElement {
    const go = (event: Event) => {
      event.preventDefault();
      this.querySelector<HTMLElement>("main")?.focus();
    };
    return h("a", { class: "skip", href: "#main", onclick: go }, this.#i18n.t("app.skip"));
  }

  #header(): HTMLElement {
    const i18n = this.#i18n;
    const languages = make<LanguageSwitch>("ww-language-switch", { i18n });
    languages.addEventListener("ww-language", () => void this.#setLanguage(languages.value));
    const city = this.#city;
    const notices = (city?.notice ?? (city?.fictional ? i18n.t("app.fictional") : "")).split("\n").filter(Boolean);
    return h(
      "header",
      {},
      h("div", { class: "bar" }, h("div", { class: "brand" }, h("h1", {}, i18n.t("app.name"), city && h("span", { class: "city" }, " ", city.name)), h("p", { class: "claim" }, i18n.t("app.claim"))), languages),
      notices.length > 0 && h("div", { class: "fictional", role: "note" }, ...notices.map((notice) => h("p", {}, notice))),
    );
  }

  #footer(): HTMLElement {
    const i18n = this.#i18n;
    const keep = h("input", {
      type: "checkbox",
      id: "keep-language",
      autocomplete: "off",
      checked: findKeptLanguage() !== null,
      onchange: () => keepLanguage(keep.checked ? i18n.language : null),
    });
    const city = this.#city;
    return h(
      "footer",
      {},
      h("p", {}, i18n.t("app.privacy")),
      h("div", { class: "option" }, keep, h("label", { for: "keep-language" }, i18n.t("language.keep"))),
      city && h("p", {}, i18n.t("app.data", { date: formatDate(i18n, city.osm_at, city.time_zone) }), " · ", city.attribution),
    );
  }

  #drawFailed(): void {
    const i18n = this.#i18n;
    const retry = () => {
      this.#draw();
      this.querySelector<HTMLElement>("main")?.focus();
      void this.#load();
    };
    const box = h(
      "div",
      { class: "error-summary", role: "alert" },
      h("h2", {}, i18n.t("app.failed.title")),
      h("p", {}, i18n.t("app.failed.text")),
      h("button", { type: "button", class: "primary", id: "retry", onclick: retry }, i18n.t("app.retry")),
    );
    this.querySelector("main")?.replaceChildren(this.#network, box);
  }

  #showNetwork(): void {
    const wasOffline = this.#network.textContent === this.#i18n.t("app.offline");
    this.#network.textContent = !navigator.onLine ? this.#i18n.t("app.offline") : wasOffline ? this.#i18n.t("app.online") : "";
  }

  #title(key: "app.title" | "app.title.error" | "app.title.answer" = "app.title", answer = ""): void {
    document.title = this.#i18n.t(key, { city: this.#city?.name ?? "", answer }).trim();
  }

  async #submit(): Promise<void> {
    const form = this.#form;
    if (!form) return;
    this.#asking?.abort();
    const built = buildRequest(this.#i18n, form.state, this.#profiles);
    if ("errors" in built) {
      form.update(built.errors);
      this.#title("app.title.error");
      return;
    }
    const profile = this.#profiles.find((candidate) => candidate.name === built.request.profile);
    const trip = { from: form.state.from.text, to: form.state.to.text, profile: profile?.label ?? "" };
    await this.#ask(built.request, trip, true);
  }

  /** Ask for a way and show the answer. A later question makes an earlier one void. */
  async #ask(request: RoutePlanRequest, trip: Trip, asked: boolean): Promise<void> {
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    this.#form?.setBusy(true);
    try {
      const plan = await planRoute(request, asking.signal);
      if (this.#asking !== asking) return;
      this.#answered = { request, trip, plan };
      if (asked) this.#form?.update();
      this.#showAnswer();
      if (asked) this.#answer?.focusTitle();
    } catch (failure) {
      if (this.#asking !== asking) return;
      if (!asked) {
        this.#note.textContent = this.#i18n.t("language.failed");
        return;
      }
      this.#form?.update(errorsOf(this.#i18n, failure));
      this.#compare();
      this.#title("app.title.error");
    } finally {
      if (this.#asking === asking) {
        this.#asking = null;
        this.#form?.setBusy(false);
      }
    }
  }

  #showAnswer(): void {
    if (!this.#answered || !this.#answer) return;
    this.#answer.show(this.#answered.plan, this.#answered.trip);
    this.#title("app.title.answer", this.#i18n.t(`answer.${this.#answered.plan.outcome}`));
    this.#compare();
  }

  /** Mark the answer as old when the form no longer asks what it answers. */
  #compare(): void {
    if (!this.#answered || !this.#form) return;
    const now = buildRequest(this.#i18n, this.#form.state, this.#profiles);
    const same = "request" in now && JSON.stringify({ ...now.request, language: "" }) === JSON.stringify({ ...this.#answered.request, language: "" });
    this.#answer?.markStale(!same);
  }

  /** Draw everything in another language; the words of the server follow as soon as it has sent them. */
  async #setLanguage(language: Language): Promise<void> {
    if (language === this.#i18n.language) return;
    if (findKeptLanguage() !== null) keepLanguage(language);
    this.#i18n = createTranslator(language);
    this.#asking?.abort();
    this.#asking = null;
    const focus = () => document.getElementById(`language-${language}`)?.focus();
    this.#draw();
    this.#showAnswer();
    focus();
    if (this.#profiles.length === 0) return this.#load();
    const turn = ++this.#loading;
    try {
      const [city, profiles] = await Promise.all([getCity(language), listProfiles(language)]);
      if (turn !== this.#loading) return;
      this.#city = city;
      this.#profiles = profiles;
      const hadFocus = document.activeElement?.id;
      this.#draw();
      this.#showAnswer();
      if (hadFocus) document.getElementById(hadFocus)?.focus();
      if (this.#answered) {
        const { request, trip } = this.#answered;
        const label = profiles.find((profile) => profile.name === request.profile)?.label ?? trip.profile;
        await this.#ask({ ...request, language }, { ...trip, profile: label }, false);
      }
    } catch {
      if (turn === this.#loading) this.#note.textContent = this.#i18n.t("language.failed");
    }
  }
}
