/** Taking back a deletion, the trash, and several tasks at once. */
import type { Page } from "@playwright/test";
import { addTask, expect, seedTasks, taskItem, test } from "./support/fixtures";

const titles = (page: Page) => page.getByRole("list", { name: "Tasks" }).locator(".title");
const undo = (page: Page) => page.getByRole("button", { name: "Undo" });

async function withTasks(page: Page, apiUrl: string, count: number, more: Record<string, unknown>[] = []): Promise<void> {
  await seedTasks(page, apiUrl, [...Array.from({ length: count }, (_, index) => ({ title: `Task ${index}` })), ...more]);
  await page.reload();
  await expect(titles(page)).toHaveCount(count + more.length);
}

test("a deletion can be taken back for ten seconds, in sight at row 80, and by keyboard", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await withTasks(page, stack.apiUrl, 90);
  await page.clock.install();
  const row = page.getByRole("button", { name: "Delete Task 10", exact: true });
  await row.scrollIntoViewIfNeeded();
  await row.click();
  await expect(page.getByText("Deleted “Task 10”.")).toBeInViewport();
  await expect(undo(page)).toBeInViewport();
  await undo(page).click();
  await expect(titles(page)).toHaveCount(90);
  // The focus is where it was, and not lost with the button.
  await expect(page.getByRole("button", { name: "Delete Task 9", exact: true })).toBeFocused();
  await expect(titles(page).nth(79)).toHaveText("Task 10");

  await page.getByRole("button", { name: "Delete Task 11", exact: true }).click();
  await expect(undo(page)).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect(titles(page).nth(78)).toHaveText("Task 11");

  await page.getByRole("button", { name: "Delete Task 12", exact: true }).click();
  await expect(undo(page)).toBeVisible();
  await page.mouse.move(0, 0);
  await page.clock.runFor(9_000);
  await expect(undo(page)).toBeVisible();
  await page.clock.runFor(1_500);
  await expect(undo(page)).toHaveCount(0);
});

test("an error is in sight at row 80 too, and can be dismissed", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await withTasks(page, stack.apiUrl, 90);
  await page.route(/\/complete$/, (route) => route.abort());
  await page.getByRole("checkbox", { name: "Task 10", exact: true }).click();
  await expect(page.getByText(/cannot be reached/)).toBeInViewport();
  await page.getByRole("button", { name: "Dismiss" }).click();
  await expect(page.getByText(/cannot be reached/)).toHaveCount(0);
});

test("the trash lists what was deleted, brings it back, and is emptied after a question", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  for (const title of ["One", "Two", "Three"]) await addTask(page, title, { tags: ["home"] });
  for (const title of ["One", "Two"]) {
    await page.getByRole("button", { name: `Delete ${title}` }).click();
    await expect(page.getByText(`Deleted “${title}”.`)).toBeAttached();
  }
  await page.getByRole("link", { name: "Trash" }).click();
  const trash = page.getByRole("list", { name: "Deleted tasks" });
  await expect(trash.locator(".title")).toHaveText(["Two", "One"]);
  await page.getByRole("button", { name: "Restore One" }).click();
  await expect(page.getByText("Restored “One”.")).toBeAttached();
  await expect(trash.locator(".title")).toHaveText(["Two"]);
  await page.getByRole("button", { name: "Empty the trash" }).click();
  await expect(page.getByRole("button", { name: "Keep them" })).toBeFocused();
  await page.getByRole("button", { name: "Delete for good" }).click();
  await expect(page.getByText("The trash is empty")).toBeVisible();

  await page.getByRole("link", { name: "Back to your tasks" }).click();
  await expect(titles(page)).toHaveText(["Three", "One"]);
  await expect(taskItem(page, "One").locator(".tag")).toHaveText(["#home"]);
});

test("several tasks are chosen with keyboard and pointer, and done or deleted as one batch", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await withTasks(page, stack.apiUrl, 6);
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.method() !== "GET" && request.url().startsWith(stack.apiUrl)) sent.push(new URL(request.url()).pathname.replace(/.*\/tasks/, ""));
  });
  const select = (title: string) => page.getByRole("checkbox", { name: `Select ${title}` });
  await page.getByRole("button", { name: "Select…" }).focus();
  await page.keyboard.press("Enter");
  await select("Task 5").focus();
  await page.keyboard.press("Space");
  await select("Task 3").click({ modifiers: ["Shift"] });
  await expect(page.getByText("3 selected")).toBeVisible();
  await page.getByRole("button", { name: "Complete", exact: true }).click();
  await expect(page.getByText("Completed 3 tasks.")).toBeAttached();
  await expect(page.getByText("3 of 6 done")).toBeVisible();
  await expect(page.getByRole("button", { name: "Select…" })).toBeVisible();

  await page.getByRole("button", { name: "Select…" }).click();
  await page.getByRole("button", { name: "Select all shown" }).click();
  await select("Task 0").uncheck();
  await page.getByRole("group", { name: "Select tasks" }).getByRole("button", { name: "Delete" }).click();
  await expect(titles(page)).toHaveText(["Task 0"]);
  await expect.poll(() => sent).toEqual(["/batch", "/batch"]);
  await undo(page).click();
  await expect(titles(page)).toHaveCount(6);
  await expect.poll(() => sent).toEqual(["/batch", "/batch", "/batch"]);

  await page.getByRole("button", { name: "Select…" }).click();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("checkbox", { name: "Task 0", exact: true })).toBeVisible();
});

test("cleared tasks come back as well", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await withTasks(page, stack.apiUrl, 1, [1, 2, 3].map((index) => ({ title: `Done ${index}`, completed: true })));
  await page.getByRole("button", { name: "Clear completed" }).click();
  await expect(page.getByRole("button", { name: "Keep them" })).toBeFocused();
  await page.getByRole("button", { name: "Delete them" }).click();
  await expect(titles(page)).toHaveText(["Task 0"]);
  await undo(page).click();
  await expect(titles(page)).toHaveText(["Done 3", "Done 2", "Done 1", "Task 0"]);
});
