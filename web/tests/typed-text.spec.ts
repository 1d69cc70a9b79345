/** What somebody has typed is theirs: no answer, no filter and no key takes it away. */
import type { Page } from "@playwright/test";
import { addTask, callApi, editForm, expect, fillSignIn, newTaskForm, seedTasks, signUpIn, taskItem, test, tokenOf } from "./support/fixtures";

const composer = (page: Page) => newTaskForm(page).getByLabel("Title");

test("an editor stays when a filter or another device takes its row away", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await seedTasks(page, stack.apiUrl, [{ title: "Buy milk", completed: true }, { title: "Open" }]);
  await page.reload();
  await expect(page.locator(".connection")).toHaveText("Up to date");
  await page.getByRole("button", { name: "Edit Buy milk" }).click();
  const title = editForm(page, "Buy milk").getByLabel("Title");
  await title.fill("Buy two litres of milk");
  await page.getByRole("radio", { name: "Pending" }).check();
  await expect(page.locator(".tasks")).not.toHaveClass(/outdated/);
  await expect(title).toHaveValue("Buy two litres of milk");

  const { token, userId } = await tokenOf(page);
  const [, done] = (await (await callApi(`${stack.apiUrl}/api/${userId}/tasks`, token)).json()) as { id: number }[];
  await callApi(`${stack.apiUrl}/api/${userId}/tasks/${done?.id}`, token, "DELETE");
  await seedTasks(page, stack.apiUrl, [{ title: "Came after" }]);
  await expect(taskItem(page, "Came after")).toBeVisible();
  await expect(title).toHaveValue("Buy two litres of milk");
  await editForm(page, "Buy milk").getByRole("button", { name: "Save" }).click();
  await expect(editForm(page, "Buy milk").getByRole("alert")).not.toBeEmpty();
  await expect(title).toHaveValue("Buy two litres of milk");
});

test("what is typed while a task is being added stays", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route(/\/tasks$/, async (route) => {
    if (route.request().method() === "POST") await held;
    await route.fallback();
  });
  await composer(page).fill("First");
  await page.keyboard.press("Enter");
  await expect(newTaskForm(page).getByRole("button", { name: "Adding…" })).toBeVisible();
  await composer(page).fill("Second");
  answer();
  await expect(taskItem(page, "First")).toBeVisible();
  await expect(composer(page)).toHaveValue("Second");
});

test("Escape asks before it throws a change away, and does nothing while a character is being composed", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  await addTask(page, "Draft");
  await page.getByRole("button", { name: "Edit Draft" }).click();
  const title = editForm(page, "Draft").getByLabel("Title");
  await title.evaluate((element) => element.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, isComposing: true })));
  await expect(title).toBeVisible();
  await title.fill("Draft, much better");
  await title.press("Escape");
  const question = page.getByRole("dialog", { name: "Discard your changes?" });
  await expect(question.getByRole("button", { name: "Go on editing" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(title).toHaveValue("Draft, much better");
  await editForm(page, "Draft").getByRole("button", { name: "Cancel" }).click();
  await question.getByRole("button", { name: "Discard" }).click();
  await expect(taskItem(page, "Draft")).toBeVisible();
  await expect(page.getByRole("button", { name: "Edit Draft" })).toBeFocused();
});

test("what is typed is still there after a sign-in on the sign-in page", async ({ browser, shortLivedStack: { webUrl } }) => {
  const { page, context, email, password } = await signUpIn(browser, webUrl, "Ada");
  await addTask(page, "Draft");
  await page.getByRole("button", { name: "Edit Draft" }).click();
  await editForm(page, "Draft").getByLabel("Title").fill("Draft, much better");
  await composer(page).fill("Not yet added");
  await context.clearCookies();
  await page.getByRole("button", { name: "Go to the sign-in page" }).click();
  await expect(page.getByText("Your session has ended. Please sign in again.")).toBeVisible();
  await fillSignIn(page, { email, password });
  await expect(composer(page)).toHaveValue("Not yet added");
  await expect(editForm(page, "Draft").getByLabel("Title")).toHaveValue("Draft, much better");
  await editForm(page, "Draft").getByRole("button", { name: "Save" }).click();
  await expect(taskItem(page, "Draft, much better")).toBeVisible();
  await page.keyboard.press("Tab");
  await composer(page).press("Enter");
  await expect(taskItem(page, "Not yet added")).toBeVisible();
  await page.reload();
  await expect(composer(page)).toHaveValue("");
  await context.close();
});
