/** The only place that talks to the server. Needs and positions travel in bodies, never in an address. */

import type { AddressHit, City, Problem, Profile, RoutePlan, RoutePlanRequest } from "./wire.ts";

const TIMEOUT_MS = 30_000;

/** The server answered, but not with what was asked for. `problem` is null where it sent no problem details. */
export class ServerProblem extends Error {
  readonly status: number;
  readonly problem: Problem | null;

  constructor(status: number, problem: Problem | null) {
    super(problem?.detail ?? `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

/** No answer at all: no network, server away, or no answer in time. */
export class NoConnection extends Error {}

async function call(method: "GET" | "POST", path: string, language: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const headers: Record<string, string> = { Accept: "application/json, application/problem+json", "Accept-Language": language };
  const init: RequestInit = {
    method,
    headers,
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    credentials: "omit",
    referrerPolicy: "no-referrer",
    cache: "no-store",
  };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, init);
    text = await response.text();
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new NoConnection("no answer", { cause });
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    data = null;
  }
  if (!response.ok) throw new ServerProblem(response.status, isRecord(data) ? (data as unknown as Problem) : null);
  if (!isRecord(data)) throw new ServerProblem(response.status, null);
  return data;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export async function getCity(language: string): Promise<City> {
  return (await call("GET", `/api/v1/city?language=${encodeURIComponent(language)}`, language)) as City;
}

export async function listProfiles(language: string): Promise<Profile[]> {
  const data = (await call("GET", `/api/v1/profiles?language=${encodeURIComponent(language)}`, language)) as { profiles?: Profile[] };
  if (!Array.isArray(data.profiles) || data.profiles.length === 0) throw new ServerProblem(200, null);
  return data.profiles;
}

export async function searchAddresses(text: string, language: string, signal: AbortSignal): Promise<AddressHit[]> {
  const data = (await call("POST", "/api/v1/addresses/search", language, { text, language, limit: 8 }, signal)) as { results?: AddressHit[] };
  if (!Array.isArray(data.results)) throw new ServerProblem(200, null);
  return data.results;
}

export async function planRoute(request: RoutePlanRequest, signal: AbortSignal): Promise<RoutePlan> {
  return parseRoutePlan(await call("POST", "/api/v1/route-plans", request.language, request, signal));
}

const OUTCOMES: readonly unknown[] = ["found", "limits_exceeded", "unreachable"];

/**
 * Check the parts of an answer that carry its honesty before anything of it is shown.
 *
 * An unknown outcome, a way without steps or a missing list of excesses must never read as "no obstacle":
 * such an answer is refused as a whole, and excesses weigh more than the word "found".
 */
export function parseRoutePlan(data: unknown): RoutePlan {
  const refuse = () => new ServerProblem(200, null);
  if (!isRecord(data) || !OUTCOMES.includes(data["outcome"]) || !Array.isArray(data["routes"])) throw refuse();
  if (data["outcome"] !== "unreachable" && data["routes"].length === 0) throw refuse();
  for (const route of data["routes"]) {
    if (!isRecord(route)) throw refuse();
    for (const list of ["steps", "limits_exceeded", "unknowns", "assumptions", "warnings"]) {
      if (!Array.isArray(route[list])) throw refuse();
    }
    for (const number of ["distance_m", "duration_s", "known_share"]) {
      if (typeof route[number] !== "number") throw refuse();
    }
    for (const step of route["steps"] as unknown[]) {
      if (!isRecord(step) || typeof step["instruction"] !== "string" || !Array.isArray(step["obstacles"])) throw refuse();
    }
  }
  const plan = data as unknown as RoutePlan;
  const graph = isRecord(data["graph"]) ? plan.graph : { osm_at: null };
  const outcome = plan.outcome === "found" && (plan.routes[0]?.limits_exceeded.length ?? 0) > 0 ? "limits_exceeded" : plan.outcome;
  return { ...plan, graph, outcome };
}
