/** Personal limits, built from the preset's JSON Schema. An empty field keeps the preset's default, which is shown. */

import { h, tell, type Child } from "../app/dom.ts";
import { countChanged, formatRange, limitId, limitKind, SHOWN_LIMITS, type LimitEntry } from "../app/form.ts";
import { formatMeasure, unitSymbol } from "../app/format.ts";
import type { LimitSchema, Profile } from "../app/wire.ts";
import type { Translator } from "../i18n/index.ts";

export class LimitFields extends HTMLElement {
  i18n!: Translator;
  profile: Profile | null = null;
  entries: Record<string, LimitEntry> = {};
  errors: ReadonlyMap<string, string> = new Map();

  #changed!: HTMLElement;

  connectedCallback(): void {
    this.update();
  }

  /** Draw again, for another preset for instance. What was entered stays, and an open block stays open. */
  update(): void {
    const open = this.querySelector("details")?.open || this.errors.size > 0;
    this.#changed = h("span", { class: "tag" });
    this.replaceChildren(
      h("details", { class: "limits", open }, h("summary", {}, this.i18n.t("limits.summary"), " ", this.#changed), ...this.#body()),
    );
    this.#showChanged();
  }

  #body(): Child[] {
    const { i18n, profile } = this;
    if (!profile) return [h("p", { class: "hint" }, i18n.t("limits.first"))];
    return [
      h("p", { class: "hint" }, i18n.t("limits.intro")),
      ...SHOWN_LIMITS.map((name) => {
        const schema = profile.limits.properties[name];
        if (!schema) return null;
        const kind = limitKind(schema);
        return kind === "number" ? this.#number(name, schema) : kind === "choice" ? this.#choice(name, schema) : this.#list(name, schema);
      }),
      h(
        "button",
        {
          type: "button",
          class: "quiet",
          id: "limits-reset",
          onclick: () => {
            this.entries = {};
            this.errors = new Map();
            tell(this, "ww-change");
            this.update();
            this.querySelector<HTMLElement>("#limits-reset")?.focus();
            const fresh = this.querySelector(".limits-status");
            if (fresh) fresh.textContent = i18n.t("limits.reset.done");
          },
        },
        i18n.t("limits.reset"),
      ),
      h("p", { role: "status", class: "field-status limits-status" }),
    ];
  }

  #number(name: string, schema: LimitSchema): HTMLElement {
    const { i18n } = this;
    const id = limitId(name);
    const unit = schema["x-unit"];
    const entry = this.entries[name];
    const entered = entry?.kind === "number" ? entry : { kind: "number" as const, text: "", none: false };
    const error = this.errors.get(id);
    const preset =
      typeof schema.default === "number" ? i18n.t(schema["x-beyond"] === "avoid" ? "limits.default.avoid" : "limits.default", { value: formatMeasure(i18n, schema.default, unit) }) : i18n.t("limits.default.none");
    const range = schema.minimum !== undefined && schema.maximum !== undefined && i18n.t("limits.range", formatRange(i18n, schema));
    const store = () => this.#store(name, { kind: "number", text: input.value, none: none.checked });
    const input = h("input", {
      id,
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      maxlength: 12,
      disabled: entered.none,
      "aria-invalid": error ? "true" : null,
      "aria-describedby": [error && `${id}-error`, `${id}-hint`].filter(Boolean).join(" "),
      oninput: store,
    });
    input.value = entered.text;
    const none = h("input", {
      id: `${id}-none`,
      type: "checkbox",
      autocomplete: "off",
      checked: entered.none,
      onchange: () => {
        input.disabled = none.checked;
        store();
      },
    });
    return h(
      "div",
      { class: "limit" },
      h("label", { for: id }, schema.title, unit !== undefined && ` (${unitSymbol(unit)})`),
      h("p", { id: `${id}-hint`, class: "hint" }, preset, " ", range),
      this.#error(id, error),
      h(
        "div",
        { class: "limit-row" },
        input,
        h("div", { class: "option" }, none, h("label", { for: `${id}-none` }, i18n.t("limits.none"), h("span", { class: "visually-hidden" }, " ", i18n.t("limits.none.for", { title: schema.title })))),
      ),
    );
  }

  #choice(name: string, schema: LimitSchema): HTMLElement {
    const { i18n } = this;
    const id = limitId(name);
    const entry = this.entries[name];
    const error = this.errors.get(id);
    const values = (schema.enum ?? []).filter((value): value is string => value !== null);
    const preset =
      typeof schema.default === "string" ? i18n.t("limits.default", { value: i18n.word("choice", schema.default) }) : i18n.t("limits.default.none");
    const select = h(
      "select",
      {
        id,
        autocomplete: "off",
        "aria-invalid": error ? "true" : null,
        "aria-describedby": [error && `${id}-error`, `${id}-hint`].filter(Boolean).join(" "),
        onchange: () => this.#store(name, { kind: "choice", value: select.value }),
      },
      h("option", { value: "" }, i18n.t("limits.choice.default")),
      ...values.map((value) => h("option", { value }, i18n.word("choice", value))),
    );
    select.value = entry?.kind === "choice" ? entry.value : "";
    return h("div", { class: "limit" }, h("label", { for: id }, schema.title), h("p", { id: `${id}-hint`, class: "hint" }, preset), this.#error(id, error), select);
  }

  #list(name: string, schema: LimitSchema): HTMLElement {
    const { i18n } = this;
    const id = limitId(name);
    const entry = this.entries[name];
    const error = this.errors.get(id);
    const preset = Array.isArray(schema.default) ? schema.default : [];
    const chosen = new Set(entry?.kind === "list" ? entry.values : preset);
    const blocksByDefault = schema["x-beyond"] === "block" && preset.length > 0;
    const values = schema.items?.enum ?? [];
    const store = () => {
      const ticked = boxes.filter((box) => box.checked).map((box) => box.value);
      if (sameSet(ticked, preset) && block.checked === blocksByDefault) this.#forget(name);
      else this.#store(name, { kind: "list", values: ticked, block: block.checked });
    };
    const boxes = values.map((value) =>
      h("input", {
        type: "checkbox",
        id: `${id}-${value}`,
        value,
        autocomplete: "off",
        checked: chosen.has(value),
        onchange: store,
      }),
    );
    const block = h("input", { type: "checkbox", id: `${id}-block`, autocomplete: "off", checked: entry?.kind === "list" ? entry.block : blocksByDefault, onchange: store });
    const words = preset.map((value) => i18n.word("surface", value)).join(", ");
    return h(
      "fieldset",
      { class: "limit", id, tabindex: -1, "aria-describedby": [error && `${id}-error`, `${id}-hint`].filter(Boolean).join(" ") },
      h("legend", {}, schema.title),
      h("p", { id: `${id}-hint`, class: "hint" }, i18n.t("limits.list.hint"), " ", words === "" ? i18n.t("limits.list.default.none") : i18n.t("limits.list.default", { values: words })),
      this.#error(id, error),
      h("div", { class: "option" }, block, h("label", { for: block.id }, i18n.t("limits.list.block"))),
      h(
        "details",
        {},
        h("summary", {}, i18n.t("limits.list.open")),
        h("div", { class: "option-grid" }, ...boxes.map((box) => h("div", { class: "option" }, box, h("label", { for: box.id }, i18n.word("surface", box.value))))),
      ),
    );
  }

  #error(id: string, error: string | undefined): Child {
    return error !== undefined && h("p", { id: `${id}-error`, class: "field-error" }, h("span", { class: "visually-hidden" }, this.i18n.t("error.prefix"), " "), error);
  }

  #store(name: string, entry: LimitEntry): void {
    this.entries = { ...this.entries, [name]: entry };
    this.#showChanged();
    tell(this, "ww-change");
  }

  #forget(name: string): void {
    const { [name]: _, ...rest } = this.entries;
    this.entries = rest;
    this.#showChanged();
    tell(this, "ww-change");
  }

  #showChanged(): void {
    const count = countChanged(this.entries);
    this.#changed.textContent = count > 0 ? this.i18n.count("limits.changed", count) : "";
  }
}

function sameSet(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((value) => others.includes(value));
}
