/** Words in three languages. German is the source: its keys are the type of all others. */

import { de } from "./de.ts";
import { deSimple } from "./de-simple.ts";
import { en } from "./en.ts";

export type Key = keyof typeof de;
export type Catalogue = Record<Key, string>;
export type Language = "de" | "de-simple" | "en";
type Parameters = Record<string, string | number>;

/** Keys that come as `name.one` and `name.other`. */
export type CountKey = Key extends infer K ? (K extends `${infer Stem}.other` ? Stem : never) : never;

export const LANGUAGES: readonly Language[] = ["de", "de-simple", "en"];
export const catalogues: Record<Language, Catalogue> = { de, "de-simple": deSimple, en };

/** Each language's own name for itself, never translated. */
export const LANGUAGE_NAMES: Record<Language, string> = { de: "Deutsch", "de-simple": "Einfache Sprache", en: "English" };

export interface Translator {
  readonly language: Language;
  /** For `lang` attributes and `Intl`: Einfache Sprache is German. */
  readonly htmlLang: "de" | "en";
  readonly locale: string;
  t(key: Key, parameters?: Parameters): string;
  /** The sentence for so many, with `{count}` written in the language's own digits. */
  count(key: CountKey, count: number, parameters?: Parameters): string;
  /** The word for an OSM value; the value itself where the catalogue has none. */
  word(group: "surface" | "source" | "choice", value: string): string;
}

export function createTranslator(language: Language): Translator {
  const messages = catalogues[language];
  const locale = language === "en" ? "en-GB" : "de-DE";
  const plural = new Intl.PluralRules(locale);
  const digits = new Intl.NumberFormat(locale);
  const t = (key: Key, parameters: Parameters = {}): string => fill(messages[key], parameters);
  return {
    language,
    htmlLang: language === "en" ? "en" : "de",
    locale,
    t,
    count(key, count, parameters = {}) {
      const form = plural.select(count) === "one" ? "one" : "other";
      return t(`${key}.${form}` as Key, { ...parameters, count: digits.format(count) });
    },
    word(group, value) {
      return (messages as Record<string, string>)[`${group}.${value}`] ?? value.replaceAll("_", " ");
    },
  };
}

function fill(message: string, parameters: Parameters): string {
  return message.replace(/\{(\w+)\}/g, (whole, name: string) => String(parameters[name] ?? whole));
}

const STORED = "wayfinder.language";

export function isLanguage(value: unknown): value is Language {
  return LANGUAGES.includes(value as Language);
}

/** The language a person asked us to keep, else the first one of the browser's that we speak, else German. */
export function findStartLanguage(wanted: readonly string[]): Language {
  const kept = findKeptLanguage();
  if (kept) return kept;
  for (const tag of wanted) {
    if (tag.toLowerCase().startsWith("de")) return "de";
    if (tag.toLowerCase().startsWith("en")) return "en";
  }
  return "de";
}

export function findKeptLanguage(): Language | null {
  try {
    const value = localStorage.getItem(STORED);
    return isLanguage(value) ? value : null;
  } catch {
    return null; // Storage is switched off: nothing kept, nothing lost.
  }
}

/** Keep the language on this device, or forget it with `null`. Only ever called because a person ticked the box. */
export function keepLanguage(language: Language | null): void {
  try {
    if (language === null) localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, language);
  } catch {
    // Storage is switched off: the page works without.
  }
}
