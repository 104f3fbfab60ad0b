/**
 * A stand-in for the Python server: serves dist/ and answers /api/v1 in the shapes of the contract.
 *
 * `node tests/mock/server.mjs [PORT]` (8123 by default; 0 takes a free one). Destinations choose the answer:
 * Schlossberg exceeds limits, the island is unreachable, the hut is refused at /to.
 */

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { addresses, city, plan, profiles, say } from "./data.mjs";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".webmanifest": "application/manifest+json" };
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const LANGUAGES = ["de", "de-simple", "en"];
const languageOf = (value) => (LANGUAGES.includes(value) ? value : "de");

export function startMock(port = 0) {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => send(response, 500, { title: "mock failed", status: 500 }));
  });
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => resolve({ server, url: `http://127.0.0.1:${server.address().port}` }));
  });
}

async function answer(request, response) {
  const url = new URL(request.url, "http://mock");
  if (!url.pathname.startsWith("/api/")) return serveFile(url.pathname, response);
  const body = request.method === "POST" ? JSON.parse(await read(request)) : {};
  const route = `${request.method} ${url.pathname}`;
  if (route === "GET /api/v1/city") return send(response, 200, city);
  if (route === "GET /api/v1/profiles") return send(response, 200, { profiles: profiles(languageOf(url.searchParams.get("language"))), unknowns: ["accept", "avoid", "reject"] });
  if (route === "POST /api/v1/addresses/search") return send(response, 200, { results: search(body) });
  if (route === "POST /api/v1/route-plans") return sendPlan(response, body);
  return problem(response, 404, "not_found", "Nicht gefunden.", []);
}

function search({ text, limit = 8 }) {
  const plain = (words) => words.toLowerCase().replaceAll("ß", "ss").replaceAll("strasse", "str").replaceAll(".", "");
  return addresses.filter(({ label }) => plain(label).includes(plain(text.trim()))).slice(0, limit);
}

function sendPlan(response, body) {
  const language = languageOf(body.language);
  const kerb = body.limits?.kerb_up_max_cm;
  if (typeof kerb === "number" && (kerb < 0 || kerb > 40)) {
    return problem(response, 422, "invalid", say(language).invalid, [{ pointer: "/limits/kerb_up_max_cm", code: "out_of_range", detail: "0–40 cm" }]);
  }
  if (body.to.place_id === "osm:node/99") return problem(response, 422, "invalid", say(language).invalid, [{ pointer: "/to", code: "too_far", detail: say(language).far }]);
  const outcome = body.to.place_id === "osm:node/40" ? "limits_exceeded" : body.to.place_id === "osm:way/77" ? "unreachable" : "found";
  return send(response, 200, plan(language, { outcome }));
}

function problem(response, status, code, detail, errors) {
  send(response, status, { type: "about:blank", title: detail, status, detail, code, errors }, "application/problem+json");
}

function send(response, status, data, type = "application/json") {
  response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store" }).end(JSON.stringify(data));
}

async function serveFile(path, response) {
  const name = normalize(path === "/" ? "/index.html" : path);
  try {
    const data = await readFile(join(DIST, name));
    response.writeHead(200, { "Content-Type": TYPES[extname(name)] ?? "application/octet-stream", "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff" }).end(data);
  } catch {
    response.writeHead(404).end();
  }
}

function read(request) {
  return new Promise((resolve, reject) => {
    const parts = [];
    request.on("data", (part) => parts.push(part)).on("end", () => resolve(Buffer.concat(parts).toString("utf8"))).on("error", reject);
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { url } = await startMock(Number(process.argv[2] ?? 8123));
  console.log(url);
}
