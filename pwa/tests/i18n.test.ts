import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { catalogues, createTranslator, findStartLanguage, keepLanguage, LANGUAGES } from "../src/i18n/index.ts";
import { de } from "../src/i18n/de.ts";

/** Words that promise what no map data can hold. They may not even be denied of a way. */
const PROMISES = /barrierefrei|barrierearm|sicher|geeignet|eignung|garantier|rollstuhlgerecht|hindernisfrei|accessib|\bsafe|suitab|guarant|barrier-free|step-free/i;

describe.each(LANGUAGES)("the catalogue %s", (language) => {
  const catalogue = catalogues[language];

  it("has the keys of the German one, none missing, none more", () => {
    expect(Object.keys(catalogue).sort()).toEqual(Object.keys(de).sort());
  });

  it("has no empty text and the same parameters as the German one", () => {
    const parameters = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
    for (const [key, text] of Object.entries(catalogue)) {
      expect(text.trim(), key).not.toBe("");
      if (key.endsWith(".one")) continue; // "one hit" may say its number in a word
      expect(parameters(text), key).toEqual(parameters(de[key as keyof typeof de]));
    }
  });

  it("promises nothing about a way", () => {
    expect(Object.entries(catalogue).filter(([, text]) => PROMISES.test(text))).toEqual([]);
  });
});

it("promises nothing in the page frame and the manifest either", () => {
  for (const file of ["index.html", "public/manifest.webmanifest"]) expect(readFileSync(file, "utf8")).not.toMatch(PROMISES);
});

it("keeps sentences of Einfache Sprache at fifteen words or fewer", () => {
  const long = Object.values(catalogues["de-simple"])
    .flatMap((text) => text.split(/[.!?:…]\s*/))
    .filter((sentence) => sentence.split(/\s+/).length > 15);
  expect(long).toEqual([]);
});

it("writes counts and parameters into the sentence", () => {
  expect(createTranslator("de").count("steps.count", 1)).toBe("1 Schritt");
  expect(createTranslator("de").count("steps.count", 1200)).toBe("1.200 Schritte");
  expect(createTranslator("en").t("place.nohits", { text: "Mrkt {text}" })).toBe("No result for “Mrkt {text}”. Check the spelling or enter the street only.");
});

it("shows an OSM value it has no word for as it is", () => {
  expect(createTranslator("de").word("surface", "paving_stones:30")).toBe("paving stones:30");
});

it("starts in the browser's first language that we speak, and keeps one only when asked", () => {
  localStorage.clear();
  expect(findStartLanguage(["tr-TR", "en-US", "de"])).toBe("en");
  expect(findStartLanguage(["tr-TR"])).toBe("de");
  expect(localStorage.length).toBe(0);
  keepLanguage("de-simple");
  expect(findStartLanguage(["en"])).toBe("de-simple");
  keepLanguage(null);
  expect(localStorage.length).toBe(0);
});
