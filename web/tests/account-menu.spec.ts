/** Taking one's tasks along, and leaving for good. */
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { addTask, callApi, expect, fillSignIn, seedTasks, taskItem, test, tokenOf } from "./support/fixtures";

const account = (page: Page) => page.getByRole("button", { name: "Account", exact: true });
const dialog = (page: Page) => page.getByRole("dialog", { name: "Delete your account?" });

async function askToDelete(page: Page): Promise<void> {
  await account(page).click();
  await page.getByRole("button", { name: "Delete account…" }).click();
}

test("an export is a file with every task, also those that are not shown", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await seedTasks(page, stack.apiUrl, [{ title: "Done", completed: true }, { title: "Open", tags: ["home"] }]);
  await page.goto("/?status=pending");
  await expect(taskItem(page, "Open")).toBeVisible();
  await account(page).click();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export tasks" }).click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/^taskbridge-\d{4}-\d\d-\d\d\.json$/);
  const tasks = JSON.parse(readFileSync(await file.path(), "utf8")) as { title: string; tags: string[] }[];
  expect(tasks.map(({ title }) => title).sort()).toEqual(["Done", "Open"]);
  expect(tasks.find(({ title }) => title === "Open")?.tags).toEqual(["home"]);
  await expect(account(page)).toBeFocused();
});

test("an export that fails says why", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  await page.route(/\/export$/, (route) => route.abort());
  await account(page).click();
  await page.getByRole("button", { name: "Export tasks" }).click();
  await expect(page.getByText(/cannot be reached/)).toBeVisible();
});

test("the menu closes on Escape and when the focus leaves it", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  const item = page.getByRole("button", { name: "Export tasks" });
  await account(page).click();
  await page.keyboard.press("Tab");
  await expect(item).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(item).toHaveCount(0);
  await expect(account(page)).toBeFocused();
  await account(page).click();
  await page.getByRole("heading", { name: "Your tasks" }).click();
  await expect(item).toHaveCount(0);
});

test("an account is deleted with everything in it, after the password", async ({ signUp, stack }) => {
  const { page, email, password } = await signUp("Ada");
  await addTask(page, "Not for posterity");
  const { token, userId } = await tokenOf(page);
  await askToDelete(page);
  await expect(dialog(page).getByLabel("Password")).toBeFocused();
  await dialog(page).getByRole("button", { name: "Delete everything" }).click();
  await expect(dialog(page).getByLabel("Password")).toHaveAccessibleDescription("Please enter your password.");
  await dialog(page).getByLabel("Password").fill("not the password");
  await dialog(page).getByRole("button", { name: "Delete everything" }).click();
  await expect(dialog(page).getByLabel("Password")).toHaveAccessibleDescription("The password is wrong.");
  expect(await (await callApi(`${stack.apiUrl}/api/${userId}/tasks`, token)).json()).toHaveLength(1);

  await dialog(page).getByLabel("Password").fill(password);
  await dialog(page).getByRole("button", { name: "Delete everything" }).click();
  await expect(page.getByText("Your account and all your tasks have been deleted.")).toBeVisible();
  // The token of before is still good for a few minutes, and finds nothing.
  expect(await (await callApi(`${stack.apiUrl}/api/${userId}/tasks`, token)).json()).toEqual([]);
  await fillSignIn(page, { email, password });
  await expect(page.getByLabel("Password")).toHaveAccessibleDescription("The e-mail address or the password is wrong.");
});

test("while the API is away nothing is deleted, and the dialogue says so", async ({ signUp, stack }) => {
  const { page, password } = await signUp("Ada");
  await addTask(page, "Still here");
  await stack.stopApi();
  try {
    await askToDelete(page);
    await dialog(page).getByLabel("Password").fill(password);
    await dialog(page).getByRole("button", { name: "Delete everything" }).click();
    await expect(dialog(page).getByRole("alert")).toContainText("your account is still there");
  } finally {
    await stack.startApi();
  }
  await page.keyboard.press("Escape");
  await expect(account(page)).toBeFocused();
  await page.reload();
  await expect(taskItem(page, "Still here")).toBeVisible();
});
