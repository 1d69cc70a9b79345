/**
 * Browser tests against the real thing: a production build of this app, the Rust API, and Chromium.
 *
 * Nothing is downloaded and nothing is skipped: what is missing fails the run with one sentence.
 */
import { defineConfig } from "@playwright/test";
import type { WorkerOptions } from "./tests/support/fixtures";
import { chromiumPath } from "./tests/support/prerequisites";

export default defineConfig<object, WorkerOptions>({
  testDir: "./tests",
  globalSetup: "./tests/support/prerequisites.ts",
  // One worker: the tests share one pair of servers, and a small machine has little more to give.
  workers: 1,
  // A test that passes on the second try has still failed once.
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  projects: [
    { name: "shared secret", use: { signing: "shared-secret" }, testIgnore: /(first-user|key-sources)\.spec\.ts$/ },
    {
      name: "JWKS",
      use: { signing: "jwks" },
      // What is only about keys and, once more, all that depends on who signs. Tests of forms and
      // wording do not, and are tagged @once.
      testMatch: /(first-user|key-sources|accounts|tasks|isolation|revocation|mcp)\.spec\.ts$/,
      grepInvert: /@once/,
    },
  ],
  reporter: [["list"], ["./tests/support/summary-reporter.ts"]],
  use: {
    browserName: "chromium",
    locale: "en-GB",
    actionTimeout: 15_000,
    launchOptions: {
      executablePath: chromiumPath,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
});
