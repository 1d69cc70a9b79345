/** Two windows, one task; changes that the API refuses after the page has shown them; answers that get lost. */
import type { Page, Route } from "@playwright/test";
import { addTask, callApi, editForm, editTask, expect, newTaskForm, secondWindow, seedTasks, taskItem, test, tokenOf, withoutStream } from "./support/fixtures";

const dialog = (page: Page) => page.getByRole("dialog", { name: "This task was changed elsewhere" });

/** Both windows have the editor open on the same state; the other one saves first. */
async function collide(page: Page): Promise<Page> {
  await addTask(page, "Buy milk");
  const other = await secondWindow(page);
  await page.getByRole("button", { name: "Edit Buy milk" }).click();
  await editTask(other, "Buy milk", { title: "Buy oat milk", description: "Two litres" });
  await expect(taskItem(other, "Buy oat milk")).toBeVisible();
  await editForm(page, "Buy milk").getByLabel("Title").fill("Buy soy milk");
  await editForm(page, "Buy milk").getByRole("button", { name: "Save" }).click();
  await expect(dialog(page)).toBeVisible();
  return other;
}

test("a conflict shows both versions; keeping mine wins, but only where I changed something", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  const other = await collide(page);
  const yours = dialog(page).getByRole("region", { name: "Yours" });
  const theirs = dialog(page).getByRole("region", { name: "Theirs" });
  await expect(yours).toContainText("Buy soy milk");
  await expect(theirs).toContainText("Buy oat milk");
  await expect(theirs.locator(".differs")).toHaveText(["TitleBuy oat milk"]);

  await yours.getByRole("button", { name: "Keep mine" }).click();
  await expect(dialog(page)).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Edit Buy soy milk" })).toBeFocused();
  await other.reload();
  await expect(taskItem(other, "Buy soy milk")).toContainText("Two litres");
});

test("taking theirs shows what the server has, and a further edit is no conflict", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  const other = await collide(page);
  await dialog(page).getByRole("button", { name: "Take theirs" }).click();
  await expect(taskItem(page, "Buy oat milk")).toContainText("Two litres");
  await expect(page.getByRole("button", { name: "Edit Buy oat milk" })).toBeFocused();
  await editTask(page, "Buy oat milk", { title: "Buy rice milk" });
  await expect(taskItem(page, "Buy rice milk")).toBeVisible();
  await other.reload();
  await expect(taskItem(other, "Buy rice milk")).toBeVisible();
});

test("Escape goes back to the form with the text still in it; if they go on changing, the dialogue follows", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  const other = await collide(page);
  await page.keyboard.press("Escape");
  await expect(dialog(page)).toHaveCount(0);
  const form = editForm(page, "Buy milk");
  await expect(form.getByLabel("Title")).toHaveValue("Buy soy milk");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(dialog(page)).toContainText("Buy oat milk");

  await editTask(other, "Buy oat milk", { title: "Buy almond milk" });
  await expect(taskItem(other, "Buy almond milk")).toBeVisible();
  await dialog(page).getByRole("button", { name: "Keep mine" }).click();
  await expect(dialog(page)).toContainText("Buy almond milk");
  await dialog(page).getByRole("button", { name: "Keep mine" }).click();
  await expect(taskItem(page, "Buy soy milk")).toBeVisible();
});

test("a task that is no longer what was on show is deleted only after a second question", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  await withoutStream(page);
  await page.reload();
  await addTask(page, "Old notes");
  const other = await secondWindow(page);
  await withoutStream(other);
  await other.reload();
  await editTask(other, "Old notes", { title: "Important notes" });
  await expect(taskItem(other, "Important notes")).toBeVisible();

  await page.getByRole("button", { name: "Delete Old notes" }).click();
  await expect(dialog(page)).toContainText("Important notes");
  await dialog(page).getByRole("button", { name: "Keep it" }).click();
  await expect(taskItem(page, "Important notes")).toBeVisible();

  // The other window's row is stale the other way round: it has never seen a tag of this state.
  await editTask(page, "Important notes", { title: "Rubbish" });
  await expect(taskItem(page, "Rubbish")).toBeVisible();
  await other.getByRole("button", { name: "Delete Important notes" }).click();
  await dialog(other).getByRole("button", { name: "Delete it anyway" }).click();
  await expect(other.getByText("Nothing to do yet")).toBeVisible();
  await page.reload();
  await expect(page.getByText("Nothing to do yet")).toBeVisible();
});

test("every edit and deletion says which version it means, and reads nothing before it", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await seedTasks(page, stack.apiUrl, [{ title: "Draft" }]);
  await page.reload();
  await expect(taskItem(page, "Draft")).toBeVisible();
  const sent: [method: string, tag: boolean][] = [];
  page.on("request", (request) => {
    if (/\/tasks\/\d+$/.test(request.url()) && request.method() !== "OPTIONS") sent.push([request.method(), "if-match" in request.headers()]);
  });
  await editTask(page, "Draft", { title: "Draft 2" });
  await editTask(page, "Draft 2", { title: "Draft 3" });
  await page.getByRole("button", { name: "Delete Draft 3" }).click();
  await expect(page.getByText("Deleted “Draft 3”.")).toBeAttached();
  expect(sent).toEqual([["PATCH", true], ["PATCH", true], ["DELETE", true]]);
});

/** Holds a call back, so that the page can be looked at before the answer, and then fails it. */
async function holdAndFail(page: Page, url: string | RegExp, method: string, status: number | "abort") {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(url, async (route: Route) => {
    if (route.request().method() !== method) return route.fallback();
    await held;
    if (status === "abort") return route.abort();
    const problem = { status, code: "database_unavailable", detail: "The database is away.", request_id: "test-7" };
    await route.fulfill({ status, json: problem, headers: { "Access-Control-Allow-Origin": new URL(page.url()).origin } });
  });
  return release;
}

test("a tick shows at once, and is taken back with a word when the API fails", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  await addTask(page, "Second");
  await addTask(page, "First");
  const fail = await holdAndFail(page, /\/complete$/, "PATCH", 503);
  const box = page.getByRole("checkbox", { name: "First" });
  await box.check();
  await expect(page.getByText("1 of 2 done")).toBeVisible();
  fail();
  await expect(page.getByText("The database is away.")).toBeVisible();
  await expect(page.getByText("Request test-7")).toBeVisible();
  await expect(box).not.toBeChecked();
  await expect(box).toBeFocused();
  await expect(page.getByText("0 of 2 done")).toBeVisible();
});

test("a deleted task goes at once, and comes back where it was when the connection breaks", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  for (const title of ["Third", "Second", "First"]) await addTask(page, title);
  const fail = await holdAndFail(page, /\/tasks\/\d+$/, "DELETE", "abort");
  await page.getByRole("button", { name: "Delete Second" }).click();
  await expect(page.locator(".task .title")).toHaveText(["First", "Third"]);
  // A change made meanwhile is not taken back with it.
  await page.getByRole("checkbox", { name: "Third" }).check();
  await expect(page.getByText("Completed “Third”.")).toBeAttached();
  fail();
  await expect(page.getByText(/The task API at .* cannot be reached/)).toBeVisible();
  await expect(page.locator(".task .title")).toHaveText(["First", "Second", "Third"]);
  await expect(page.getByRole("checkbox", { name: "Third" })).toBeChecked();
});

test("completed tasks are cleared after a question with their number, and stay if that fails", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  const done = Array.from({ length: 3 }, (_, index) => ({ title: `Done ${index}`, completed: true }));
  await seedTasks(page, stack.apiUrl, [...done, { title: "Open" }]);
  await page.reload();
  const ask = page.getByRole("button", { name: "Clear completed" });
  await ask.click();
  const question = page.getByRole("dialog", { name: "Clear completed tasks?" });
  await expect(question).toContainText("All 3 completed tasks will be deleted");
  await question.getByRole("button", { name: "Keep them" }).click();
  await expect(ask).toBeFocused();
  await expect(page.getByRole("listitem")).toHaveCount(4);

  const fail = await holdAndFail(page, /\/tasks\?completed=true$/, "DELETE", 503);
  await ask.click();
  await question.getByRole("button", { name: "Delete them" }).click();
  await expect(page.locator(".task .title")).toHaveText(["Open"]);
  fail();
  await expect(page.getByText("The database is away.")).toBeVisible();
  await expect(page.locator(".task .title")).toHaveText(["Open", "Done 2", "Done 1", "Done 0"]);

  await page.unroute(/\/tasks\?completed=true$/);
  await ask.click();
  await question.getByRole("button", { name: "Delete them" }).click();
  await expect(page.getByText("Deleted 3 completed tasks.")).toBeAttached();
  await page.reload();
  await expect(page.locator(".task .title")).toHaveText(["Open"]);
});

test("a submission whose answer was lost, repeated, makes one task; the same again on purpose makes another", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  const keys: (string | undefined)[] = [];
  let lose = true;
  await page.route(/\/tasks$/, async (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    keys.push(route.request().headers()["idempotency-key"]);
    if (!lose) return route.fallback();
    // The API does it, and nobody hears of it.
    await route.fetch();
    await route.abort();
  });
  const form = newTaskForm(page);
  const add = form.getByRole("button", { name: "Add task" });
  await form.getByLabel("Title").fill("Buy milk");
  await add.click();
  await expect(form.getByRole("alert")).toContainText("cannot be reached");
  lose = false;
  await add.click();
  await expect(taskItem(page, "Buy milk")).toHaveCount(1);
  await expect(form.getByLabel("Title")).toHaveValue("");

  const { token, userId } = await tokenOf(page);
  const stored = async () => ((await (await callApi(`${stack.apiUrl}/api/${userId}/tasks`, token)).json()) as unknown[]).length;
  expect(await stored()).toBe(1);
  await form.getByLabel("Title").fill("Buy milk");
  await add.click();
  await expect(taskItem(page, "Buy milk")).toHaveCount(2);
  expect(await stored()).toBe(2);
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});
