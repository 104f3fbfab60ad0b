/** From what went wrong to sentences at the fields they belong to. */

import type { Translator } from "../i18n/index.ts";
import { NoConnection, ServerProblem } from "./api.ts";
import { limitId, type FieldError } from "./form.ts";

/** The id of the control a JSON pointer of the request speaks about, or `null`. */
export function fieldOfPointer(pointer: string): string | null {
  const [first, second] = pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (first === "from" || first === "to" || first === "profile") return first;
  if (first === "unknowns") return "unknowns-avoid";
  if (first === "limits" && second) return limitId(second);
  return null;
}

/** Everything a failed request has to say, each sentence at its field. Never empty. */
export function errorsOf(i18n: Translator, failure: unknown): FieldError[] {
  if (failure instanceof NoConnection) return [{ field: null, text: i18n.t("error.network") }];
  if (!(failure instanceof ServerProblem)) throw failure;
  const { problem, status } = failure;
  const listed = Array.isArray(problem?.errors) ? problem.errors : [];
  if (listed.length > 0) return listed.map(({ pointer, detail }) => ({ field: fieldOfPointer(pointer ?? ""), text: detail }));
  const said = status >= 400 && status < 500 ? (problem?.detail ?? problem?.title) : undefined;
  return [{ field: null, text: said ?? i18n.t("error.server", { status }) }];
}
