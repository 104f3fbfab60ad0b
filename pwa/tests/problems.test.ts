import { expect, it } from "vitest";
import { NoConnection, parseRoutePlan, ServerProblem } from "../src/app/api.ts";
import { errorsOf, fieldOfPointer } from "../src/app/problems.ts";
import { createTranslator } from "../src/i18n/index.ts";
import { plan } from "./mock/data.mjs";

const i18n = createTranslator("de");

it.each([
  ["/from", "from"],
  ["/to/lon", "to"],
  ["/profile", "profile"],
  ["/limits/kerb_up_max_cm/value", "limit-kerb_up_max_cm"],
  ["/unknowns", "unknowns-avoid"],
  ["/limits", null],
  ["/via/0", null],
  ["", null],
])("leads the pointer %j to the field %j", (pointer, field) => expect(fieldOfPointer(pointer)).toBe(field));

it("shows the server's sentence at the field it points to", () => {
  const problem = { status: 422, detail: "Ungültig.", errors: [{ pointer: "/to", code: "too_far", detail: "Zu weit weg." }] };
  expect(errorsOf(i18n, new ServerProblem(422, problem))).toEqual([{ field: "to", text: "Zu weit weg." }]);
});

it("shows the server's detail where it points nowhere, and our own sentence where the server failed", () => {
  expect(errorsOf(i18n, new ServerProblem(429, { status: 429, detail: "Bitte warten Sie." }))).toEqual([{ field: null, text: "Bitte warten Sie." }]);
  expect(errorsOf(i18n, new ServerProblem(502, null))[0]?.text).toContain("Meldung 502");
  expect(errorsOf(i18n, new NoConnection())[0]?.text).toBe("Keine Verbindung zum Server. Ihre Eingaben bleiben erhalten. Bitte versuchen Sie es später noch einmal.");
});

it("does not swallow a mistake of our own", () => {
  expect(() => errorsOf(i18n, new TypeError("bug"))).toThrow("bug");
});

it("reads an answer that is called found but carries excesses as limits exceeded", () => {
  const exceeded = plan("de", { outcome: "limits_exceeded" });
  expect(parseRoutePlan({ ...exceeded, outcome: "found" })).toEqual(exceeded);
});

it("takes a whole answer and refuses one that could read as 'no obstacle' by mistake", () => {
  const whole = plan("de");
  expect(parseRoutePlan(whole)).toEqual(whole);
  const [route] = whole.routes;
  const headless = { ...route, limits_exceeded: undefined };
  for (const broken of [null, [], {}, { ...whole, outcome: "fine" }, { ...whole, routes: [] }, { ...whole, routes: [headless] }, { ...whole, routes: [{ ...route, known_share: null }] }]) {
    expect(() => parseRoutePlan(broken)).toThrow(ServerProblem);
  }
});
