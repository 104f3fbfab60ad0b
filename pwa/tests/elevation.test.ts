import { expect, it } from "vitest";
import type { Elevation, Route } from "../src/app/wire.ts";
import { elevationProfile, sayElevation } from "../src/components/elevation-profile.ts";
import { createTranslator, type Language } from "../src/i18n/index.ts";

const steep: Elevation = {
  known_share: 0.9,
  estimated_share: 0.8,
  steepest: { direction: "up", incline_percent: 9.3, from_m: 100, length_m: 40, source: "estimate" },
  profile: [[0, 400], [100, 402], [140, 405.7], [200, null], [240, 406], [300, 434]],
};
const tagged: Elevation = { known_share: 1, estimated_share: 0, steepest: { direction: "down", incline_percent: 6.5, from_m: 0, length_m: 12, source: "osm" }, profile: [] };

function show(elevation: Elevation | undefined, language: Language = "de"): HTMLElement {
  const root = document.createElement("div");
  root.append(...elevationProfile(createTranslator(language), { climb_m: 34.2, descent_m: 5, elevation } as Route).filter((child) => child instanceof Node));
  return root;
}
const say = (elevation: Elevation, language: Language) => sayElevation(createTranslator(language), { climb_m: 34.2, descent_m: 5 } as Route, elevation).replaceAll("\u00a0", " ");

it.each([
  ["de", "Der Weg steigt um 34 m und fällt um 5 m. Am steilsten: etwa 9 % aufwärts auf 40 m, geschätzt. Auf 80 % des Weges ist die Neigung aus Geländehöhen geschätzt. Auf 10 % des Weges ist die Neigung nicht bekannt. Höhe über dem Meer: 400 m bis 434 m. Lücken im Bild: Dort ist die Höhe des Weges nicht bekannt, etwa auf Brücken."],
  ["de-simple", "Es geht 34 m nach oben und 5 m nach unten. Am steilsten geht es ungefähr 9 % nach oben. Das ist 40 m lang. Das ist nur geschätzt. Auf 80 % vom Weg haben wir nur geschätzt, wie steil es ist. Auf 10 % vom Weg wissen wir nicht, wie steil es ist. Der Weg liegt 400 m bis 434 m über dem Meer. Das Bild hat Lücken. Dort kennen wir die Höhe nicht."],
  ["en", "The way climbs 34 m and descends 5 m. Steepest: about 9 % uphill for 40 m, estimated. On 80 % of the way the slope is estimated from terrain heights. On 10 % of the way the slope is not known. Height above sea level: 400 m to 434 m. Gaps in the picture: the height of the way is not known there, on bridges for example."],
] as const)("says in %s all that the picture shows", (language, text) => expect(say(steep, language)).toBe(text));

it("says a tagged incline exactly, and nothing of estimates where there are none", () => {
  expect(say(tagged, "de")).toBe("Der Weg steigt um 34 m und fällt um 5 m. Am steilsten: 6,5 % abwärts auf 12 m.");
});

it("draws a gap as a gap, and the steepest stretch where it is; readers of the screen get the words alone", () => {
  const root = show(steep);
  const svg = root.querySelector("svg");
  expect(svg?.getAttribute("aria-hidden")).toBe("true");
  expect([...root.querySelectorAll(".line")].map((line) => line.getAttribute("points"))).toEqual(["0.0,125.0 200.0,118.8 280.0,107.4", "480.0,106.5 600.0,20.0"]);
  expect(root.querySelector(".steepest")?.getAttribute("points")).toBe("200.0,118.8 280.0,107.4");
  expect([...root.querySelectorAll("text")].map((text) => text.textContent.replaceAll("\u00a0", " "))).toEqual(["0 m", "300 m", "434 m"]);
});

it("draws a level way level", () => {
  const root = show({ ...steep, steepest: null, profile: [[0, 100], [50, 101]] });
  expect(root.querySelector(".line")?.getAttribute("points")).toBe("0.0,125.0 600.0,119.8");
});

it("has no picture without heights, and no heading where nothing is to be said", () => {
  expect(show(tagged).querySelector("svg")).toBeNull();
  expect(show({ known_share: 0, estimated_share: 0, steepest: null, profile: [] }).childElementCount).toBe(0);
  expect(show(undefined).childElementCount).toBe(0);
});
