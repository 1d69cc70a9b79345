/** Finding tasks: state, search, priority, tags, order, pages; and the address that brings the same list again. */
import type { Page } from "@playwright/test";
import { addTask, editForm, expect, fillDetails, newTaskForm, seedTasks, taskItem, test, withoutStream } from "./support/fixtures";

const titles = (page: Page) => page.getByRole("list", { name: "Tasks" }).locator(".title");
const search = (page: Page) => page.getByRole("searchbox", { name: "Search tasks" });
const openFilters = (page: Page) => page.getByRole("button", { name: /^Filter and sort/ }).click();

/** Oldest first, so that the page shows them the other way round. */
const household = [
  { title: "apples", priority: "low", tags: ["shop", "food"], due_date: "2027-03-01" },
  { title: "Bread", description: "100% rye", tags: ["shop"], completed: true },
  { title: "Call Ada", priority: "high", tags: ["home"], due_date: "2027-01-01" },
];

test("priority, tags and due date are set, shown and changed", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  await addTask(page, "Pay the rent", { priority: "High", due: "2020-02-01", tags: ["home", "money"], description: "By transfer" });
  const item = taskItem(page, "Pay the rent");
  await expect(item).toContainText("High");
  await expect(item).toContainText(/Overdue: 1 Feb 2020/);
  await expect(item.getByRole("button", { name: "Show tasks tagged money" })).toBeVisible();
  await expect(newTaskForm(page).getByLabel("Priority")).toHaveValue("medium");
  await expect(newTaskForm(page).getByRole("button", { name: /^Remove tag/ })).toHaveCount(0);

  await page.getByRole("button", { name: "Edit Pay the rent" }).click();
  const form = editForm(page, "Pay the rent");
  await form.getByRole("button", { name: "Remove tag money" }).click();
  await expect(form.getByRole("textbox", { name: "Tags" })).toBeFocused();
  await fillDetails(form, { priority: "Low", due: "" });
  // What is typed counts even without an Enter.
  await form.getByRole("textbox", { name: "Tags" }).fill("monthly");
  await form.getByRole("button", { name: "Save" }).click();
  // A reload before the answer would bring the form back with what was typed.
  await expect(form).toHaveCount(0);
  await page.reload();
  await expect(item).toContainText("Low");
  await expect(item).not.toContainText(/Due|Overdue/);
  await expect(item.locator(".marks .tag")).toHaveText(["#home", "#monthly"]);
});

test("what the API refuses about tags is shown at their field", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  const form = newTaskForm(page);
  await form.getByLabel("Title").fill("Too much");
  await form.getByRole("button", { name: "More details" }).click();
  await fillDetails(form, { tags: ["x".repeat(51)] });
  await form.getByRole("button", { name: "Add task" }).click();
  const field = form.getByRole("textbox", { name: "Tags" });
  await expect(field).toHaveAccessibleDescription(/at most 50 characters/);
  await expect(field).toBeFocused();
  await form.getByRole("button", { name: /^Remove tag/ }).click();
  await form.getByRole("button", { name: "Add task" }).click();
  await expect(taskItem(page, "Too much")).toBeVisible();
});

test("state, priority, tags and order narrow the list; the address, a reload and Back keep it", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await seedTasks(page, stack.apiUrl, household);
  await page.reload();
  await expect(titles(page)).toHaveText(["Call Ada", "Bread", "apples"]);

  await page.getByRole("radio", { name: "Pending" }).check();
  await expect(titles(page)).toHaveText(["Call Ada", "apples"]);
  await expect(page).toHaveURL(/\?status=pending$/);
  await expect(page.getByText("2 tasks found")).toHaveCount(2);

  await openFilters(page);
  await page.getByLabel("Order").selectOption("Due soonest first");
  await expect(titles(page)).toHaveText(["Call Ada", "apples"]);
  await page.getByLabel("Order").selectOption("Title, A to Z");
  await page.getByRole("checkbox", { name: "Low" }).check();
  await expect(titles(page)).toHaveText(["apples"]);

  await page.reload();
  await expect(titles(page)).toHaveText(["apples"]);
  await expect(page.getByRole("radio", { name: "Pending" })).toBeChecked();
  await openFilters(page);
  await expect(page.getByRole("checkbox", { name: "Low" })).toBeChecked();
  await expect(page.getByLabel("Order")).toHaveValue("title");

  await page.goBack();
  await expect(page.getByRole("checkbox", { name: "Low" })).not.toBeChecked();
  await expect(titles(page)).toHaveText(["apples", "Call Ada"].sort());
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect(titles(page)).toHaveCount(3);
  await expect(page).toHaveURL(/\?sort=title$/);
});

test("tags are chosen from a task or typed, and all of them must match", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await seedTasks(page, stack.apiUrl, household);
  await page.reload();
  await taskItem(page, "Bread").getByRole("button", { name: "Show tasks tagged shop" }).click();
  await expect(titles(page)).toHaveText(["Bread", "apples"]);
  await openFilters(page);
  await page.getByLabel("Tagged with").fill("food");
  await page.getByLabel("Tagged with").press("Enter");
  await expect(titles(page)).toHaveText(["apples"]);
  await expect(page).toHaveURL(/\?tag=shop&tag=food$/);
  await page.getByRole("button", { name: "Remove tag shop" }).click();
  await page.getByRole("button", { name: "Remove tag food" }).click();
  await expect(titles(page)).toHaveCount(3);
});

test("a search waits for a pause in typing, takes signs literally and is one step Back", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await seedTasks(page, stack.apiUrl, household);
  await page.reload();
  await expect(titles(page)).toHaveCount(3);
  const asked: string[] = [];
  page.on("request", (request) => {
    const text = new URL(request.url()).searchParams.get("search");
    if (request.method() === "GET" && text !== null) asked.push(text);
  });
  await search(page).pressSequentially("0%", { delay: 30 });
  await expect(titles(page)).toHaveText(["Bread"]);
  expect(asked).toEqual(["0%"]);
  await search(page).fill("0% r");
  await expect(page).toHaveURL(/search=0%25\+r$/);
  await search(page).fill("nothing like it");
  await search(page).press("Enter");
  await expect(page.getByText("No task matches")).toBeVisible();

  await page.goBack();
  await expect(search(page)).toHaveValue("");
  await expect(titles(page)).toHaveCount(3);
  await page.goForward();
  await page.getByRole("button", { name: "Show all tasks" }).click();
  await expect(search(page)).toHaveValue("");
  await expect(titles(page)).toHaveCount(3);
});

test("in a filtered list a ticked task leaves, the focus goes on, and a new task is where it belongs", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await seedTasks(page, stack.apiUrl, household);
  await page.goto("/?status=pending&sort=title");
  await expect(titles(page)).toHaveText(["Call Ada", "apples"].sort());
  const [first, second] = await titles(page).allTextContents();
  await page.getByRole("checkbox", { name: first }).focus();
  await page.keyboard.press("Space");
  await expect(titles(page)).toHaveText([second ?? ""]);
  await expect(page.getByRole("checkbox", { name: second })).toBeFocused();

  await addTask(page, "Zebra");
  await expect(titles(page)).toHaveText([second ?? "", "Zebra"].sort());
  await page.getByRole("radio", { name: "Completed" }).check();
  await expect(titles(page)).toHaveText(["Bread", first ?? ""].sort());
});

test("a task edited out of the list it is in leaves without losing the focus", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await seedTasks(page, stack.apiUrl, household);
  await page.goto("/?tag=shop");
  await page.getByRole("button", { name: "Edit Bread" }).click();
  await editForm(page, "Bread").getByRole("button", { name: "Remove tag shop" }).click();
  await editForm(page, "Bread").getByRole("button", { name: "Save" }).click();
  await expect(titles(page)).toHaveText(["apples"]);
  await expect(page.getByRole("button", { name: "Edit apples" })).toBeFocused();
});

test("more tasks than fit on one page are fetched page by page, with their number and without losing the focus", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  const many = Array.from({ length: 103 }, (_, index) => ({ title: `Task ${String(index).padStart(3, "0")}` }));
  await seedTasks(page, stack.apiUrl, many);
  await withoutStream(page);
  await page.reload();
  await expect(titles(page)).toHaveCount(100);
  await expect(page.getByText("100 of 103 shown")).toBeVisible();
  // While others come and go the next page neither skips nor repeats.
  await seedTasks(page, stack.apiUrl, [{ title: "Elsewhere" }]);
  await page.getByRole("button", { name: "Show more" }).focus();
  await page.keyboard.press("Enter");
  await expect(titles(page)).toHaveCount(103);
  await expect(titles(page).last()).toHaveText("Task 000");
  await expect(page.getByRole("button", { name: "Show more" })).toHaveCount(0);
  await expect(page.getByRole("checkbox", { name: "Task 002" })).toBeFocused();
  await expect(page.getByText("0 of 103 done")).toBeVisible();
});

test("a filter that the API refuses is explained, and clearing it helps", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  await page.goto(`/?tag=${"x".repeat(51)}`);
  await expect(page.getByRole("button", { name: "Try again" })).toBeVisible();
  await expect(page.getByRole("alert").filter({ hasText: /./ })).toBeVisible();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect(page.getByText("Nothing to do yet")).toBeVisible();
});
