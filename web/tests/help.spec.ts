/** Every page of an error leads to what can be checked, and the place that it leads to is there. */
import type { Page } from "@playwright/test";
import { expect, test } from "./support/fixtures";

/** Follows the link, which opens a tab, and expects this heading at its end. */
async function followHelp(page: Page, heading: string): Promise<void> {
  const opened = page.context().waitForEvent("page");
  await page.getByRole("link", { name: "What to check" }).first().click();
  const help = await opened;
  const target = new URL(help.url()).hash.slice(1);
  await expect(help.locator(`h2[id="${target}"]`)).toHaveText(heading);
  await help.close();
}

test("a page that does not exist, and an API that cannot be reached", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await page.goto("/nowhere");
  await followHelp(page, "A page does not exist");
  await page.route(`${stack.apiUrl}/**`, (route) => route.abort());
  await page.goto("/");
  await followHelp(page, "The task API cannot be reached");
});

test("a person whose tokens the API refuses is not only asked to sign in again", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await page.route(`${stack.apiUrl}/**`, (route) =>
    route.fulfill({
      status: 401,
      headers: { "Access-Control-Allow-Origin": stack.webUrl, "Content-Type": "application/problem+json" },
      json: { status: 401, code: "invalid_token", detail: "The access token is invalid.", retry: "login" },
    }),
  );
  await page.goto("/");
  await expect(page.getByText("Your session has ended.")).toBeVisible();
  await followHelp(page, "Signed out again and again");
});

test("a page that could not be prepared, while the database is away", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await stack.inAuthDatabase("ALTER TABLE session RENAME TO hidden");
  try {
    await page.goto("/");
    await expect(page.getByRole("heading", { name: "Something went wrong" })).toBeVisible();
    await followHelp(page, "The page could not be prepared");
  } finally {
    await stack.inAuthDatabase("ALTER TABLE hidden RENAME TO session");
  }
});

test("a visitor without a session is led nowhere else, and the page needs none", async ({ page, stack }) => {
  await page.goto(`${stack.webUrl}/sign-in?reason=session`);
  await expect(page.getByText("Your session has ended.")).toBeVisible();
  await expect(page.getByRole("link", { name: "What to check" })).toHaveCount(0);
  await page.goto(`${stack.webUrl}/help`);
  await expect(page.getByRole("heading", { level: 2 })).toHaveCount(4);
  await expect(page.getByText(`${stack.apiUrl}/health`)).toBeVisible();
});
