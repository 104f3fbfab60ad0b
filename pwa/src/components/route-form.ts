/** The form: owns what is entered and draws it in any language. It asks nothing of the server but addresses. */

import { h, make, tell } from "../app/dom.ts";
import { emptyForm, type FieldError, type FormState, type PlaceEntry, type Side } from "../app/form.ts";
import type { Profile } from "../app/wire.ts";
import type { Translator } from "../i18n/index.ts";
import type { ErrorSummary } from "./error-summary.ts";
import type { LimitFields } from "./limit-fields.ts";
import type { PlaceField } from "./place-field.ts";
import type { ProfileChoice } from "./profile-choice.ts";
import type { UnknownsChoice } from "./unknowns-choice.ts";

export class RouteForm extends HTMLElement {
  i18n!: Translator;
  profiles: readonly Profile[] = [];
  state: FormState = emptyForm();

  #busy!: HTMLElement;
  #note!: HTMLElement;
  #summary!: ErrorSummary;

  connectedCallback(): void {
    this.update();
  }

  /** Draw the form with these errors; the summary takes the focus if there are any. */
  update(errors: readonly FieldError[] = []): void {
    const { i18n, profiles, state } = this;
    const limitsOpen = this.querySelector<HTMLDetailsElement>("ww-limit-fields details")?.open ?? false;
    const at = new Map(errors.flatMap(({ field, text }) => (field === null ? [] : [[field, text] as const])));
    const profile = this.#profile();

    const place = (side: Side, entry: PlaceEntry) => {
      const field = make<PlaceField>("ww-place-field", { i18n, side, entry, error: at.get(side) ?? null });
      field.addEventListener("ww-change", () => {
        state[side] = field.entry;
      });
      return field;
    };
    const from = place("from", state.from);
    const via = state.via && place("via", state.via);
    const to = place("to", state.to);
    /** Add the stop on the way, or take it away; the focus goes where the person goes on. */
    const halt = () => {
      state.via = state.via ? null : { text: "", place: null };
      this.update();
      tell(this, "ww-change");
      this.querySelector<HTMLElement>(state.via ? "#via" : "#halt")?.focus();
    };

    const choice = make<ProfileChoice>("ww-profile-choice", { i18n, profiles, value: state.profile, error: at.get("profile") ?? null });
    const limits = make<LimitFields>("ww-limit-fields", { i18n, profile, entries: state.limits, errors: new Map([...at].filter(([field]) => field.startsWith("limit-"))) });
    const unknowns = make<UnknownsChoice>("ww-unknowns-choice", { i18n, value: state.unknowns, preset: profile?.unknowns ?? null, error: at.get("unknowns-avoid") ?? null });
    choice.addEventListener("ww-change", () => {
      state.profile = choice.value;
      limits.profile = this.#profile();
      limits.update();
      unknowns.preset = this.#profile()?.unknowns ?? null;
      unknowns.update();
    });
    limits.addEventListener("ww-change", () => {
      state.limits = limits.entries;
    });
    unknowns.addEventListener("ww-change", () => {
      state.unknowns = unknowns.value;
    });

    this.#summary = make<ErrorSummary>("ww-error-summary", { i18n });
    this.#note = h("p", { role: "status", class: "field-status" });
    this.#busy = h("p", { role: "status", class: "busy" });
    const swap = () => {
      [state.from, state.to] = [state.to, state.from];
      from.show(state.from);
      to.show(state.to);
      this.#note.textContent = i18n.t("form.swapped");
      tell(this, "ww-change");
    };
    const submit = (event: Event) => {
      event.preventDefault();
      tell(this, "ww-submit");
    };
    this.replaceChildren(
      this.#summary,
      h(
        "form",
        { method: "post", novalidate: true, autocomplete: "off", "aria-label": i18n.t("form.title"), onsubmit: submit },
        h("fieldset", { class: "group" }, h("legend", {}, h("h2", {}, i18n.t("form.where"))), from, h("div", { class: "place-actions" }, h("button", { type: "button", class: "quiet", id: "swap", onclick: swap }, i18n.t("form.swap")), h("button", { type: "button", class: "quiet", id: "halt", onclick: halt }, i18n.t(via ? "form.halt.remove" : "form.halt.add")), this.#note), via, to),
        h("fieldset", { class: "group" }, h("legend", {}, h("h2", {}, i18n.t("form.how"))), choice, limits, unknowns),
        h("button", { type: "submit", class: "primary", id: "submit" }, i18n.t("form.submit")),
        this.#busy,
      ),
    );
    const fold = this.querySelector<HTMLDetailsElement>("ww-limit-fields details");
    if (fold && limitsOpen) fold.open = true;
    this.#summary.show(errors);
  }

  setBusy(busy: boolean): void {
    this.#busy.textContent = busy ? this.i18n.t("form.busy") : "";
  }

  #profile(): Profile | null {
    return this.profiles.find((profile) => profile.name === this.state.profile) ?? null;
  }
}
