/** One browser for all tests of the page, against WAYFINDER_URL or, without it, the mock server. */

import { existsSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { startMock } from "../mock/server.mjs";

const CHROMIUM = process.env.WAYFINDER_CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

/** What to type for start and destination: the beginning of a name the city has. */
export const FROM = process.env.WAYFINDER_FROM ?? "Markt";
export const TO = process.env.WAYFINDER_TO ?? "Bahnhof";

export const openBrowser = () =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });

export async function open() {
  const mock = process.env.WAYFINDER_URL ? null : await startMock();
  const browser = await openBrowser();
  return {
    url: process.env.WAYFINDER_URL ?? mock.url,
    browser,
    async close() {
      await browser.close();
      mock?.server.close();
    },
  };
}

export async function newPage({ browser, url }, { width = 1280, height = 900, scheme = "light", locale = "de-DE", ...more } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, locale, reducedMotion: "reduce", ...more });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const trouble = [];
  page.on("pageerror", (error) => trouble.push(String(error)));
  page.on("console", (message) => message.type() === "error" && !/Failed to load resource/.test(message.text()) && trouble.push(message.text()));
  await page.goto(url);
  await page.locator("#submit").waitFor();
  return { page, context, trouble };
}

/** A page that is a file by itself, and everything it asked for. */
export async function newFilePage(browser, url, { width, height = 900, ...more }) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: "light", locale: "de-DE", ...more });
  const page = await context.newPage();
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, context, requests };
}

/** Type, wait for the hits, take the first by keyboard. */
export async function choose(page, side, text) {
  await page.locator(`#${side}`).focus();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type(text);
  await page.locator(`#${side}[aria-expanded="true"]`).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator(`#${side}[aria-expanded="false"]`).waitFor();
}

export async function fill(page, { from = FROM, to = TO, profile = "wheelchair-manual" } = {}) {
  await choose(page, "from", from);
  await choose(page, "to", to);
  await page.locator("#profile").selectOption(profile);
}

export async function ask(page, what) {
  await fill(page, what);
  await page.locator("#submit").click();
  await page.locator("#answer-title").waitFor();
}

/** Answer POST /api/v1/route-plans with this, whatever server stands behind. */
export async function answerWith(page, status, body) {
  await page.route("**/api/v1/route-plans", (route) =>
    route.fulfill({ status, contentType: status === 200 ? "application/json" : "application/problem+json", body: JSON.stringify(body) }),
  );
}

/** What axe has against the page, as readable lines. */
export async function violations(page) {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

/** How far the page is wider than the window, and which parts stick out. */
export const overflow = (page) =>
  page.evaluate(() => ({ page: document.documentElement.scrollWidth - innerWidth, parts: [...document.querySelectorAll("body *")].filter((e) => !e.closest(".visually-hidden, .skip") && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.id || e.className || e.tagName) }));
