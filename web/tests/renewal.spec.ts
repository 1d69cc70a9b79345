/** A session that ends while the page is in use: the password is asked for in place, and everything goes on. */
import type { Page } from "@playwright/test";
import { addTask, callApi, editForm, expect, fillSignUp, newPerson, newTaskForm, signUpIn, taskItem, test, tokenOf, withoutStream } from "./support/fixtures";

const dialog = (page: Page) => page.getByRole("dialog", { name: "Your session has ended" });

async function signInAgain(page: Page, password: string): Promise<void> {
  await dialog(page).getByLabel("Password").fill(password);
  await dialog(page).getByRole("button", { name: "Sign in" }).click();
}

test("what was typed is there and what was begun is done, as soon as the person has signed in again", async ({ browser, shortLivedStack: { webUrl } }) => {
  const { page, context, email, password } = await signUpIn(browser, webUrl, "Ada");
  await withoutStream(page);
  await page.goto("/?status=pending");
  await addTask(page, "Draft");
  await page.getByRole("button", { name: "Edit Draft" }).click();
  await editForm(page, "Draft").getByLabel("Title").fill("Draft, much better");
  await context.clearCookies();
  await page.waitForTimeout(4_000);
  await newTaskForm(page).getByLabel("Title").fill("Too late?");
  await newTaskForm(page).getByLabel("Title").press("Enter");

  await expect(dialog(page).getByLabel("Password")).toBeFocused();
  await expect(dialog(page).getByLabel("E-mail")).toHaveValue(email);
  await expect(dialog(page).getByLabel("E-mail")).not.toBeEditable();
  // There is no way around it but the sign-in page. The browser itself closes a dialog on the second Escape.
  for (let press = 0; press < 4; press += 1) {
    await page.keyboard.press("Escape");
    await page.waitForTimeout(100);
  }
  await expect(dialog(page)).toBeVisible();
  await expect(dialog(page).getByLabel("Password")).toBeFocused();
  await dialog(page).getByRole("button", { name: "Sign in" }).click();
  await expect(dialog(page).getByLabel("Password")).toHaveAccessibleDescription("Please enter your password.");
  await signInAgain(page, "not the password");
  await expect(dialog(page).getByLabel("Password")).toHaveAccessibleDescription("The password is wrong.");
  await expect(dialog(page).getByLabel("Password")).toBeFocused();
  await signInAgain(page, password);

  // Nobody has pressed the button a second time.
  await expect(taskItem(page, "Too late?")).toBeVisible();
  await expect(dialog(page)).toHaveCount(0);
  await expect(page).toHaveURL(/\/\?status=pending$/);
  await expect(editForm(page, "Draft").getByLabel("Title")).toHaveValue("Draft, much better");
  await editForm(page, "Draft").getByRole("button", { name: "Save" }).click();
  await expect(taskItem(page, "Draft, much better")).toBeVisible();
  await context.close();
});

test("the page is out of sight while the dialog is open", async ({ browser, shortLivedStack: { webUrl } }) => {
  const { page, context } = await signUpIn(browser, webUrl, "Ada");
  await context.clearCookies();
  await expect(dialog(page)).toBeVisible();
  const [backdrop, background] = await page.evaluate(() => [
    getComputedStyle(document.querySelector("dialog[open]")!, "::backdrop").backgroundColor,
    getComputedStyle(document.body).backgroundColor,
  ]);
  expect(backdrop).toBe(background);
  expect(backdrop).toMatch(/^rgb\(/);
  await context.close();
});

test("signing in in one tab is enough for all", async ({ browser, shortLivedStack: { webUrl } }) => {
  const { page, context, password } = await signUpIn(browser, webUrl, "Ada");
  const other = await context.newPage();
  await other.goto("/");
  await expect(other.locator(".connection")).toHaveText("Up to date");
  await context.clearCookies();
  await expect(dialog(page)).toBeVisible();
  await expect(dialog(other)).toBeVisible();
  await signInAgain(other, password);
  await expect(dialog(other)).toHaveCount(0);
  await expect(dialog(page)).toHaveCount(0);
  await addTask(page, "Goes on");
  await context.close();
});

test("somebody else who signs in in another tab gets a page of their own, and nothing of the first one is sent", async ({ browser, shortLivedStack }) => {
  const { webUrl, apiUrl } = shortLivedStack;
  const { page, context } = await signUpIn(browser, webUrl, "Ada");
  await addTask(page, "Ada's secret plan");
  await context.clearCookies();
  await expect(dialog(page)).toBeVisible();
  const other = await context.newPage();
  await other.goto("/sign-up");
  await fillSignUp(other, newPerson("Bob"));
  await expect(other.getByText("Nothing to do yet")).toBeVisible();

  await page.bringToFront();
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await expect(page.getByText("Bob", { exact: true })).toBeVisible();
  await expect(page.getByText("Nothing to do yet")).toBeVisible();
  await expect(page.getByText("Ada's secret plan")).toHaveCount(0);
  const { token, userId } = await tokenOf(page);
  expect(await (await callApi(`${apiUrl}/api/${userId}/tasks`, token)).json()).toEqual([]);
  await context.close();
});

test("a form that waits for the sign-in is not sent in the name of somebody else", async ({ browser, shortLivedStack }) => {
  const { webUrl, apiUrl } = shortLivedStack;
  const { page, context } = await signUpIn(browser, webUrl, "Ada");
  await withoutStream(page);
  await page.reload();
  await expect(page.getByText("Nothing to do yet")).toBeVisible();
  await context.clearCookies();
  await page.waitForTimeout(4_000);
  await newTaskForm(page).getByLabel("Title").fill("Ada's secret plan");
  await newTaskForm(page).getByLabel("Title").press("Enter");
  await expect(dialog(page)).toBeVisible();
  const other = await context.newPage();
  await other.goto("/sign-up");
  await fillSignUp(other, newPerson("Bob"));
  await expect(other.getByText("Nothing to do yet")).toBeVisible();
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await expect(page.getByText("Bob", { exact: true })).toBeVisible();
  const { token, userId } = await tokenOf(page);
  expect(await (await callApi(`${apiUrl}/api/${userId}/tasks`, token)).json()).toEqual([]);
  await expect(newTaskForm(page).getByLabel("Title")).toHaveValue("");
  await context.close();
});

test("signing out asks for no password on the way, here or in the other tab", async ({ signUp }) => {
  const { page, context } = await signUp("Ada");
  const other = await context.newPage();
  await other.goto("/account");
  await expect(other.getByText("This device")).toBeVisible();
  await page.bringToFront();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
  await expect(other).toHaveURL(/\/sign-in$/);
  await expect(page).toHaveURL(/\/sign-in$/);
});
