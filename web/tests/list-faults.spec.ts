/** Small things in which the list must not go wrong. */
import type { Page, Route } from "@playwright/test";
import { addTask, editForm, expect, seedTasks, taskItem, test, withoutStream } from "./support/fixtures";

const titles = (page: Page) => page.getByRole("list", { name: "Tasks" }).locator(".title");

/** Holds the answer to the next request for a list that matches back, until it is released. */
async function holdList(page: Page, matching: RegExp): Promise<() => void> {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const hold = async (route: Route) => {
    const response = await route.fetch();
    await held;
    await route.fulfill({ response });
  };
  await page.route(matching, hold, { times: 1 });
  return release;
}

test("a row deleted while a new filter loads does not leave the list dim", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await seedTasks(page, stack.apiUrl, [{ title: "One" }, { title: "Two" }]);
  await withoutStream(page);
  await page.reload();
  await expect(titles(page)).toHaveCount(2);
  const release = await holdList(page, /status=pending/);
  await page.getByRole("radio", { name: "Pending" }).check();
  await expect(page.locator(".tasks")).toHaveClass(/outdated/);
  await page.getByRole("button", { name: "Delete Two" }).click();
  await expect(titles(page)).toHaveText(["One"]);
  release();
  await expect(page.locator(".tasks")).not.toHaveClass(/outdated/);
  await expect(titles(page)).toHaveText(["One"]);
});

test("a page that was asked for before an edit does not undo it", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await seedTasks(page, stack.apiUrl, Array.from({ length: 102 }, (_, index) => ({ title: `Task ${index}` })));
  await withoutStream(page);
  await page.reload();
  await expect(titles(page)).toHaveCount(100);
  const release = await holdList(page, /cursor=/);
  await page.getByRole("button", { name: "Show more" }).click();
  await page.getByRole("button", { name: "Edit Task 101" }).click();
  await editForm(page, "Task 101").getByLabel("Title").fill("Edited");
  await editForm(page, "Task 101").getByRole("button", { name: "Save" }).click();
  await expect(titles(page).first()).toHaveText("Edited");
  release();
  await expect(titles(page)).toHaveCount(102);
  await expect(titles(page).first()).toHaveText("Edited");
});

test("a key that is held down deletes one row", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  for (const title of ["Three", "Two", "One"]) await addTask(page, title);
  await page.getByRole("button", { name: "Delete One" }).focus();
  await page.keyboard.down("Enter");
  await expect(page.getByRole("button", { name: "Delete Two" })).toBeFocused();
  for (let repeats = 0; repeats < 5; repeats += 1) await page.keyboard.down("Enter");
  await page.keyboard.up("Enter");
  await expect(page.getByText("Deleted “One”.")).toBeAttached();
  await expect(titles(page)).toHaveText(["Two", "Three"]);
});

test("a click on a title changes nothing, what is usual is not said, and an empty list of pending tasks is good news", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  await addTask(page, "Buy milk");
  await titles(page).first().click();
  await expect(page.getByRole("checkbox", { name: "Buy milk" })).not.toBeChecked();
  await expect(taskItem(page, "Buy milk")).not.toContainText("Medium");
  await expect(taskItem(page, "Buy milk").locator("time")).toHaveCount(0);
  await page.getByRole("radio", { name: "Pending" }).check();
  await page.getByRole("checkbox", { name: "Buy milk" }).click();
  await expect(page.getByText("All done")).toBeVisible();
});

test("Back from another page shows the list that the address names", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  await addTask(page, "Buy milk");
  await page.goto("/nothing/here");
  await page.getByRole("link", { name: "To your tasks" }).click();
  await page.getByRole("radio", { name: "Completed" }).check();
  await expect(page).toHaveURL(/status=completed$/);
  await page.goBack();
  await page.goBack();
  await expect(page.getByRole("heading", { name: "Nothing here" })).toBeVisible();
  await page.goForward();
  await expect(page.getByRole("heading", { name: "Your tasks" })).toBeVisible();
});

test("on a phone the first task is in the upper half of the screen", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  await addTask(page, "Buy milk");
  await page.setViewportSize({ width: 390, height: 844 });
  await page.reload();
  const box = await taskItem(page, "Buy milk").boundingBox();
  expect(box?.y).toBeLessThan(422);
});

test("a bookmarked list is the one after signing in, and a link cannot lead elsewhere", async ({ signUp, stack }) => {
  const { page, context, email, password } = await signUp("Ada");
  await context.clearCookies();
  await page.goto("/?status=completed&tag=home");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(`${stack.webUrl}/?status=completed&tag=home`);
  // Or the page would leave by itself at the same moment.
  await expect(page.locator(".connection")).toHaveText("Up to date");
  await context.clearCookies();
  await page.goto("/sign-in?view=%2F%2Fexample.com%2F");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Your tasks" })).toBeVisible();
  expect(new URL(page.url()).origin).toBe(stack.webUrl);
});
