/** Up and down along a way: said in words, and drawn for whoever likes a picture. The picture says nothing that the words do not. */

import { h, type Child } from "../app/dom.ts";
import { formatDistance, formatMeasure, formatShare } from "../app/format.ts";
import type { Elevation, Route } from "../app/wire.ts";
import type { Translator } from "../i18n/index.ts";

type Spot = readonly [distance_m: number, height_m: number];

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 600;
const HEIGHT = 150;
const BASE = 125;
const TOP = 20;
/** A level way is drawn level: fewer metres than these never fill the picture. */
const LEAST_RANGE_M = 20;

export function elevationProfile(i18n: Translator, route: Route): Child[] {
  const elevation = route.elevation;
  if (!elevation || (elevation.steepest === null && elevation.estimated_share === 0 && elevation.profile.length === 0)) return [];
  return [
    h("h3", {}, i18n.t("elevation.title")),
    h("p", { class: "elevation-text" }, sayElevation(i18n, route, elevation)),
    draw(i18n, elevation),
  ];
}

/** The whole picture in sentences. */
export function sayElevation(i18n: Translator, route: Route, elevation: Elevation): string {
  const up = formatDistance(i18n, route.climb_m ?? 0);
  const down = formatDistance(i18n, route.descent_m ?? 0);
  const sentences = [i18n.t("elevation.up_down", { up, down })];
  const steepest = elevation.steepest;
  if (steepest !== null) {
    const estimated = steepest.source === "estimate";
    // An estimate is said in whole percents: more would be precision that nobody measured.
    const incline = formatMeasure(i18n, estimated ? Math.round(steepest.incline_percent) : steepest.incline_percent, "percent");
    const distance = formatDistance(i18n, Math.max(1, steepest.length_m));
    sentences.push(i18n.t(`elevation.steepest.${steepest.direction}${estimated ? ".estimated" : ""}`, { incline, distance }));
  }
  if (elevation.estimated_share > 0) sentences.push(i18n.t("elevation.estimated", { share: formatShare(i18n, Math.max(0.01, elevation.estimated_share)) }));
  if (elevation.known_share < 1) sentences.push(i18n.t("elevation.unknown", { share: formatShare(i18n, 1 - Math.floor(elevation.known_share * 100) / 100) }));
  const heights = elevation.profile.flatMap(([, height_m]) => (height_m === null ? [] : [height_m]));
  if (heights.length > 0) {
    const [low, high] = [Math.min(...heights), Math.max(...heights)].map((height_m) => formatMeasure(i18n, Math.round(height_m), "m"));
    sentences.push(i18n.t("elevation.heights", { low: low ?? "", high: high ?? "" }));
    if (heights.length < elevation.profile.length) sentences.push(i18n.t("elevation.gaps"));
  }
  return sentences.join(" ");
}

function draw(i18n: Translator, elevation: Elevation): SVGElement | false {
  const pieces = listPieces(elevation.profile);
  const spots = pieces.flat();
  const length_m = elevation.profile.at(-1)?.[0] ?? 0;
  if (spots.length < 2 || length_m <= 0) return false;
  const heights = spots.map(([, height_m]) => height_m);
  const low = Math.min(...heights);
  const range = Math.max(LEAST_RANGE_M, Math.max(...heights) - low);
  const at = ([distance_m, height_m]: Spot) =>
    `${((distance_m / length_m) * WIDTH).toFixed(1)},${(BASE - ((height_m - low) / range) * (BASE - TOP)).toFixed(1)}`;
  const svg = element("svg", { class: "elevation", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true", focusable: "false" });
  for (const piece of pieces) {
    if (piece.length < 2) continue;
    const first = piece[0] as Spot;
    const last = piece[piece.length - 1] as Spot;
    const ground = `${((last[0] / length_m) * WIDTH).toFixed(1)},${BASE} ${((first[0] / length_m) * WIDTH).toFixed(1)},${BASE}`;
    svg.append(element("polygon", { class: "ground", points: `${piece.map(at).join(" ")} ${ground}` }), element("polyline", { class: "line", points: piece.map(at).join(" ") }));
  }
  const steepest = elevation.steepest;
  if (steepest !== null) {
    const part = pieces.map((piece) => cut(piece, steepest.from_m, steepest.from_m + steepest.length_m)).find((piece) => piece.length > 1);
    if (part) svg.append(element("polyline", { class: "steepest", points: part.map(at).join(" ") }));
  }
  svg.append(
    label(0, BASE + 17, "start", formatDistance(i18n, 0)),
    label(WIDTH, BASE + 17, "end", formatDistance(i18n, length_m)),
    label(0, 14, "start", formatMeasure(i18n, Math.round(low + range), "m")),
  );
  return svg;
}

/** The stretches between gaps. */
function listPieces(profile: Elevation["profile"]): Spot[][] {
  const pieces: Spot[][] = [[]];
  for (const [distance_m, height_m] of profile) {
    if (height_m === null) pieces.push([]);
    else pieces[pieces.length - 1]?.push([distance_m, height_m]);
  }
  return pieces;
}

/** The part of a piece between two distances, its ends put in. */
function cut(piece: readonly Spot[], from_m: number, to_m: number): Spot[] {
  const found: Spot[] = [];
  for (let i = 0; i + 1 < piece.length; i++) {
    const [here, there] = [piece[i] as Spot, piece[i + 1] as Spot];
    const [start, end] = [Math.max(here[0], from_m), Math.min(there[0], to_m)];
    if (start >= end) continue;
    const height = (distance_m: number) => here[1] + ((distance_m - here[0]) / (there[0] - here[0])) * (there[1] - here[1]);
    if (found.length === 0) found.push([start, height(start)]);
    found.push([end, height(end)]);
  }
  return found;
}

function label(x: number, y: number, anchor: string, text: string): SVGElement {
  const written = element("text", { x, y, "text-anchor": anchor });
  written.textContent = text;
  return written;
}

function element(tag: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}
