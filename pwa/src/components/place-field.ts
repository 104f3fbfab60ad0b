/**
 * Start or destination: an editable combobox with a listbox of hits (ARIA Authoring Practices), or "my location".
 *
 * The focus stays in the text field; the marked hit is told by `aria-activedescendant`. Typing searches after a short
 * pause; an answer that comes too late is thrown away. The location is asked for on a tap and never before.
 */

import { NoConnection, searchAddresses } from "../app/api.ts";
import { h, tell } from "../app/dom.ts";
import { placeFromHit, type PlaceEntry, type Side } from "../app/form.ts";
import type { AddressHit } from "../app/wire.ts";
import type { Translator } from "../i18n/index.ts";

const PAUSE_MS = 250;
const SHORTEST_TEXT = 2;
const COARSE_M = 50;

export class PlaceField extends HTMLElement {
  i18n!: Translator;
  side!: Side;
  entry: PlaceEntry = { text: "", place: null };
  error: string | null = null;

  #input!: HTMLInputElement;
  #list!: HTMLUListElement;
  #status!: HTMLElement;
  #hits: AddressHit[] = [];
  #active = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #search: AbortController | null = null;
  #locating = 0;

  connectedCallback(): void {
    const { i18n, side, entry, error } = this;
    const title = i18n.t(`place.${side}`);
    this.#input = h("input", {
      id: side,
      type: "text",
      role: "combobox",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      enterkeyhint: "search",
      maxlength: 200,
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": `${side}-list`,
      "aria-required": side === "via" ? "false" : "true",
      "aria-invalid": error ? "true" : null,
      "aria-describedby": [error && `${side}-error`, `${side}-hint`].filter(Boolean).join(" "),
      oninput: () => this.#typed(),
      onkeydown: (event: KeyboardEvent) => this.#key(event),
      onblur: () => this.#left(),
    });
    this.#input.value = entry.text;
    this.#list = h("ul", { id: `${side}-list`, role: "listbox", class: "hits", "aria-label": i18n.t(`place.list.${side}`), hidden: true });
    // A press on a hit must not take the focus out of the text field before the click arrives.
    this.#list.addEventListener("mousedown", (event) => event.preventDefault());
    this.#status = h("p", { class: "field-status", role: "status" });
    this.replaceChildren(
      h("label", { for: side }, title),
      h("p", { id: `${side}-hint`, class: "hint" }, i18n.t("place.hint")),
      error && h("p", { id: `${side}-error`, class: "field-error" }, h("span", { class: "visually-hidden" }, i18n.t("error.prefix"), " "), error) || "",
      h(
        "div",
        { class: "place-row" },
        h("div", { class: "combobox" }, this.#input, this.#list),
        h(
          "button",
          { type: "button", class: "quiet", id: `${side}-position`, onclick: () => this.#locate() },
          i18n.t("place.position"),
          h("span", { class: "visually-hidden" }, " ", i18n.t(`place.position.${side}`)),
        ),
      ),
      this.#status,
    );
  }

  disconnectedCallback(): void {
    this.#stop();
    this.#locating++;
  }

  /** Show another entry in this field, for example after a swap. */
  show(entry: PlaceEntry): void {
    this.#stop();
    this.#locating++;
    this.#close();
    this.entry = entry;
    this.#input.value = entry.text;
    this.#say("");
  }

  #typed(): void {
    this.#stop();
    this.#locating++;
    const text = this.#input.value;
    this.#set({ text, place: null });
    this.#hits = [];
    this.#close();
    this.#say("");
    if (text.trim().length >= SHORTEST_TEXT) this.#timer = setTimeout(() => void this.#find(), PAUSE_MS);
  }

  async #find(): Promise<void> {
    this.#stop();
    const text = this.#input.value.trim();
    const search = (this.#search = new AbortController());
    const slow = setTimeout(() => this.#say(this.i18n.t("place.searching")), 600);
    try {
      const hits = await searchAddresses(text, this.i18n.language, search.signal);
      if (this.#search !== search) return;
      this.#open(hits, text);
    } catch (failure) {
      if (this.#search !== search) return;
      this.#say(this.i18n.t(failure instanceof NoConnection ? "place.offline" : "place.failed"), true);
    } finally {
      clearTimeout(slow);
      if (this.#search === search) this.#search = null;
    }
  }

  #open(hits: AddressHit[], text: string): void {
    this.#hits = hits;
    this.#active = -1;
    this.#list.replaceChildren(
      ...hits.map((hit, index) =>
        h(
          "li",
          { id: `${this.side}-hit-${index}`, role: "option", "aria-selected": "false", onclick: () => this.#choose(index) },
          h("span", { class: "hit-label" }, hit.label),
          hit.detail !== "" && h("span", { class: "hit-detail" }, " ", hit.detail),
        ),
      ),
    );
    if (hits.length === 0) {
      this.#close();
      this.#say(this.i18n.t("place.nohits", { text }), true);
      return;
    }
    this.#say(this.i18n.count("place.hits", hits.length));
    if (document.activeElement !== this.#input) {
      const exact = this.#exactHit();
      if (exact >= 0) this.#choose(exact);
      return;
    }
    this.#list.hidden = false;
    this.#input.setAttribute("aria-expanded", "true");
  }

  #close(): void {
    this.#list.hidden = true;
    this.#mark(-1);
    this.#input.setAttribute("aria-expanded", "false");
  }

  #mark(index: number): void {
    this.#list.children[this.#active]?.setAttribute("aria-selected", "false");
    this.#active = index;
    const option = this.#list.children[index];
    if (!option) {
      this.#input.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    this.#input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const open = !this.#list.hidden;
    const last = this.#hits.length - 1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (open) {
        const down = event.key === "ArrowDown";
        if (!event.altKey) this.#mark(down ? (this.#active >= last ? 0 : this.#active + 1) : this.#active <= 0 ? last : this.#active - 1);
        else if (!down) this.#close();
      } else if (this.#input.value.trim().length >= SHORTEST_TEXT) void this.#find();
    } else if (event.key === "Enter" && this.entry.place === null && this.#input.value.trim().length >= SHORTEST_TEXT) {
      event.preventDefault(); // First a place, then the search for the way.
      if (open) this.#choose(this.#active >= 0 ? this.#active : this.#onlyHit());
      else void this.#find();
    } else if (event.key === "Escape") {
      if (open) this.#close();
      else if (this.#input.value !== "") {
        this.#input.value = "";
        this.#typed();
      } else return;
      event.preventDefault();
    } else if (open && ["Home", "End", "ArrowLeft", "ArrowRight"].includes(event.key)) {
      this.#mark(-1); // Back in the text: the cursor keys belong to it.
    }
  }

  /** The hit that needs no choice: the only one, or the only one that reads just as typed. -1 where there is none. */
  #onlyHit(): number {
    if (this.#hits.length === 1) return 0;
    return this.#exactHit();
  }

  #exactHit(): number {
    const typed = this.#input.value.trim().toLocaleLowerCase(this.i18n.locale);
    const exact = this.#hits.filter((hit) => hit.label.toLocaleLowerCase(this.i18n.locale) === typed);
    return exact.length === 1 && exact[0] ? this.#hits.indexOf(exact[0]) : -1;
  }

  /** The focus went on: a text that is a hit word for word is that place. */
  #left(): void {
    const exact = this.#list.hidden ? -1 : this.#exactHit();
    this.#close();
    if (this.entry.place === null && exact >= 0) this.#choose(exact);
  }

  #choose(index: number): void {
    const hit = this.#hits[index];
    if (!hit) return;
    const place = placeFromHit(hit);
    this.#input.value = place.label;
    this.#close();
    this.#set({ text: place.label, place });
    this.#say(this.i18n.t(place.detail === "" ? "place.chosen" : "place.chosen.detail", { label: place.label, detail: place.detail }));
  }

  #locate(): void {
    const { i18n } = this;
    this.#stop();
    this.#close();
    const turn = ++this.#locating;
    if (!("geolocation" in navigator)) {
      this.#say(i18n.t("place.position.failed"), true);
      return;
    }
    this.#say(i18n.t("place.position.busy"));
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        if (turn !== this.#locating) return;
        const label = i18n.count("place.position.value", Math.ceil(coords.accuracy));
        this.#input.value = label;
        this.#set({ text: label, place: { label, detail: "", lon: coords.longitude, lat: coords.latitude, place_id: null } });
        const coarse = coords.accuracy > COARSE_M;
        this.#say(coarse ? i18n.t("place.position.coarse") : i18n.t("place.chosen", { label }), coarse);
      },
      (failure) => {
        if (turn !== this.#locating) return;
        this.#say(i18n.t(failure.code === failure.PERMISSION_DENIED ? "place.position.denied" : "place.position.failed"), true);
      },
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 10_000 },
    );
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#search?.abort();
    this.#search = null;
  }

  #set(entry: PlaceEntry): void {
    this.entry = entry;
    tell(this, "ww-change");
  }

  #say(text: string, attention = false): void {
    this.#status.textContent = text;
    this.#status.classList.toggle("attention", attention);
  }
}
