/** What a person does on the page, from the first Tab to the steps. `node --test tests/browser/*.test.mjs` */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { plan } from "../mock/data.mjs";
import { answerWith, ask, choose, fill, FROM, newPage, open, TO, violations } from "./support.mjs";

let stage;
before(async () => {
  stage = await open();
});
after(() => stage?.close());

test("the keyboard alone leads from the first Tab to the steps", async () => {
  const { page, context } = await newPage(stage);
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.className || document.activeElement.tagName);
  const tabTo = async (id) => {
    for (let presses = 0; presses < 120; presses++) {
      await page.keyboard.press("Tab");
      if ((await focused()) === id) return;
    }
    assert.fail(`Tab never came to #${id}`);
  };
  const outlined = () => page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== "none");

  await page.keyboard.press("Tab");
  assert.equal(await focused(), "skip");
  await page.keyboard.press("Enter");
  assert.equal(await focused(), "main");

  for (const [side, text] of [["from", FROM], ["to", TO]]) {
    await tabTo(side);
    assert.ok(await outlined(), `${side} shows its focus`);
    await page.keyboard.type(text);
    await page.locator(`#${side}[aria-expanded="true"]`).waitFor();
    await page.keyboard.press("ArrowDown");
    const marked = await page.evaluate((id) => document.getElementById(document.getElementById(id).getAttribute("aria-activedescendant")).getAttribute("aria-selected"), side);
    assert.equal(marked, "true");
    await page.keyboard.press("Enter");
    assert.equal(await focused(), side, "the focus stays in the field");
    assert.match(await page.locator(`ww-place-field:has(#${side}) [role=status]`).textContent(), /^Ausgewählt: /);
  }

  await tabTo("profile");
  await page.keyboard.press("ArrowDown");
  assert.notEqual(await page.locator("#profile").inputValue(), "");
  assert.notEqual(await page.locator("#profile-description").textContent(), "");
  await tabTo("SUMMARY");
  await page.keyboard.press("Enter");
  await tabTo("limit-kerb_up_max_cm");
  await page.keyboard.type("3,5");
  await tabTo("submit");
  assert.ok(await outlined());
  const sent = page.waitForRequest("**/api/v1/route-plans");
  await page.keyboard.press("Enter");
  assert.equal((await sent).postDataJSON().limits.kerb_up_max_cm, 3.5);
  await page.locator("#answer-title").waitFor();
  assert.equal(await focused(), "answer-title");
  assert.ok((await page.locator("ol.steps > li").count()) > 0, "there are steps");
  await context.close();
});

test("errors take the focus and lead to their fields", async () => {
  const { page, context } = await newPage(stage);
  await page.locator("#submit").click();
  assert.match(await page.evaluate(() => document.activeElement.className), /error-summary/);
  assert.match(await page.title(), /^Fehler: /);
  assert.deepEqual(await page.locator(".error-summary a").allTextContents(), ["Geben Sie einen Start ein.", "Geben Sie ein Ziel ein.", "Wählen Sie eine Vorlage."]);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "to");
  const to = page.locator("#to");
  assert.equal(await to.getAttribute("aria-invalid"), "true");
  assert.equal(await page.locator(`#${(await to.getAttribute("aria-describedby")).split(" ")[0]}`).textContent(), "Fehler: Geben Sie ein Ziel ein.");
  assert.equal(new URL(page.url()).hash, "", "the address keeps no trace");
  await context.close();
});

test("a problem of the server is said at the field its pointer names, the folded ones included", async () => {
  const { page, context } = await newPage(stage);
  const problem = { status: 422, detail: "Ungültig.", errors: [{ pointer: "/to", code: "far", detail: "Das Ziel liegt zu weit weg." }, { pointer: "/limits/kerb_up_max_cm", code: "range", detail: "Der Bord passt nicht." }] };
  await answerWith(page, 422, problem);
  await fill(page);
  await page.locator("#submit").click();
  await page.locator(".error-summary").waitFor();
  assert.equal(await page.locator("#to-error").textContent(), "Fehler: Das Ziel liegt zu weit weg.");
  await page.locator(".error-summary a").nth(1).click();
  assert.equal(await page.evaluate(() => document.activeElement.id), "limit-kerb_up_max_cm");
  assert.ok(await page.locator("#limit-kerb_up_max_cm-error").isVisible());
  await context.close();
});

test("without a connection one sentence is said and every input is kept", async () => {
  const { page, context } = await newPage(stage);
  await fill(page);
  await page.locator(".limits > summary").click();
  await page.locator("#limit-kerb_up_max_cm").fill("2,5");
  const before = [await page.locator("#from").inputValue(), await page.locator("#to").inputValue()];
  await context.setOffline(true);
  await page.locator(".network:not(:empty)").waitFor();
  assert.match(await page.locator(".network").textContent(), /^Sie sind offline\./);
  await page.locator("#submit").click();
  await page.locator(".error-summary").waitFor();
  assert.deepEqual(await page.locator(".error-summary li").allTextContents(), ["Keine Verbindung zum Server. Ihre Eingaben bleiben erhalten. Bitte versuchen Sie es später noch einmal."]);
  assert.deepEqual([await page.locator("#from").inputValue(), await page.locator("#to").inputValue()], before);
  assert.equal(await page.locator("#limit-kerb_up_max_cm").inputValue(), "2,5");
  await context.setOffline(false);
  await page.locator("#submit").click();
  await page.locator("#answer-title").waitFor();
  await context.close();
});

test("no request leaves the origin, and nothing entered is in an address, a cookie or a store", async () => {
  const { page, context } = await newPage(stage);
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.reload();
  await page.locator("#submit").waitFor();
  await ask(page);
  await page.locator("#language-en").click();
  await page.locator("#submit", { hasText: "Find a way" }).waitFor();
  await page.waitForLoadState("networkidle");
  const origin = new URL(stage.url).origin;
  assert.deepEqual(asked.filter((url) => new URL(url).origin !== origin), []);
  const queries = new Set(asked.map((url) => new URL(url)).filter((url) => url.search).map((url) => url.pathname + url.search));
  assert.deepEqual([...queries].sort(), ["/api/v1/city?language=de", "/api/v1/city?language=en", "/api/v1/profiles?language=de", "/api/v1/profiles?language=en"]);
  assert.equal(page.url(), `${origin}/`);
  assert.deepEqual(await context.cookies(), []);
  assert.deepEqual(await page.evaluate(async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length]), [0, 0, 0, 0]);
  await context.close();
});

test("another language keeps the inputs, words the answer anew, and is kept only when asked", async () => {
  const { page, context } = await newPage(stage);
  await ask(page);
  const first = await page.locator("ol.steps > li .instruction").first().textContent();
  const from = await page.locator("#from").inputValue();
  const again = page.waitForResponse("**/api/v1/route-plans");
  await page.locator("#language-en").click();
  assert.equal((await again).request().postDataJSON().language, "en");
  await page.waitForFunction((old) => document.querySelector("ol.steps .instruction")?.textContent !== old, first);
  assert.equal(await page.evaluate(() => document.activeElement.id), "language-en");
  assert.equal(await page.locator("#from").inputValue(), from);
  assert.equal(await page.locator("#profile").inputValue(), "wheelchair-manual");
  await page.locator("#keep-language").check();
  await page.reload();
  await page.locator("#submit", { hasText: "Find a way" }).waitFor();
  await page.locator("#keep-language").uncheck();
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  await context.close();
});

test("swapping exchanges start and destination, places and all", async () => {
  const { page, context } = await newPage(stage);
  await fill(page);
  const [from, to] = [await page.locator("#from").inputValue(), await page.locator("#to").inputValue()];
  await page.locator("#swap").click();
  assert.deepEqual([await page.locator("#from").inputValue(), await page.locator("#to").inputValue()], [to, from]);
  assert.equal(await page.locator("[role=status]", { hasText: "getauscht" }).count(), 1);
  await page.locator("#submit").click();
  await page.locator("#answer-title").waitFor();
  await context.close();
});

test("my location is asked for on a tap and sent as a position", async () => {
  const { page, context } = await newPage(stage, { permissions: ["geolocation"] });
  const bounds = (await (await fetch(`${stage.url}/api/v1/city`)).json()).bounds;
  await context.setGeolocation({ longitude: (bounds[0] + bounds[2]) / 2, latitude: (bounds[1] + bounds[3]) / 2, accuracy: 12 });
  await page.locator("#from-position").click();
  await page.waitForFunction(() => document.getElementById("from").value !== "");
  assert.equal(await page.locator("#from").inputValue(), "Mein Standort (auf 12 m genau)");
  await choose(page, "to", TO);
  await page.locator("#profile").selectOption("wheelchair-manual");
  const sent = page.waitForRequest("**/api/v1/route-plans");
  await page.locator("#submit").click();
  assert.deepEqual((await sent).postDataJSON().from, { lon: (bounds[0] + bounds[2]) / 2, lat: (bounds[1] + bounds[3]) / 2 });
  await context.close();
});

test("a server that does not answer at the start is said, and can be asked again", async () => {
  const context = await stage.browser.newContext({ locale: "de-DE" });
  const page = await context.newPage();
  await page.route("**/api/v1/profiles*", (route) => route.abort());
  await page.goto(stage.url);
  await page.locator("#retry").waitFor();
  assert.deepEqual(await violations(page), []);
  await page.unroute("**/api/v1/profiles*");
  await page.locator("#retry").click();
  await page.locator("#submit").waitFor();
  await context.close();
});

test("a screen reader is told the form, the choice and the answer by role and name", async () => {
  const { page, context } = await newPage(stage);
  await answerWith(page, 200, plan("de", { outcome: "limits_exceeded" }));
  const before = await page.locator("main").ariaSnapshot();
  for (const line of ['group "Start und Ziel"', 'combobox "Start"', 'button "Mein Standort als Start verwenden"', 'combobox "Vorlage"', 'radio "Lieber Wege mit bekannten Angaben" [checked]', 'button "Weg suchen"']) {
    assert.ok(before.includes(line), `${line}\n${before}`);
  }
  await ask(page);
  const answer = await page.locator("article.answer").ariaSnapshot();
  for (const line of ['article "Kein Weg innerhalb Ihrer Grenzen"', 'heading "Kein Weg innerhalb Ihrer Grenzen" [level=2]', "Über Ihrer Grenze:", 'heading "Schritte" [level=3]']) {
    assert.ok(answer.includes(line), `${line}\n${answer}`);
  }
  assert.match(await page.title(), /^Kein Weg innerhalb Ihrer Grenzen – /);
  await context.close();
});
