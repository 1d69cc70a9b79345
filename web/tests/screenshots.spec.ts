/**
 * The pictures of the documents, made from the pages themselves: `npm run screenshots` writes them.
 *
 * Without it the same pages are opened and compared with what they were when the pictures were made: their outline, as a screen
 * reader meets it. Pixels differ between machines, because fonts do; words, fields and buttons do not. So a page that has changed
 * since its picture was made fails here.
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "@playwright/test";
import { Assistant, newClient, startCallback } from "./support/assistant";
import { addTask, expect, fillSignUp, runStack, taskItem, test } from "./support/fixtures";
import { webRoot } from "./support/prerequisites";

const writes = process.env.SCREENSHOTS === "1";
const SIZE = { width: 900, height: 760 };
const outlines = path.join(webRoot, "tests", "screenshots");
const pictures = path.resolve(webRoot, "..", "docs", "images");

/** What a page holds, without what is new each time: moments, ports, and the ids that React numbers. */
async function outlineOf(page: Page): Promise<string> {
  const outline = await page.locator("body").ariaSnapshot();
  return `${outline.replace(/\d+ \w+ \d{4}(, \d\d:\d\d)?/g, "a moment").replace(/localhost:\d+/g, "localhost").replace(/\d+\.\d+\.\d+\.\d+/g, "an address")}\n`;
}

/** Width and height of a PNG, from its header. */
function sizeOf(picture: string): { width: number; height: number } {
  const head = readFileSync(picture).subarray(0, 24);
  expect(head.toString("latin1", 1, 4), picture).toBe("PNG");
  return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
}

async function picture(page: Page, name: string): Promise<void> {
  const [file, outline] = [path.join(pictures, `${name}.png`), path.join(outlines, `${name}.yml`)];
  await page.setViewportSize(SIZE);
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await page.evaluate(() => window.scrollTo(0, 0));
  const found = await outlineOf(page);
  if (writes) {
    mkdirSync(outlines, { recursive: true });
    mkdirSync(pictures, { recursive: true });
    writeFileSync(outline, found);
    await page.screenshot({ path: file, caret: "hide", animations: "disabled" });
  }
  const renew = `docs/images/${name}.png shows another page than there is: npm run screenshots in web/`;
  expect(existsSync(file) && existsSync(outline), renew).toBe(true);
  expect(found, renew).toBe(readFileSync(outline, "utf8"));
  expect(sizeOf(file), renew).toEqual(SIZE);
  expect(statSync(file).size, "a picture of something").toBeGreaterThan(10_000);
}

test("the list of tasks, the account and the consent are as in the pictures of the documents", async ({ browser, signing }) => {
  const callback = await startCallback();
  await runStack({ signing, mcp: true }, async (stack) => {
    const context = await browser.newContext({ baseURL: stack.webUrl, viewport: SIZE });
    const page = await context.newPage();
    await page.goto("/sign-up");
    await fillSignUp(page, { name: "Ada", email: "ada@example.com", password: "correct horse battery" });
    await addTask(page, "Book the train to Lisbon", { priority: "High", tags: ["travel"] });
    await addTask(page, "Water the plants", { tags: ["home"] });
    await addTask(page, "Call the plumber");
    await page.getByRole("checkbox", { name: "Water the plants" }).check();
    await expect(taskItem(page, "Water the plants").getByRole("checkbox")).toBeChecked();
    await expect(page.locator(".connection")).toHaveText("Up to date");
    await page.reload();
    await expect(taskItem(page, "Call the plumber")).toBeVisible();
    await expect(page.locator(".connection")).toHaveText("Up to date");
    await picture(page, "tasks");

    await page.goto("/account");
    await expect(page.getByRole("list", { name: "Devices" }).getByText("This device")).toBeVisible();
    await picture(page, "account");

    const asked = await new Assistant(`${stack.apiUrl}/mcp`, callback.port).connect(newClient("auto"));
    await page.goto(String(asked));
    await expect(page.getByRole("heading", { name: /^Give .* access\?$/ })).toBeVisible();
    await picture(page, "consent");
    await context.close();
  });
  callback.stop();
});
