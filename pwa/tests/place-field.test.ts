import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { PlaceField } from "../src/components/place-field.ts";
import { createTranslator } from "../src/i18n/index.ts";
import { addresses } from "./mock/data.mjs";

beforeAll(() => customElements.define("ww-place-field", PlaceField));

type Answer = (text: string) => Promise<Response>;
const json = (results: unknown[]) => new Response(JSON.stringify({ results }));
const named = (text: string) => addresses.filter((address: { label: string }) => address.label.includes(text));
let answer: Answer;
let asked: string[];

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  answer = (text) => Promise.resolve(json(named(text)));
  vi.stubGlobal("fetch", (_: string, init: RequestInit) => {
    const { text } = JSON.parse(String(init.body)) as { text: string };
    asked.push(text);
    return answer(text);
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function open() {
  const field = Object.assign(document.createElement("ww-place-field") as PlaceField, { i18n: createTranslator("de"), side: "from" as const });
  document.body.replaceChildren(field);
  const input = field.querySelector("input") as HTMLInputElement;
  input.focus();
  return {
    field,
    input,
    status: () => field.querySelector("[role=status]")?.textContent,
    options: () => [...field.querySelectorAll("[role=option]")],
    expanded: () => input.getAttribute("aria-expanded"),
    type(text: string) {
      input.value = text;
      input.dispatchEvent(new Event("input"));
    },
    press(key: string) {
      input.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
    },
    marked: () => document.getElementById(input.getAttribute("aria-activedescendant") ?? "none")?.textContent ?? null,
  };
}

const pause = () => vi.advanceTimersByTimeAsync(300);

it("searches once after a pause and says how many hits there are", async () => {
  const { type, status, expanded } = open();
  for (const text of ["M", "Ma", "Mar", "Markt"]) type(text);
  await pause();
  expect(asked).toEqual(["Markt"]);
  expect(status()).toBe("7 Treffer. Mit den Pfeiltasten wählen, mit der Eingabetaste übernehmen.");
  expect(expanded()).toBe("true");
});

it("walks the hits with the arrows, round at both ends, and takes one with Enter", async () => {
  const { field, input, type, press, marked, expanded, status } = open();
  type("Bahnhof");
  await pause();
  press("ArrowUp");
  expect(marked()).toBe("Bahnhofstraße 14 Adresse");
  press("ArrowDown");
  expect(marked()).toBe("Bahnhof Bahnhof mit Aufzug");
  press("Enter");
  expect([input.value, expanded(), marked()]).toEqual(["Bahnhof", "false", null]);
  expect(field.entry.place).toMatchObject({ label: "Bahnhof", place_id: "osm:node/12" });
  expect(status()).toBe("Ausgewählt: Bahnhof, Bahnhof mit Aufzug");
});

it("closes with Escape and keeps the text, empties it with a second one", async () => {
  const { input, type, press, expanded } = open();
  type("Bahnhof");
  await pause();
  press("Escape");
  expect([input.value, expanded()]).toEqual(["Bahnhof", "false"]);
  press("Escape");
  expect(input.value).toBe("");
});

it("throws away an answer that comes after a newer one", async () => {
  let arrive: (response: Response) => void = () => undefined;
  const late = new Promise<Response>((resolve) => (arrive = resolve));
  answer = (text) => (text === "Markt" ? late : Promise.resolve(json(named(text))));
  const { type, options } = open();
  type("Markt");
  await pause();
  type("Bahnhof");
  await pause();
  arrive(json(named("Markt")));
  await pause();
  expect(options().map((option) => option.querySelector(".hit-label")?.textContent)).toEqual(["Bahnhof", "Bahnhofstraße", "Bahnhofstraße 14"]);
});

it("forgets the chosen place as soon as the text changes", async () => {
  const { field, type, press } = open();
  type("Insel");
  await pause();
  press("Enter"); // the only hit needs no marking
  expect(field.entry.place?.label).toBe("Insel im Fluss");
  type("Insel im Flus");
  expect(field.entry).toEqual({ text: "Insel im Flus", place: null });
});

it("takes a text that is a hit word for word when the focus goes on, and nothing else", async () => {
  const { field, input, type } = open();
  type("Marktplatz");
  await pause();
  input.dispatchEvent(new Event("blur"));
  expect(field.entry.place?.place_id).toBe("osm:way/10");
  type("Marktpl");
  await pause();
  input.dispatchEvent(new Event("blur"));
  expect(field.entry.place).toBeNull();
});

it("says that nothing was found, and that the search failed, and keeps the text", async () => {
  const { input, type, status } = open();
  type("Xyz");
  await pause();
  expect(status()).toBe("Kein Treffer für „Xyz“. Prüfen Sie die Schreibweise oder geben Sie nur die Straße ein.");
  answer = () => Promise.reject(new TypeError("network"));
  type("Bahn");
  await pause();
  expect([status(), input.value]).toEqual(["Keine Verbindung zum Server. Ihre Eingabe bleibt stehen.", "Bahn"]);
});

it("asks for the location on a tap only, and says when it is refused or coarse", () => {
  const asks: ((position: unknown) => void)[] = [];
  const refusals: ((failure: unknown) => void)[] = [];
  vi.stubGlobal("navigator", { geolocation: { getCurrentPosition: (take: never, refuse: never) => void (asks.push(take), refusals.push(refuse)) } });
  const { field, status, input } = open();
  expect(asks).toHaveLength(0);
  const button = field.querySelector("button") as HTMLButtonElement;
  expect(button.textContent).toBe("Mein Standort als Start verwenden");
  button.click();
  refusals[0]?.({ code: 1, PERMISSION_DENIED: 1 });
  expect(status()).toBe("Ihr Browser gibt den Standort nicht frei. Bitte geben Sie eine Adresse ein.");
  button.click();
  asks[1]?.({ coords: { longitude: 9.49, latitude: 51.31, accuracy: 80.2 } });
  expect(field.entry.place).toMatchObject({ lon: 9.49, lat: 51.31, place_id: null });
  expect(input.value).toBe("Mein Standort (auf 81 m genau)");
  expect(status()).toContain("nur ungenau bekannt");
});
