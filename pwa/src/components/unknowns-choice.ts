/** What to do where data is missing: three radio buttons in plain words. */

import { h, tell } from "../app/dom.ts";
import type { Unknowns } from "../app/wire.ts";
import type { Translator } from "../i18n/index.ts";

const POLICIES: readonly Unknowns[] = ["avoid", "accept", "reject"];

export class UnknownsChoice extends HTMLElement {
  i18n!: Translator;
  /** What the person chose; `null` follows the preset. */
  value: Unknowns | null = null;
  /** The preset's own policy; `null` while no preset is chosen. */
  preset: Unknowns | null = null;
  error: string | null = null;

  connectedCallback(): void {
    this.update();
  }

  update(): void {
    const { i18n, error } = this;
    const chosen = this.value ?? this.preset ?? "avoid";
    this.replaceChildren(
      h(
        "fieldset",
        { "aria-describedby": error ? "unknowns-error" : null },
        h("legend", {}, i18n.t("unknowns.legend")),
        error && h("p", { id: "unknowns-error", class: "field-error" }, h("span", { class: "visually-hidden" }, i18n.t("error.prefix"), " "), error),
        ...POLICIES.map((policy) =>
          h(
            "div",
            { class: "option" },
            h("input", {
              type: "radio",
              name: "unknowns",
              id: `unknowns-${policy}`,
              value: policy,
              autocomplete: "off",
              checked: policy === chosen,
              "aria-describedby": `unknowns-${policy}-text`,
              onchange: () => {
                this.value = policy;
                tell(this, "ww-change");
              },
            }),
            h("label", { for: `unknowns-${policy}` }, i18n.t(`unknowns.${policy}`), policy === this.preset && h("span", { class: "tag" }, " ", i18n.t("unknowns.preset"))),
            h("p", { id: `unknowns-${policy}-text`, class: "hint" }, i18n.t(`unknowns.${policy}.text`)),
          ),
        ),
      ),
    );
  }
}
