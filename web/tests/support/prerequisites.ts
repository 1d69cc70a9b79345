/** What the browser tests need before they can start, and what to do about what is missing. */
import { existsSync } from "node:fs";
import path from "node:path";

export const webRoot = path.resolve(import.meta.dirname, "..", "..");
export const nextCommand = path.resolve(webRoot, "..", "node_modules", "next", "dist", "bin", "next");
export const chromiumPath = process.env.CHROMIUM_PATH || "/usr/bin/chromium";
export const apiBinary = path.resolve(webRoot, process.env.TASKBRIDGE_BIN || "../target/debug/taskbridge");

/** Playwright's global setup. Throwing here fails the whole run, where a skipped test would look like success. */
export default function checkPrerequisites(): void {
  if (!existsSync(chromiumPath)) {
    fail(`No browser at ${chromiumPath}: run apt-get install chromium, or set CHROMIUM_PATH.`);
  }
  if (!existsSync(apiBinary)) {
    fail(`No API at ${apiBinary}: run cargo build in the repository root, or set TASKBRIDGE_BIN.`);
  }
  if (!existsSync(path.join(webRoot, ".next", "BUILD_ID"))) {
    fail("No production build of the web app: run npm run build in web/.");
  }
}

function fail(sentence: string): never {
  const error = new Error(sentence);
  // The sentence is the whole message; where this file found it out helps nobody.
  error.stack = sentence;
  throw error;
}
