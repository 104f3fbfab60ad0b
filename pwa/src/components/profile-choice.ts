/** The preset: a plain select with the chosen preset's description below it. Nothing is chosen for anybody. */

import { h, tell } from "../app/dom.ts";
import type { Profile } from "../app/wire.ts";
import type { Translator } from "../i18n/index.ts";

export class ProfileChoice extends HTMLElement {
  i18n!: Translator;
  profiles: readonly Profile[] = [];
  value = "";
  error: string | null = null;

  connectedCallback(): void {
    const { i18n, profiles, error } = this;
    const description = h("p", { id: "profile-description", class: "description", "aria-live": "polite" });
    const describe = () => {
      description.textContent = this.profiles.find((profile) => profile.name === this.value)?.description ?? "";
    };
    const select = h(
      "select",
      {
        id: "profile",
        autocomplete: "off",
        "aria-required": "true",
        "aria-invalid": error ? "true" : null,
        "aria-describedby": [error && "profile-error", "profile-hint", "profile-description"].filter(Boolean).join(" "),
        onchange: () => {
          this.value = select.value;
          describe();
          tell(this, "ww-change");
        },
      },
      h("option", { value: "" }, i18n.t("profile.choose")),
      ...profiles.map((profile) => h("option", { value: profile.name }, profile.label)),
    );
    select.value = this.value;
    this.replaceChildren(
      h("label", { for: "profile" }, i18n.t("profile.label")),
      h("p", { id: "profile-hint", class: "hint" }, i18n.t("profile.hint")),
      error ? h("p", { id: "profile-error", class: "field-error" }, h("span", { class: "visually-hidden" }, i18n.t("error.prefix"), " "), error) : "",
      select,
      description,
    );
    describe();
  }
}
