/** What a person has entered, and how it becomes a request. Pure: no page, no network. */

import type { Translator } from "../i18n/index.ts";
import { formatMeasure, formatNumber } from "./format.ts";
import type { AddressHit, LimitSchema, LimitValue, PlaceRef, Profile, RoutePlanRequest, Unknowns } from "./wire.ts";

export type Side = "from" | "via" | "to";

export interface Place {
  label: string;
  detail: string;
  lon: number;
  lat: number;
  place_id: string | null;
}

/** The text in the field, and the place it stands for once one is chosen. */
export interface PlaceEntry {
  text: string;
  place: Place | null;
}

/** A personal limit as entered; what is not entered keeps the preset's default. */
export type LimitEntry =
  | { kind: "number"; text: string; none: boolean }
  | { kind: "choice"; value: string }
  | { kind: "list"; values: string[]; block: boolean };

export interface FormState {
  from: PlaceEntry;
  /** A stop on the way; `null` while none is wanted. */
  via: PlaceEntry | null;
  to: PlaceEntry;
  profile: string;
  limits: Record<string, LimitEntry>;
  /** `null` while the person has not chosen: the preset's own policy holds. */
  unknowns: Unknowns | null;
}

/** An error at one field. `field` is the id of the control that receives the focus; `null` belongs to the form as a whole. */
export interface FieldError {
  field: string | null;
  text: string;
}

/** So many other ways are asked for. */
const ALTERNATIVES = 2;

/** The few limits this page offers, in this order. */
export const SHOWN_LIMITS = ["kerb_up_max_cm", "incline_up_max_percent", "width_min_cm", "steps", "surface_avoid"] as const;

export function emptyForm(): FormState {
  return { from: { text: "", place: null }, via: null, to: { text: "", place: null }, profile: "", limits: {}, unknowns: null };
}

/** A place of the city is asked for by its id, so that the server can look for the entrance that fits. */
export function placeFromHit(hit: AddressHit): Place {
  return { label: hit.label, detail: hit.detail, lon: hit.lon, lat: hit.lat, place_id: hit.kind === "place" ? hit.place_id : null };
}

export function limitKind(schema: LimitSchema): "number" | "choice" | "list" {
  if (schema.items || [schema.type].flat().includes("array")) return "list";
  return schema.enum ? "choice" : "number";
}

export function limitId(name: string): string {
  return `limit-${name}`;
}

/** How many limits differ from the preset. */
export function countChanged(entries: Record<string, LimitEntry>): number {
  return Object.values(entries).filter((entry) => !isDefault(entry)).length;
}

function isDefault(entry: LimitEntry): boolean {
  return entry.kind === "number" ? !entry.none && entry.text.trim() === "" : entry.kind === "choice" && entry.value === "";
}

/** A number as people write it: "3", "3,5", "3.5", "3 cm", "6 %". `null` where it is none. */
export function parseNumber(text: string): number | null {
  const match = /^([+-]?\d+(?:[.,]\d+)?)\s*(?:cm|%)?$/i.exec(text.trim());
  return match?.[1] === undefined ? null : Number(match[1].replace(",", "."));
}

export function readLimits(i18n: Translator, profile: Profile, entries: Record<string, LimitEntry>): { limits: Record<string, LimitValue>; errors: FieldError[] } {
  const limits: Record<string, LimitValue> = {};
  const errors: FieldError[] = [];
  for (const [name, entry] of Object.entries(entries)) {
    const schema = profile.limits.properties[name];
    if (!schema || isDefault(entry)) continue;
    if (entry.kind === "list") limits[name] = { value: entry.values, beyond: entry.block ? "block" : "avoid" };
    else if (entry.kind === "choice") limits[name] = entry.value;
    else if (entry.none) limits[name] = null;
    else {
      const value = parseNumber(entry.text);
      const { minimum = -Infinity, maximum = Infinity } = schema;
      if (value === null) {
        const example = formatNumber(i18n, typeof schema.default === "number" ? schema.default : Math.max(0, Number.isFinite(minimum) ? minimum : 0));
        errors.push({ field: limitId(name), text: i18n.t("error.limit.number", { title: schema.title, example }) });
      } else if (value < minimum || value > maximum) {
        errors.push({ field: limitId(name), text: i18n.t("error.limit.range", { title: schema.title, ...formatRange(i18n, schema) }) });
      } else limits[name] = value;
    }
  }
  return { limits, errors };
}

/** The range of a limit with its unit; empty where the schema gives none. */
export function formatRange(i18n: Translator, schema: LimitSchema): { min: string; max: string } {
  return { min: formatNumber(i18n, schema.minimum ?? 0), max: formatMeasure(i18n, schema.maximum ?? 0, schema["x-unit"]) };
}

/** The request for what is entered, or every error at once. */
export function buildRequest(i18n: Translator, form: FormState, profiles: readonly Profile[]): { request: RoutePlanRequest } | { errors: FieldError[] } {
  const errors: FieldError[] = [];
  const refs: Partial<Record<Side, PlaceRef>> = {};
  for (const side of ["from", "via", "to"] as const) {
    const entry = form[side];
    if (entry === null) continue;
    const { text, place } = entry;
    if (place) refs[side] = place.place_id === null ? { lon: place.lon, lat: place.lat } : { place_id: place.place_id };
    else if (text.trim() === "") errors.push({ field: side, text: i18n.t(`error.${side}.missing`) });
    else errors.push({ field: side, text: i18n.t(`error.${side}.unchosen`, { text: text.trim() }) });
  }
  const profile = profiles.find((candidate) => candidate.name === form.profile);
  if (!profile) {
    errors.push({ field: "profile", text: i18n.t("error.profile.missing") });
    return { errors };
  }
  const { limits, errors: limitErrors } = readLimits(i18n, profile, form.limits);
  errors.push(...limitErrors);
  if (errors.length > 0) return { errors };
  if (!refs.from || !refs.to) throw new Error("no place and no error"); // one of both stands there: see above
  return {
    request: { from: refs.from, via: refs.via ? [refs.via] : [], to: refs.to, alternatives: ALTERNATIVES, profile: profile.name, limits, unknowns: form.unknowns ?? profile.unknowns, language: i18n.language },
  };
}
