import { expect, it } from "vitest";
import { formatDate, formatDistance, formatDuration, formatMeasure, formatShare } from "../src/app/format.ts";
import { createTranslator } from "../src/i18n/index.ts";

const de = createTranslator("de");
const en = createTranslator("en");
const plain = (text: string) => text.replaceAll("\u00a0", " ");

it.each([
  [4.4, "4 m"],
  [84, "84 m"],
  [412.3, "410 m"],
  [994, "990 m"],
  [995, "1,0 km"],
  [2349, "2,3 km"],
])("writes %d metres as %s", (distance_m, text) => expect(plain(formatDistance(de, distance_m))).toBe(text));

it.each([
  [1, "1 Minute"],
  [61, "2 Minuten"],
  [540, "9 Minuten"],
  [3600, "1 Std."],
  [3661, "1 Std. 2 Minuten"],
])("rounds %d seconds up to %s", (duration_s, text) => expect(formatDuration(de, duration_s)).toBe(text));

it("never rounds a known share up", () => {
  expect([0.996, 0.29, 1, 0].map((share) => plain(formatShare(de, share)))).toEqual(["99 %", "29 %", "100 %", "0 %"]);
});

it("writes dates in the city's time zone and says when there is none", () => {
  expect(formatDate(de, "2026-11-01T23:30:00Z", "Europe/Berlin")).toBe("2. November 2026");
  expect(formatDate(en, "2026-07-01")).toBe("1 July 2026");
  expect([null, "", "soon"].map((value) => formatDate(de, value))).toEqual(["unbekannt", "unbekannt", "unbekannt"]);
});

it("writes limits with their unit", () => {
  expect([plain(formatMeasure(de, 2.5, "cm")), plain(formatMeasure(en, 6, "percent"))]).toEqual(["2,5 cm", "6 %"]);
});
