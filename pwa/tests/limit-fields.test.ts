import { beforeAll, expect, it } from "vitest";
import type { Profile } from "../src/app/wire.ts";
import { LimitFields } from "../src/components/limit-fields.ts";
import { createTranslator } from "../src/i18n/index.ts";
import { profiles } from "./mock/data.mjs";

beforeAll(() => customElements.define("ww-limit-fields", LimitFields));

function open(name = "wheelchair-manual") {
  const profile = (profiles("de") as Profile[]).find((preset) => preset.name === name) ?? null;
  const fields = Object.assign(document.createElement("ww-limit-fields") as LimitFields, { i18n: createTranslator("de"), profile });
  document.body.replaceChildren(fields);
  const box = (id: string) => fields.querySelector(`[id="${id}"]`) as HTMLInputElement;
  const tick = (id: string) => {
    box(id).checked = !box(id).checked;
    box(id).dispatchEvent(new Event("change"));
  };
  return { fields, box, tick, text: (id: string) => box(id).textContent.replaceAll("\u00a0", " "), summary: () => fields.querySelector("summary")?.textContent };
}

it("shows the preset's default, its unit and the range at each limit, and sends none of it", () => {
  const { fields, box, text } = open();
  expect(text("limit-kerb_up_max_cm-hint")).toBe("Vorgabe: 3 cm. Möglich: 0 bis 40 cm.");
  expect(text("limit-steps-hint")).toBe("Vorgabe: nicht benutzen.");
  expect(box("limit-kerb_up_max_cm").value).toBe("");
  expect(fields.entries).toEqual({});
});

it("says 'no limit' where the preset has none", () => {
  expect(open("blind").text("limit-kerb_up_max_cm-hint")).toBe("Vorgabe: keine Grenze. Möglich: 0 bis 40 cm.");
});

it("turns a limit off with its box, and counts what is changed", () => {
  const { fields, box, tick, summary } = open();
  tick("limit-width_min_cm-none");
  expect(fields.entries).toEqual({ width_min_cm: { kind: "number", text: "", none: true } });
  expect(box("limit-width_min_cm").disabled).toBe(true);
  expect(summary()).toBe("Meine Grenzen anpassen (1 geändert)");
});

it("keeps avoided surfaces avoided when one more is ticked, and blocks them only when asked", () => {
  const { fields, tick } = open();
  const preset = ["sett", "unhewn_cobblestone", "gravel", "sand"];
  tick("limit-surface_avoid-asphalt");
  expect(fields.entries["surface_avoid"]).toEqual({ kind: "list", values: ["asphalt", ...preset], block: false });
  tick("limit-surface_avoid-asphalt");
  expect(fields.entries).toEqual({});
  tick("limit-surface_avoid-block");
  expect(fields.entries["surface_avoid"]).toEqual({ kind: "list", values: preset, block: true });
});

it("goes back to the preset with one button, which keeps the focus", () => {
  const { fields, tick, box } = open();
  tick("limit-kerb_up_max_cm-none");
  box("limits-reset").click();
  expect(fields.entries).toEqual({});
  expect(document.activeElement?.id).toBe("limits-reset");
  expect(fields.querySelector("[role=status]")?.textContent).toBe("Alle Grenzen stehen wieder auf der Vorgabe.");
});
