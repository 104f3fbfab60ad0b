import { defineConfig } from "vitest/config";

const API = process.env["WAYFINDER_URL"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  build: {
    target: "es2022",
    // The server's policy allows no inline script and no inline style: everything is a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": API } },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.ts"],
  },
});
