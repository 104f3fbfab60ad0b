/** How the page holds up: axe, reflow at 320 px, both colour schemes, forced colours, target sizes. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { plan } from "../mock/data.mjs";
import { answerWith, ask, FROM, newPage, open, overflow, violations } from "./support.mjs";

let stage;
before(async () => {
  stage = await open();
});
after(() => stage?.close());

/** The states a person meets, each reached on a fresh page. */
const STATES = {
  "the empty form": async () => {},
  "an open list of hits": async (page) => {
    await page.locator("#from").focus();
    await page.keyboard.type(FROM);
    await page.locator('#from[aria-expanded="true"]').waitFor();
    await page.keyboard.press("ArrowDown");
  },
  "errors in every field": async (page) => {
    await page.locator("#profile").selectOption("wheelchair-manual");
    await page.locator(".limits > summary").click();
    await page.locator("#limit-kerb_up_max_cm").fill("viel");
    await page.locator("#submit").click();
    await page.locator(".error-summary").waitFor();
  },
  "an answer of the server": (page) => ask(page),
  "a found way that breaks a wish": async (page) => {
    await answerWith(page, 200, plan("de", { wish: true }));
    await ask(page);
    for (const summary of await page.locator("summary").all()) await summary.click();
  },
  "limits exceeded, then changed": async (page) => {
    await answerWith(page, 200, plan("de", { outcome: "limits_exceeded" }));
    await ask(page);
    await page.locator("#unknowns-reject").check();
    await page.locator(".stale:not(:empty)").waitFor();
  },
  "an unreachable destination": async (page) => {
    await answerWith(page, 200, plan("de", { outcome: "unreachable" }));
    await ask(page);
  },
};

for (const width of [320, 1280]) {
  for (const scheme of ["light", "dark"]) {
    describe(`at ${width} px, ${scheme}`, () => {
      for (const [name, reach] of Object.entries(STATES)) {
        test(`${name}: no axe violation, nothing wider than the window, no script error`, async () => {
          const { page, context, trouble } = await newPage(stage, { width, scheme });
          await reach(page);
          assert.deepEqual(await violations(page), []);
          assert.deepEqual(await overflow(page), { page: 0, parts: [] });
          assert.deepEqual(trouble, []);
          await context.close();
        });
      }
    });
  }
}

test("the other languages have no axe violation and set the language of the page", async () => {
  const { page, context } = await newPage(stage, { width: 320 });
  for (const [id, lang, title] of [["en", "en", "Find a way"], ["de-simple", "de", "Weg suchen"], ["de", "de", "Weg suchen"]]) {
    await page.locator(`#language-${id}`).click();
    await page.locator("#submit", { hasText: title }).waitFor();
    await page.locator(`#language-${id}[aria-pressed="true"]`).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), lang);
    assert.deepEqual(await violations(page), []);
    assert.equal((await overflow(page)).page, 0);
  }
  await context.close();
});

test("forced colours, 200 % text and a narrow window keep every control in reach", async () => {
  const { page, context } = await newPage(stage, { width: 640, forcedColors: "active" });
  await page.addStyleTag({ content: "html { font-size: 225% !important }" }).catch(() => page.evaluate(() => (document.documentElement.style.fontSize = "225%")));
  await ask(page);
  assert.equal((await overflow(page)).page, 0);
  assert.deepEqual(await violations(page), []);
  await context.close();
});

test("every control is at least 24 px in both directions", async () => {
  const { page, context } = await newPage(stage, { width: 320 });
  await page.locator("#profile").selectOption("wheelchair-manual");
  await page.locator(".limits > summary").click();
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("button, input, select, summary")].filter((e) => e.getBoundingClientRect().width < 24 || e.getBoundingClientRect().height < 24).map((e) => e.id || e.textContent),
  );
  assert.deepEqual(small, []);
  await context.close();
});
