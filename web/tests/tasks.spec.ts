/** The life of a task, and the states around it. */
import { addTask, expect, newTaskForm, openDetails, secondWindow, taskItem, test, withoutStream } from "./support/fixtures";

test("adds, edits, completes and deletes a task, and a reload keeps each step", async ({ signUp }) => {
  const { page } = await signUp("Ada");

  await addTask(page, "Buy milk", { description: "Two litres" });
  await expect(newTaskForm(page).getByLabel("Title")).toHaveValue("");
  await expect(newTaskForm(page).getByLabel("Title")).toBeFocused();
  await page.reload();
  await expect(taskItem(page, "Buy milk")).toContainText("Two litres");

  await page.getByRole("button", { name: "Edit Buy milk" }).click();
  const edit = page.getByRole("form", { name: "Edit Buy milk" });
  await expect(edit.getByLabel("Title")).toBeFocused();
  await edit.getByLabel("Title").fill("Buy oat milk");
  await edit.getByLabel("Description").fill("");
  await edit.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("button", { name: "Edit Buy oat milk" })).toBeFocused();
  await page.reload();
  await expect(taskItem(page, "Buy oat milk")).not.toContainText("Two litres");

  await page.getByRole("checkbox", { name: "Buy oat milk" }).check();
  await expect(page.getByText("Completed “Buy oat milk”.")).toBeAttached();
  await expect(page.getByText("1 of 1 done")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("checkbox", { name: "Buy oat milk" })).toBeChecked();

  await page.getByRole("button", { name: "Delete Buy oat milk" }).click();
  await expect(page.getByText("Nothing to do yet")).toBeVisible();
  await page.reload();
  await expect(page.getByText("Nothing to do yet")).toBeVisible();
});

test("everything works with the keyboard alone, and the focus is never lost", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  const { keyboard } = page;
  const tabTo = async (name: string) => {
    for (let presses = 0; presses < 30; presses += 1) {
      await keyboard.press("Tab");
      const focused = page.locator(":focus");
      if ((await focused.count()) === 1 && (await focused.evaluate((element, wanted) => {
        const label = element.getAttribute("aria-label") ?? (element as HTMLInputElement).labels?.[0]?.textContent ?? element.textContent;
        return label === wanted;
      }, name))) return;
    }
    throw new Error(`Tab never reached “${name}”.`);
  };

  await tabTo("Title");
  for (const title of ["First", "Second"]) {
    await keyboard.type(title);
    await keyboard.press("Enter");
    await expect(taskItem(page, title)).toBeVisible();
    await expect(newTaskForm(page).getByLabel("Title")).toBeFocused();
  }

  await tabTo("Second");
  await keyboard.press("Space");
  await expect(page.getByText("Completed “Second”.")).toBeAttached();
  await expect(page.getByRole("checkbox", { name: "Second" })).toBeFocused();

  await tabTo("Edit Second");
  await keyboard.press("Enter");
  await keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Edit Second" })).toBeFocused();

  await tabTo("Delete Second");
  await keyboard.press("Enter");
  await expect(taskItem(page, "Second")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Delete First" })).toBeFocused();
  await keyboard.press("Enter");
  await expect(taskItem(page, "First")).toHaveCount(0);
  await expect(newTaskForm(page).getByLabel("Title")).toBeFocused();
});

test("what the API refuses is shown at its field, and the text stays", { tag: "@once" }, async ({ signUp }) => {
  const { page } = await signUp("Ada");
  const title = newTaskForm(page).getByLabel("Title");
  const description = newTaskForm(page).getByLabel("Description");

  await openDetails(page);
  await title.fill("x".repeat(201));
  await description.fill("y".repeat(1001));
  await newTaskForm(page).getByRole("button", { name: "Add task" }).click();
  await expect(title).toHaveAttribute("aria-invalid", "true");
  await expect(title).toHaveAccessibleDescription(/200/);
  await expect(description).toHaveAccessibleDescription(/1000|1,000/);
  await expect(title).toBeFocused();
  await expect(title).toHaveValue("x".repeat(201));

  await title.fill("  ");
  await description.fill("");
  await newTaskForm(page).getByRole("button", { name: "Add task" }).click();
  await expect(title).toHaveAccessibleDescription(/./);
  await expect(description).not.toHaveAttribute("aria-invalid");

  await addTask(page, "x".repeat(200));
  await expect(title).not.toHaveAttribute("aria-invalid");
});

test("a task that another window has deleted disappears with a word of explanation", { tag: "@once" }, async ({ signUp }) => {
  const { page } = await signUp("Ada");
  await withoutStream(page);
  await page.reload();
  await addTask(page, "Gone soon");
  const other = await secondWindow(page);
  await other.getByRole("button", { name: "Delete Gone soon" }).click();
  await expect(taskItem(other, "Gone soon")).toHaveCount(0);

  await page.getByRole("checkbox", { name: "Gone soon" }).click();
  await expect(page.getByText("This task no longer exists.")).toBeVisible();
  await expect(taskItem(page, "Gone soon")).toHaveCount(0);
});

test("what is added while the API is down waits in sight, survives a reload, and is sent once it is back", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await addTask(page, "Survives an outage");
  await stack.stopApi();
  try {
    await expect(page.locator(".connection")).toHaveText("Offline, trying again");
    await newTaskForm(page).getByLabel("Title").fill("Typed during the outage");
    await newTaskForm(page).getByRole("button", { name: "Add task" }).click();
    await expect(taskItem(page, "Typed during the outage")).toContainText("Waits to be sent");
    await expect(page.locator(".connection")).toHaveText("Offline, trying again · 1 change waits");

    await page.reload();
    await expect(page.getByText(`The task API at ${stack.apiUrl} cannot be reached`)).toBeVisible();
    await expect(taskItem(page, "Typed during the outage")).toContainText("Waits to be sent");
    await expect(page.getByText("Nothing to do yet")).toHaveCount(0);
  } finally {
    await stack.startApi();
  }
  await expect(page.locator(".connection")).toHaveText("Up to date");
  await expect(page.locator(".task .title")).toHaveText(["Typed during the outage", "Survives an outage"]);
  await expect(page.getByText("Waits to be sent")).toHaveCount(0);
});

test("“Try again” reads the list that could not be read, without losing the focus", { tag: "@once" }, async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await addTask(page, "Survives an outage");
  await withoutStream(page);
  await stack.stopApi();
  try {
    await page.reload();
    await expect(page.getByText(`The task API at ${stack.apiUrl} cannot be reached`)).toBeVisible();
  } finally {
    await stack.startApi();
  }
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(taskItem(page, "Survives an outage")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Your tasks" })).toBeFocused();
});
