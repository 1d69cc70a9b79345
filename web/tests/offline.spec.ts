/** What is done without a connection waits in sight, and is sent in order when there is one again. */
import type { Page } from "@playwright/test";
import { addTask, editForm, editTask, expect, secondWindow, taskItem, test } from "./support/fixtures";

const titles = (page: Page) => page.getByRole("list", { name: "Tasks" }).locator(".title");
const sign = (page: Page) => page.locator(".connection");

async function edit(page: Page, title: string, change: { title?: string; description?: string }): Promise<void> {
  await editTask(page, title, change);
  await expect(editForm(page, title)).toHaveCount(0);
}

test("with edits on both sides each side gets the other's, and a conflict is shown as always", async ({ signUp }) => {
  const { page, context } = await signUp("Ada");
  for (const title of ["Old", "Bread", "Milk"]) await addTask(page, title);
  const device = await secondWindow(page);
  await expect(titles(device)).toHaveText(["Milk", "Bread", "Old"]);

  await context.setOffline(true);
  await expect(sign(page)).toHaveText("Offline, trying again");
  await page.getByRole("checkbox", { name: "Bread" }).check();
  await edit(page, "Milk", { title: "Oat milk" });
  await page.getByRole("button", { name: "Delete Old" }).click();
  await addTask(page, "Eggs");
  await expect(sign(page)).toHaveText("Offline, trying again · 4 changes wait");
  await expect(taskItem(page, "Eggs")).toContainText("Waits to be sent");
  await edit(device, "Milk", { description: "Two litres" });
  await addTask(device, "Butter");

  await context.setOffline(false);
  const dialog = page.getByRole("dialog", { name: "This task was changed elsewhere" });
  await expect(dialog.getByRole("region", { name: "Yours" })).toContainText("Oat milk");
  await expect(dialog.getByRole("region", { name: "Theirs" })).toContainText("Two litres");
  // To look at it first loses nothing.
  await page.keyboard.press("Escape");
  const form = editForm(page, "Milk");
  await expect(form.getByLabel("Title")).toHaveValue("Oat milk");
  await form.getByRole("button", { name: "Save" }).click();
  await dialog.getByRole("button", { name: "Keep mine" }).click();
  for (const one of [page, device]) {
    await expect(titles(one)).toHaveText(["Eggs", "Butter", "Oat milk", "Bread"]);
    await expect(one.getByRole("checkbox", { name: "Bread" })).toBeChecked();
    await expect(taskItem(one, "Oat milk")).toContainText("Two litres");
    await expect(sign(one)).toHaveText("Up to date");
  }
});

test("several changes of one task, and of a task that is not sent yet, are no conflict with themselves", async ({ signUp }) => {
  const { page, context } = await signUp("Ada");
  await addTask(page, "Milk");
  await context.setOffline(true);
  await edit(page, "Milk", { title: "Oat milk" });
  await page.getByRole("checkbox", { name: "Oat milk" }).check();
  await edit(page, "Oat milk", { description: "Two litres" });
  await addTask(page, "Egg");
  await edit(page, "Egg", { title: "Eggs" });
  await page.getByRole("checkbox", { name: "Eggs" }).check();
  await addTask(page, "Never");
  await page.getByRole("button", { name: "Delete Never" }).click();
  await expect(titles(page)).toHaveText(["Eggs", "Oat milk"]);
  await context.setOffline(false);
  await expect(sign(page)).toHaveText("Up to date");
  await page.reload();
  await expect(titles(page)).toHaveText(["Eggs", "Oat milk"]);
  for (const title of ["Eggs", "Oat milk"]) await expect(page.getByRole("checkbox", { name: title })).toBeChecked();
  await expect(taskItem(page, "Oat milk")).toContainText("Two litres");
});

test("what waits in a tab that is closed is sent by the next one, once", async ({ signUp, stack }) => {
  const { page, context } = await signUp("Ada");
  await stack.stopApi();
  try {
    await expect(sign(page)).toHaveText("Offline, trying again");
    await addTask(page, "From the closed tab");
    await expect(sign(page)).toContainText("1 change waits");
    await page.close();
  } finally {
    await stack.startApi();
  }
  const tabs = [await context.newPage(), await context.newPage()];
  for (const tab of tabs) await tab.goto("/");
  for (const tab of tabs) await expect(titles(tab)).toHaveText(["From the closed tab"]);
});
