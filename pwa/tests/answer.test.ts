import { beforeAll, expect, it } from "vitest";
import type { Route, RoutePlan } from "../src/app/wire.ts";
import { RouteAnswer } from "../src/components/route-answer.ts";
import { createTranslator, type Language } from "../src/i18n/index.ts";
import { plan } from "./mock/data.mjs";

beforeAll(() => customElements.define("ww-route-answer", RouteAnswer));

function planWith(change: (route: Route) => void): RoutePlan {
  const given = plan("de") as unknown as RoutePlan;
  given.routes.forEach(change);
  return given;
}

function show(given: unknown, language: Language = "de"): RouteAnswer {
  const answer = Object.assign(document.createElement("ww-route-answer") as RouteAnswer, { i18n: createTranslator(language) });
  document.body.replaceChildren(answer);
  answer.show(given as RoutePlan, { from: "Marktplatz 3", to: "Bahnhof", profile: "Rollator" });
  return answer;
}

const texts = (root: Element, selector: string) => [...root.querySelectorAll(selector)].map((element) => element.textContent.replaceAll("\u00a0", " ").trim());

it("says a found way with the date of the data", () => {
  const answer = show(plan("de"));
  expect(texts(answer, "h2, .lead")).toEqual(["Weg gefunden", "Nach den vorliegenden Daten kein bekanntes Hindernis über Ihren Grenzen. Stand der Daten: 1. November 2026."]);
});

it("does not say 'no obstacle' of a found way that breaks a wish", () => {
  const answer = show(plan("de", { wish: true }));
  expect(texts(answer, ".lead")[0]).toContain("Aber 1 Stelle auf diesem Weg wollten Sie lieber vermeiden:");
  expect(texts(answer, ".lead + .obstacles .standing")).toEqual(["Lieber vermeiden:"]);
});

it("names every excess first when no way keeps the limits, in words and with its source", () => {
  const answer = show(plan("de", { outcome: "limits_exceeded" }));
  expect(texts(answer, "h2")).toEqual(["Kein Weg innerhalb Ihrer Grenzen"]);
  expect(texts(answer, ".lead + .obstacles > li")).toEqual([
    "Über Ihrer Grenze: Bord 6 cm aufwärts, Ihr Limit 3 cm Quelle: Erhebung der Stadt, 12. Mai 2026",
    "Über Ihrer Grenze: Steigung 8 %, Ihr Limit 6 % Quelle: Schätzung",
    "Unbekannt: Bordhöhe unbekannt, Ihr Limit 3 cm Quelle: Annahme",
  ]);
});

it("says how near one can get when no way leads there", () => {
  const answer = show(plan("de", { outcome: "unreachable" }));
  expect(texts(answer, "h2, .lead + p")).toEqual(["Kein Weg zum Ziel", "So nah kommen Sie heran: Es bleiben 120 m bis zum Ziel."]);
});

it("leads with three unknowns and folds the rest without dropping any", () => {
  const answer = show(plan("de"));
  expect(texts(answer, "article > .unknowns li")).toEqual(["Belag (70 m)", "Bordhöhe aufwärts (an 1 Stelle)", "Breite (110 m)"]);
  expect(texts(answer, "details summary, details li")).toEqual(["2 weitere fehlende Angaben", "Ebenheit (38 m)", "Längsneigung (12 m)"]);
});

it("gives the steps as an ordered list in the server's words, with their obstacles", () => {
  const answer = show(plan("de"));
  expect(texts(answer, "ol > li > .instruction")).toEqual([
    "Start nach Osten: Marktplatz, 85 m.",
    "Biegen Sie rechts ab: Bahnhofstraße, 210 m.",
    "Überqueren Sie die Uferstraße. Ampel mit Ton, Fahrbahn 14 m, bei Ihrem Tempo 23 s, Insel nach 7 m.",
    "Sie sind am Ziel: Bahnhof, Eingang West.",
  ]);
  expect(texts(answer, "ol > li:nth-child(2) li")).toEqual(["Bord 3 cm aufwärts, Ihr Limit 3 cm Quelle: OpenStreetMap, 1. Juli 2026"]);
});

it("says where the way ends beside the destination, and the server's warnings and assumptions in any shape", () => {
  const answer = show(
    planWith((route) => {
      route.warnings = [{ text: "Bauzaun gemeldet." }];
      route.assumptions = ["Breite angenommen."];
    }),
  );
  expect(texts(answer, ".offset")).toEqual(["Der Weg endet 12 m neben Ihrem Ziel. Für dieses Stück liegen keine Angaben vor."]);
  expect(texts(answer, ".warning li, .assumption li")).toEqual(["Bauzaun gemeldet.", "Breite angenommen."]);
});

it.each([
  [{ exceeds: true, beyond: "block", certain: true }, "Über Ihrer Grenze: "],
  [{ exceeds: true, beyond: "block", certain: false }, "Vielleicht über Ihrer Grenze: "],
  [{ exceeds: true, beyond: "avoid", certain: true }, "Lieber vermeiden: "],
  [{ exceeds: null }, "Unbekannt: "],
  [{ exceeds: null, kind: "unknown" }, ""],
  [{ exceeds: false }, ""],
] as const)("says in words how an obstacle %o stands to the limit", (obstacle, words) => {
  const step = { instruction: "Los.", distance_m: 5, obstacles: [{ kind: "kerb", text: "Bord", ...obstacle }] };
  expect(texts(show(planWith((route) => (route.steps = [step]))), "ol li li")).toEqual([`${words}Bord`]);
});

it("shows the server's words as text, never as markup", () => {
  const answer = show(
    planWith((route) => {
      for (const step of route.steps) step.instruction = "<img src=x onerror=alert(1)>";
    }),
  );
  expect(answer.querySelector("img")).toBeNull();
  expect(texts(answer, ".instruction")[0]).toContain("<img");
});

it("names the small change that would open a clean way", () => {
  const answer = show(plan("de", { outcome: "limits_exceeded" }));
  expect(texts(answer, ".relaxation h3, .relaxation li")).toEqual([
    "Was helfen würde",
    "Höchster Bord aufwärts: 4 cm statt 3 cm. Dann gibt es einen Weg ohne bekanntes Hindernis über Ihren Grenzen: 380 m, 9 Min.",
  ]);
  expect(texts(show(plan("de")), ".relaxation")).toEqual([]);
});

it("folds other ways behind their name and what is different about them", () => {
  const answer = show(plan("de", { others: true }));
  expect(texts(answer, ".alternative > summary")).toEqual([
    "Anderer Weg: Kürzester Weg innerhalb Ihrer Grenzen. 60 m kürzer, 2 Min. schneller, auf 40 m mehr ist etwas unbekannt",
  ]);
  expect(answer.querySelectorAll(".alternative ol > li").length).toBe(4);
  const ids = [...answer.querySelectorAll("[id]")].map((element) => element.id);
  expect(new Set(ids).size).toBe(ids.length);
});
