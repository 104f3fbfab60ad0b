/** All errors at once, above the form, each leading to its field. It takes the focus when it appears. */

import { h } from "../app/dom.ts";
import type { FieldError } from "../app/form.ts";
import type { Translator } from "../i18n/index.ts";

export class ErrorSummary extends HTMLElement {
  i18n!: Translator;

  connectedCallback(): void {
    this.show([]);
  }

  show(errors: readonly FieldError[]): void {
    if (errors.length === 0) {
      this.replaceChildren();
      return;
    }
    const { i18n } = this;
    const atFields = errors.every((error) => error.field !== null);
    const box = h(
      "div",
      { class: "error-summary", tabindex: -1, role: "group", "aria-labelledby": "error-title" },
      h("h2", { id: "error-title" }, atFields ? i18n.count("error.title", errors.length) : i18n.t("error.general")),
      h("ul", {}, ...errors.map(({ field, text }) => h("li", {}, field === null ? text : this.#link(field, text)))),
    );
    this.replaceChildren(box);
    box.focus();
    box.scrollIntoView({ block: "start" });
  }

  #link(field: string, text: string): HTMLElement {
    const go = (event: Event) => {
      event.preventDefault(); // The address keeps no trace of which need was entered.
      const target = document.getElementById(field);
      const fold = target?.closest("details");
      if (fold) fold.open = true;
      target?.focus();
    };
    return h("a", { href: `#${field}`, onclick: go }, text);
  }
}
