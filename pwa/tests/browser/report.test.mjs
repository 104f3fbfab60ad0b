/** The city report (one HTML file named by WAYFINDER_REPORT): axe, reflow, no request, layers without script. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { newFilePage, openBrowser, overflow, violations } from "./support.mjs";

const url = pathToFileURL(process.env.WAYFINDER_REPORT).href;
let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

for (const width of [320, 1280]) {
  test(`axe has nothing against the report at ${width} px, and nothing sticks out`, async () => {
    const { page, context, requests } = await newFilePage(browser, url, { width });
    assert.deepEqual(await violations(page), []);
    assert.equal((await overflow(page)).page, 0);
    assert.deepEqual(requests, [url]);
    await context.close();
  });
}

test("a layer and a profile are chosen by keyboard, without any script", async () => {
  const { page, context } = await newFilePage(browser, url, { width: 1280, javaScriptEnabled: false });
  const shown = () => page.locator(".marker:visible").count();
  const colour = (name) => page.locator(name).first().evaluate((path) => getComputedStyle(path).stroke);
  const before = await colour(".map .ways .u0");
  assert.ok((await shown()) > 0);
  await page.locator("#layer-0").focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.locator("#layer-1").isChecked(), true);
  assert.equal(await colour(".map .ways .u1"), before);
  await context.close();
});
