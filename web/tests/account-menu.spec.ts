/** Taking one's tasks along, and leaving for good. */
import { readFileSync } from "node:fs";
import type { Page, Route } from "@playwright/test";
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
  await expect(page.getByRole("link", { name: "Your account" })).toBeFocused();
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

  const tab = await page.context().newPage();
  await tab.goto("/");
  await expect(tab.locator(".connection")).toHaveText("Up to date");
  await page.bringToFront();
  await dialog(page).getByLabel("Password").fill(password);
  await dialog(page).getByRole("button", { name: "Delete everything" }).click();
  await expect(page.getByText("Your account and all your tasks have been deleted.")).toBeVisible();
  await expect(tab).toHaveURL(/\/sign-in(\?reason=erased)?$/);
  // The token of before opens nothing any more.
  expect(await (await callApi(`${stack.apiUrl}/api/${userId}/tasks`, token)).json()).toMatchObject({ status: 401, code: "account_erased" });
  await fillSignIn(page, { email, password });
  await expect(page.getByLabel("Password")).toHaveAccessibleDescription("The e-mail address or the password is wrong.");
});

const refusal = (page: Page) => dialog(page).getByRole("alert");

async function deleteAccount(page: Page, password: string): Promise<void> {
  await dialog(page).getByLabel("Password").fill(password);
  await dialog(page).getByRole("button", { name: "Delete everything" }).click();
}

test("while the API is away the account stays, and the dialogue promises nothing about the tasks", async ({ signUp, stack }) => {
  const { page, password } = await signUp("Ada");
  await addTask(page, "Still here");
  await stack.stopApi();
  try {
    await askToDelete(page);
    await deleteAccount(page, password);
    await expect(refusal(page)).toContainText("Some or all of them may be gone already. Your account is still there.");
  } finally {
    await stack.startApi();
  }
  await page.keyboard.press("Escape");
  await expect(account(page)).toBeFocused();
  await page.reload();
  await expect(taskItem(page, "Still here")).toBeVisible();
});

test("when the tasks are gone and the account cannot be deleted, the dialogue says both, and a second try works", async ({ signUp, stack }) => {
  const { page, password } = await signUp("Ada");
  await addTask(page, "Gone first");
  const { token, userId } = await tokenOf(page);
  await stack.inAuthDatabase("CREATE TRIGGER stay BEFORE DELETE ON session BEGIN SELECT RAISE(ABORT, 'broken on purpose'); END");
  try {
    await askToDelete(page);
    await deleteAccount(page, password);
    await expect(refusal(page)).toContainText("All your tasks have been deleted, but your account could not be: it is still there.");
    await expect(refusal(page)).not.toContainText("broken on purpose");
    expect(await (await callApi(`${stack.apiUrl}/api/${userId}/tasks`, token)).json()).toMatchObject({ status: 401, code: "account_erased" });
    expect((await page.request.get("/api/auth/token")).status()).toBe(200);
  } finally {
    await stack.inAuthDatabase("DROP TRIGGER stay");
  }
  await deleteAccount(page, password);
  await expect(page.getByText("Your account and all your tasks have been deleted.")).toBeVisible();
});

/** What the server does after the answer was lost is not known here: the request may have been carried out. */
for (const [what, answer] of [
  ["no answer", (route: Route) => route.abort()],
  ["an answer that explains nothing", (route: Route) => route.fulfill({ status: 504, body: "" })],
] as const) {
  test(`after ${what} the dialogue does not say that nothing was deleted`, async ({ signUp }) => {
    const { page, password } = await signUp("Ada");
    await page.route("**/api/auth/delete-user", answer);
    await askToDelete(page);
    await deleteAccount(page, password);
    await expect(refusal(page)).toContainText("Some or all of your tasks, and your account, may be gone already.");
    await expect(refusal(page)).not.toContainText(/nothing/i);
  });
}
