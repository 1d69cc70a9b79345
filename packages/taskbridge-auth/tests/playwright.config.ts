/** Tests of the package as its users have it: packed, installed and in a browser. `scripts/test-package` runs them. */
import { defineConfig } from "@playwright/test";
import { chromiumPath } from "../../../web/tests/support/prerequisites";
import webConfig from "../../../web/playwright.config";

export default defineConfig({
  testDir: ".",
  outputDir: "../test-results",
  workers: 1,
  retries: 0,
  forbidOnly: true,
  // An installation and a build are part of a test.
  timeout: 600_000,
  expect: { timeout: 20_000 },
  reporter: "list",
  use: { ...webConfig.use, launchOptions: { ...webConfig.use?.launchOptions, executablePath: chromiumPath } },
});
