/** Accessible in light and dark, and usable on the narrowest phone. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { addTask, expect, newTaskForm, signUpIn, test } from "./support/fixtures";

async function expectNoSeriousViolations(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`), where).toEqual([]);
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing serious on any page in ${colorScheme}`, async ({ signUp, page: visitor, stack }) => {
    await visitor.emulateMedia({ colorScheme });
    await visitor.goto(`${stack.webUrl}/help`);
    await expectNoSeriousViolations(visitor, "/help");
    for (const path of ["/sign-in", "/sign-in?reason=session", "/sign-up"]) {
      await visitor.goto(stack.webUrl + path);
      await expectNoSeriousViolations(visitor, path);
      await visitor.getByRole("button").click();
      await expect(visitor.locator("[aria-invalid]").first()).toBeVisible();
      await expectNoSeriousViolations(visitor, `${path} with errors`);
    }

    const { page } = await signUp("Ada");
    await page.emulateMedia({ colorScheme });
    await expectNoSeriousViolations(page, "empty list");
    await addTask(page, "Done already", { description: "With a description", priority: "High", due: "2020-01-31", tags: ["home"] });
    await addTask(page, "Still open");
    await page.getByRole("checkbox", { name: "Done already" }).check();
    await page.getByRole("button", { name: "Edit Still open" }).click();
    await newTaskForm(page).getByRole("button", { name: "Add task" }).click();
    await expect(page.locator("[aria-invalid]")).toBeVisible();
    await expectNoSeriousViolations(page, "list, edit form and field error");
    await page.getByRole("button", { name: "Select…" }).click();
    await page.getByRole("checkbox", { name: "Select Done already" }).check();
    await expectNoSeriousViolations(page, "choosing several");
    await page.getByRole("group", { name: "Select tasks" }).getByRole("button", { name: "Delete" }).click();
    await expect(page.getByRole("button", { name: "Undo" })).toBeVisible();
    await expectNoSeriousViolations(page, "a deletion that can be undone");
    await page.goto("/trash");
    await expect(page.getByRole("button", { name: "Restore Done already" })).toBeVisible();
    await expectNoSeriousViolations(page, "trash");
    await page.goto("/");
    await page.route(`${stack.apiUrl}/**`, (route) => route.abort());
    await page.reload();
    await expect(page.getByRole("button", { name: "Try again" })).toBeVisible();
    await expectNoSeriousViolations(page, "API unreachable");
  });
}

test("at 320 pixels nothing scrolls sideways", async ({ signUp, page: visitor, stack }) => {
  const narrow = { width: 320, height: 640 };
  const overflow = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  await visitor.setViewportSize(narrow);
  await visitor.goto(`${stack.webUrl}/help`);
  expect(await overflow(visitor), "/help").toBeLessThanOrEqual(0);
  for (const path of ["/sign-in", "/sign-up"]) {
    await visitor.goto(stack.webUrl + path);
    await visitor.getByRole("button").click();
    expect(await overflow(visitor), path).toBeLessThanOrEqual(0);
  }

  const { page } = await signUp("Wolfeschlegelsteinhausenbergerdorff-the-Elder");
  await page.setViewportSize(narrow);
  await addTask(page, "W".repeat(150), { description: "Unbreakable".repeat(20), due: "2026-12-24", tags: ["U".repeat(50), "V".repeat(50)] });
  await addTask(page, "Short");
  await page.getByRole("button", { name: "Edit Short" }).click();
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await page.getByRole("button", { name: "Select…" }).click();
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await page.getByRole("button", { name: /^Delete W/ }).click();
  await expect(page.getByRole("button", { name: "Undo" })).toBeVisible();
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await page.goto("/trash");
  await expect(page.getByRole("button", { name: /^Restore/ })).toBeVisible();
  expect(await overflow(page)).toBeLessThanOrEqual(0);
});

test("the pages carry the headers that keep them from being framed or sniffed", async ({ page, stack }) => {
  const response = await page.goto(`${stack.webUrl}/sign-in`);
  const headers = response?.headers() ?? {};
  expect(headers["x-content-type-options"]).toBe("nosniff");
  expect(headers["x-frame-options"]).toBe("DENY");
  expect(headers["referrer-policy"]).toBeTruthy();
  expect(headers["x-powered-by"]).toBeUndefined();
});

test("the API's address is read when the server starts, not when it is built", async ({ signUp, stack, shortLivedStack, browser }) => {
  const asked = async (page: Page) => {
    const request = page.waitForRequest((one) => new URL(one.url()).pathname.endsWith("/tasks") && one.method() === "GET");
    await page.reload();
    return new URL((await request).url()).origin;
  };
  expect(await asked((await signUp("Ada")).page)).toBe(stack.apiUrl);
  const { page, context } = await signUpIn(browser, shortLivedStack.webUrl, "Ada");
  expect(await asked(page)).toBe(shortLivedStack.apiUrl);
  expect(shortLivedStack.apiUrl).not.toBe(stack.apiUrl);
  await context.close();
});
