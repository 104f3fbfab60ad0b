import { describe, expect, it } from "vitest";
import { buildRequest, countChanged, emptyForm, parseNumber, placeFromHit, type FormState } from "../src/app/form.ts";
import type { AddressHit, Profile } from "../src/app/wire.ts";
import { createTranslator } from "../src/i18n/index.ts";
import { addresses, profiles } from "./mock/data.mjs";

const i18n = createTranslator("de");
const presets = profiles("de") as Profile[];
const hit = (label: string) => addresses.find((address: AddressHit) => address.label === label) as AddressHit;

function filled(more: Partial<FormState> = {}): FormState {
  const from = { text: "Marktplatz 3", place: placeFromHit(hit("Marktplatz 3")) };
  const to = { text: "Bahnhof", place: placeFromHit(hit("Bahnhof")) };
  return { ...emptyForm(), from, to, profile: "wheelchair-manual", ...more };
}

it.each([
  ["3", 3],
  [" 3,5 cm", 3.5],
  ["6 %", 6],
  ["0", 0],
  ["-1", -1],
  ["3,", null],
  ["drei", null],
  ["1e3", null],
  ["3 4", null],
])("reads %j as %j", (text, value) => expect(parseNumber(text)).toBe(value));

it("asks for an address by position and for a place by its id, with the preset's own policy", () => {
  expect(buildRequest(i18n, filled(), presets)).toEqual({
    request: { from: { lon: hit("Marktplatz 3").lon, lat: 51.31 }, via: [], to: { place_id: "osm:node/12" }, alternatives: 2, profile: "wheelchair-manual", limits: {}, unknowns: "avoid", language: "de" },
  });
});

it("sends only the limits a person set: a value, no limit, a choice, a list", () => {
  const built = buildRequest(
    i18n,
    filled({
      unknowns: "reject",
      limits: {
        kerb_up_max_cm: { kind: "number", text: "2,5", none: false },
        incline_up_max_percent: { kind: "number", text: "", none: true },
        width_min_cm: { kind: "number", text: "  ", none: false },
        steps: { kind: "choice", value: "avoid" },
        surface_avoid: { kind: "list", values: ["sand"], block: false },
      },
    }),
    presets,
  );
  expect(built).toMatchObject({ request: { unknowns: "reject" } });
  expect("request" in built && built.request.limits).toEqual({ kerb_up_max_cm: 2.5, incline_up_max_percent: null, steps: "avoid", surface_avoid: { value: ["sand"], beyond: "avoid" } });
});

describe("what cannot be sent", () => {
  it("names every missing part at its field", () => {
    expect(buildRequest(i18n, { ...emptyForm(), to: { text: "Bahn", place: null } }, presets)).toEqual({
      errors: [
        { field: "from", text: "Geben Sie einen Start ein." },
        { field: "to", text: "Wählen Sie für das Ziel „Bahn“ einen Treffer aus der Liste." },
        { field: "profile", text: "Wählen Sie eine Vorlage." },
      ],
    });
  });

  it("names the range of a limit and an example of a number", () => {
    const limits = { kerb_up_max_cm: { kind: "number", text: "41", none: false }, width_min_cm: { kind: "number", text: "breit", none: false } } as const;
    const built = buildRequest(i18n, filled({ limits }), presets);
    expect(built).toEqual({
      errors: [
        { field: "limit-kerb_up_max_cm", text: "Höchster Bord aufwärts: Geben Sie einen Wert von 0 bis 40\u00a0cm ein." },
        { field: "limit-width_min_cm", text: "Mindestbreite: Geben Sie eine Zahl ein, zum Beispiel 90." },
      ],
    });
  });
});

it("counts the limits that differ from the preset", () => {
  expect(countChanged({ a: { kind: "number", text: " ", none: false }, b: { kind: "number", text: "", none: true }, c: { kind: "choice", value: "" }, d: { kind: "list", values: [], block: true } })).toBe(2);
});

it("asks for a stop on the way once one is chosen, and says what is missing of it", () => {
  const stop = { text: "Marktplatz 3", place: placeFromHit(hit("Marktplatz 3")) };
  expect(buildRequest(i18n, filled({ via: stop }), presets)).toMatchObject({ request: { via: [{ lon: hit("Marktplatz 3").lon, lat: 51.31 }] } });
  expect(buildRequest(i18n, filled({ via: { text: "", place: null } }), presets)).toEqual({ errors: [{ field: "via", text: "Geben Sie ein Zwischenziel ein oder entfernen Sie es." }] });
  expect(buildRequest(i18n, filled({ via: { text: "Markt", place: null } }), presets)).toEqual({ errors: [{ field: "via", text: "Wählen Sie für das Zwischenziel „Markt“ einen Treffer aus der Liste." }] });
});
