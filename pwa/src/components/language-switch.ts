/** Three languages, each under its own name. */

import { h, tell } from "../app/dom.ts";
import { LANGUAGE_NAMES, LANGUAGES, type Language, type Translator } from "../i18n/index.ts";

export class LanguageSwitch extends HTMLElement {
  i18n!: Translator;
  value: Language = "de";

  connectedCallback(): void {
    this.replaceChildren(
      h(
        "div",
        { role: "group", class: "languages", "aria-label": this.i18n.t("language.label") },
        ...LANGUAGES.map((language) =>
          h(
            "button",
            {
              type: "button",
              id: `language-${language}`,
              lang: language === "en" ? "en" : "de",
              "aria-pressed": String(language === this.i18n.language),
              onclick: () => {
                this.value = language;
                tell(this, "ww-language");
              },
            },
            LANGUAGE_NAMES[language],
          ),
        ),
      ),
    );
  }
}
