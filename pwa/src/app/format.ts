/** Numbers, lengths, times and dates in words. Whatever is rounded is rounded to the cautious side. */

import type { Translator } from "../i18n/index.ts";

const SPACE = "\u00a0";

export function formatNumber(i18n: Translator, value: number): string {
  return new Intl.NumberFormat(i18n.locale, { maximumFractionDigits: 2 }).format(value);
}

/** Metres below one kilometre (whole, from 100 m on to 10 m), kilometres with one decimal above. */
export function formatDistance(i18n: Translator, distance_m: number): string {
  if (distance_m < 995) {
    const metres = distance_m < 100 ? Math.round(distance_m) : Math.round(distance_m / 10) * 10;
    return `${formatNumber(i18n, metres)}${SPACE}m`;
  }
  const kilometres = new Intl.NumberFormat(i18n.locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return `${kilometres.format(distance_m / 1000)}${SPACE}km`;
}

/** Minutes, always rounded up: nobody misses a bus because of us. */
export function formatDuration(i18n: Translator, duration_s: number): string {
  const minutes = Math.max(1, Math.ceil(duration_s / 60));
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  const parts = [hours > 0 && i18n.count("duration.hours", hours), (rest > 0 || hours === 0) && i18n.count("duration.minutes", rest)];
  return parts.filter(Boolean).join(" ");
}

/** A share in whole percent, rounded down: 99.6 % known is not "100 % known". */
export function formatShare(i18n: Translator, share: number): string {
  const percent = Math.floor(Math.min(1, Math.max(0, share)) * 100 + 1e-9);
  return `${formatNumber(i18n, percent)}${SPACE}%`;
}

/** A date, or the words for an unknown one. Accepts a date or an instant with offset. */
export function formatDate(i18n: Translator, value: string | null | undefined, timeZone = "Europe/Berlin"): string {
  const isDay = value !== null && value !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(value);
  const date = value ? new Date(value) : null;
  if (date === null || Number.isNaN(date.getTime())) return i18n.t("date.unknown");
  return new Intl.DateTimeFormat(i18n.locale, { dateStyle: "long", timeZone: isDay ? "UTC" : timeZone }).format(date);
}

/** "3 cm", "6 %": a limit value with its unit as people write it. */
export function formatMeasure(i18n: Translator, value: number, unit: string | undefined): string {
  const symbol = unitSymbol(unit);
  return symbol === "" ? formatNumber(i18n, value) : `${formatNumber(i18n, value)}${SPACE}${symbol}`;
}

export function unitSymbol(unit: string | undefined): string {
  return unit === "percent" ? "%" : (unit ?? "");
}
