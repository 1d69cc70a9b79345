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
    // Again all that depends on who signs (accounts, the life of a task, that nobody sees another's),
    // and what is only about keys.
    { name: "JWKS", use: { signing: "jwks" }, testMatch: /(accounts|tasks|isolation|first-user|key-sources)\.spec\.ts$/ },
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
