/** The page of the account: where one is signed in, and the password. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, fillSignIn, signInOn, test, tokenOf } from "./support/fixtures";

const PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";

const device = (page: Page, name: string) => page.getByRole("list", { name: "Devices" }).getByRole("listitem").filter({ hasText: name });
const phoneDialog = (page: Page) => page.getByRole("dialog", { name: "Your session has ended" });

async function openAccount(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Account", exact: true }).click();
  await page.getByRole("link", { name: "Your account" }).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
  await expect(device(page, "This device")).toBeVisible();
}

test("lists where one is signed in, and signs one device out", async ({ signUp }) => {
  const ada = await signUp("Ada");
  const { page } = ada;
  await signInOn(ada, PHONE, async (phone) => {
    await openAccount(page);
    await expect(device(page, "Safari on iOS")).toContainText(/signed in \d+ \w+ \d{4}, \d\d:\d\d/);
    await expect(device(page, "This device")).toContainText(/^Chrome on Linux/);
    await expect(device(page, "This device").getByRole("button")).toHaveCount(0);
    await page.getByRole("button", { name: "Sign out Safari on iOS" }).click();
    await expect(page.getByText("Signed out Safari on iOS.")).toBeAttached();
    await expect(device(page, "Safari on iOS")).toHaveCount(0);
    await expect(page.getByRole("heading", { name: "Where you are signed in" })).toBeFocused();
    expect((await phone.request.get("/api/auth/token")).status()).toBe(401);
    expect((await page.request.get("/api/auth/token")).status()).toBe(200);
  });
});

test("signs out everywhere else, and stays signed in itself", async ({ signUp }) => {
  const ada = await signUp("Ada");
  const { page } = ada;
  await signInOn(ada, PHONE, async (phone) => {
    await signInOn(ada, "curl/8.5.0", async (script) => {
      await openAccount(page);
      await expect(device(page, "curl")).toBeVisible();
      await page.getByRole("button", { name: "Sign out everywhere else" }).click();
      const question = page.getByRole("dialog", { name: "Sign out everywhere else?" });
      await expect(question.getByRole("button", { name: "Leave them" })).toBeFocused();
      await question.getByRole("button", { name: "Sign them out" }).click();
      await expect(page.getByRole("list", { name: "Devices" }).getByRole("listitem")).toHaveCount(1);
      for (const other of [phone, script]) expect((await other.request.get("/api/auth/token")).status()).toBe(401);
      await page.getByRole("link", { name: "Back to your tasks" }).click();
      await expect(page.getByText("Nothing to do yet")).toBeVisible();
    });
  });
});

test("changes the password, and with it signs out everywhere else", async ({ signUp }) => {
  const ada = await signUp("Ada");
  const { page, email, password } = ada;
  await signInOn(ada, PHONE, async (phone) => {
    await openAccount(page);
    const form = page.getByRole("form", { name: "Password" });
    const save = form.getByRole("button", { name: "Change password" });
    await save.click();
    await expect(form.getByLabel("Current password")).toHaveAccessibleDescription("Please enter your password.");
    await form.getByLabel("Current password").fill("not the password");
    await save.click();
    await expect(form.getByLabel("New password")).toHaveAccessibleDescription(/Please enter a new password\./);
    await form.getByLabel("New password").fill("short");
    await save.click();
    await expect(form.getByLabel("New password")).toHaveAccessibleDescription(/must have at least 8 characters/);
    await form.getByLabel("New password").fill("battery staple");
    await save.click();
    await expect(form.getByLabel("Current password")).toHaveAccessibleDescription("The password is wrong.");
    await expect(form.getByLabel("Current password")).toBeFocused();
    await form.getByLabel("Current password").fill(password);
    await save.click();
    await expect(page.getByText("Changed your password and signed out everywhere else.")).toBeAttached();
    await expect(form.getByLabel("New password")).toHaveValue("");
    await expect(page.getByRole("list", { name: "Devices" }).getByRole("listitem")).toHaveCount(1);
    await expect(device(page, "This device")).toBeVisible();
    // The session of this device is another one now, and nobody was asked for a password because of that.
    await page.getByRole("link", { name: "Back to your tasks" }).click();
    await expect(page.getByText("Nothing to do yet")).toBeVisible();
    expect((await phone.request.get("/api/auth/token")).status()).toBe(401);
    await page.getByRole("button", { name: "Sign out" }).click();
    await fillSignIn(page, { email, password: "battery staple" });
    await expect(page.getByText("Nothing to do yet")).toBeVisible();
  });
});

test("after a day the password is asked for before the devices are shown, and there is still one session", async ({ signUp, stack }) => {
  const { page, password } = await signUp("Ada");
  const { userId } = await tokenOf(page);
  await stack.inAuthDatabase(`UPDATE session SET createdAt = '${new Date(Date.now() - 2 * 86_400_000).toISOString()}' WHERE userId = '${userId}'`);
  await page.goto("/account");
  const dialog = page.getByRole("dialog", { name: "Is it still you?" });
  await expect(dialog.getByLabel("Password")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText("Please enter your password once more to see where you are signed in.")).toBeVisible();
  await page.getByRole("button", { name: "Try again" }).click();
  await dialog.getByLabel("Password").fill(password);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await expect(device(page, "This device")).toBeVisible();
  await expect(page.getByRole("list", { name: "Devices" }).getByRole("listitem")).toHaveCount(1);
  await page.getByRole("link", { name: "Back to your tasks" }).click();
  await expect(page.getByText("Nothing to do yet")).toBeVisible();
});

test("without a session the page leads to the sign-in page, and nothing of it is sent", async ({ stack }) => {
  const response = await fetch(`${stack.webUrl}/account`, { redirect: "manual" });
  expect(response.status).toBe(307);
  expect(response.headers.get("Location")).toMatch(/\/sign-in$/);
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing serious on it in ${colorScheme}, and at 320 pixels nothing scrolls sideways`, async ({ signUp, stack }) => {
    const ada = await signUp("Ada");
    const { page } = ada;
    await page.emulateMedia({ colorScheme });
    await signInOn(ada, PHONE, async () => {
      await openAccount(page);
      await page.getByRole("button", { name: "Change password" }).click();
      await expect(page.locator("[aria-invalid]")).toBeVisible();
      await page.getByLabel("Name").fill("x".repeat(64));
      await page.getByRole("button", { name: "Make a token" }).click();
      await expect(page.getByText("Copy it now")).toBeVisible();
      await expectAccessible(page);
      await page.setViewportSize({ width: 320, height: 640 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
      await page.context().clearCookies();
      await page.getByRole("button", { name: "Sign out Safari on iOS" }).click();
      await expect(phoneDialog(page)).toBeVisible();
      await expectAccessible(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
    });
    expect(stack.logs().web).not.toContain("x".repeat(64));
  });
}

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
}
