/** The shapes the server speaks (POST /api/v1/route-plans and its neighbours). Units are in the names. */

export type Unknowns = "accept" | "avoid" | "reject";
export type Outcome = "found" | "limits_exceeded" | "unreachable";

export interface LimitSchema {
  title: string;
  type: string | string[];
  minimum?: number;
  maximum?: number;
  enum?: (string | null)[];
  items?: { enum?: string[] };
  default?: number | string | string[] | null;
  description?: string;
  "x-unit"?: string;
  "x-beyond"?: "block" | "avoid";
}

export interface Profile {
  name: string;
  label: string;
  description: string;
  unknowns: Unknowns;
  limits: { properties: Record<string, LimitSchema> };
}

export interface City {
  name: string;
  fictional: boolean;
  notice: string | null;
  time_zone?: string;
  osm_at: string | null;
  attribution: string;
}

export interface AddressHit {
  label: string;
  detail: string;
  kind: "address" | "street" | "place";
  lon: number;
  lat: number;
  place_id: string | null;
}

export type PlaceRef = { lon: number; lat: number } | { place_id: string };
/** A bare value blocks beyond itself; only lists say which way they are meant. */
export type LimitValue = number | string | { value: string[]; beyond: "block" | "avoid" } | null;

export interface RoutePlanRequest {
  from: PlaceRef;
  via: PlaceRef[];
  to: PlaceRef;
  alternatives: number;
  profile: string;
  limits: Record<string, LimitValue>;
  unknowns: Unknowns;
  language: string;
}

export interface Obstacle {
  kind: string;
  text: string;
  exceeds: boolean | null;
  beyond?: "block" | "avoid" | null;
  /** `false`: only the far end of what is mapped exceeds the limit. */
  certain?: boolean;
  source?: string | null;
  as_of?: string | null;
}

export interface Step {
  instruction: string;
  distance_m: number;
  duration_s?: number;
  obstacles: Obstacle[];
}

export interface UnknownStretch {
  text: string;
}

/** A sentence of the server, bare or inside an object. */
export type Said = string | { text: string };

/** How another way differs from the recommended one, in words. */
export interface Difference {
  text: string;
}

/** A small change of limits that would open a clean way. */
export interface Relaxation {
  limits: Record<string, number | string>;
  unknowns: Unknowns | null;
  text: string;
}

/** Up and down along a way; the height is `null` where it is not known. */
export interface Elevation {
  known_share: number;
  estimated_share: number;
  steepest: { direction: "up" | "down"; incline_percent: number; from_m: number; length_m: number; source: string } | null;
  profile: (readonly [distance_m: number, height_m: number | null])[];
}

export interface Route {
  label: string;
  title: string;
  difference: Difference | null;
  distance_m: number;
  duration_s: number;
  climb_m?: number;
  descent_m?: number;
  elevation?: Elevation;
  known_share: number;
  unknowns: UnknownStretch[];
  assumptions: Said[];
  limits_exceeded: Obstacle[];
  warnings: Said[];
  steps: Step[];
}

export interface RoutePlan {
  outcome: Outcome;
  graph: { osm_at: string | null };
  from?: { offset_m?: number };
  to?: { offset_m?: number };
  routes: Route[];
  relaxations: Relaxation[];
  reachable?: { remaining_m?: number } | null;
}

export interface ProblemError {
  pointer: string;
  code?: string;
  detail: string;
}

export interface Problem {
  title?: string;
  status: number;
  detail?: string;
  errors?: ProblemError[];
}
