/** Signing up, in and out, and what the forms say when it does not work. */
import { expect, fillSignIn, fillSignUp, newPerson, test } from "./support/fixtures";

test("signs up, signs out and signs in again", async ({ signUp }) => {
  const { page, email, password } = await signUp("Ada");
  await expect(page.getByText("Ada", { exact: true })).toBeVisible();

  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
  await page.goto("/");
  await expect(page).toHaveURL(/\/sign-in$/);

  await fillSignIn(page, { email, password });
  await expect(page.getByRole("heading", { name: "Your tasks" })).toBeVisible();
});

test("after a sign-out the Back button does not bring the tasks back", { tag: "@once" }, async ({ signUp }) => {
  const { page } = await signUp("Ada");
  await page.goto("/?again");
  await expect(page.getByText("Nothing to do yet")).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
});

test("a wrong password is explained at the field, and the e-mail address stays", { tag: "@once" }, async ({ signUp }) => {
  const { page, email } = await signUp("Ada");
  await page.getByRole("button", { name: "Sign out" }).click();
  await fillSignIn(page, { email, password: "not the password" });

  const password = page.getByLabel("Password");
  await expect(password).toHaveAttribute("aria-invalid", "true");
  await expect(password).toHaveAccessibleDescription("The e-mail address or the password is wrong.");
  await expect(password).toBeFocused();
  await expect(page.getByLabel("E-mail")).toHaveValue(email);
});

test("a taken e-mail address, a short password and a malformed address each appear at their field", { tag: "@once" }, async ({ signUp, stack }) => {
  const { page, email, context } = await signUp("Ada");
  await context.clearCookies();
  await page.goto(`${stack.webUrl}/sign-up`);

  await fillSignUp(page, { ...newPerson("Ada"), email });
  await expect(page.getByLabel("E-mail")).toHaveAccessibleDescription("There is already an account with this e-mail address.");

  await fillSignUp(page, { ...newPerson("Ada"), password: "short" });
  await expect(page.getByLabel("Password")).toHaveAccessibleDescription(/must have at least 8 characters/);
  await expect(page.getByLabel("E-mail")).not.toHaveAttribute("aria-invalid");

  await fillSignUp(page, { ...newPerson("Ada"), email: "not an address" });
  await expect(page.getByLabel("E-mail")).toHaveAccessibleDescription("This does not look like an e-mail address.");
});

test("an empty form says what is missing and sends nothing", { tag: "@once" }, async ({ page, stack }) => {
  await page.goto(`${stack.webUrl}/sign-up`);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByLabel("Name")).toHaveAccessibleDescription("Please enter your name.");
  await expect(page.getByLabel("E-mail")).toHaveAccessibleDescription("Please enter your e-mail address.");
  await expect(page.getByLabel("Name")).toBeFocused();
});

test("too many attempts are explained in words", { tag: "@once" }, async ({ page, stack }) => {
  // The servers under test run without the limit, so its answer is played back here.
  await page.route("**/api/auth/sign-in/email", (route) =>
    route.fulfill({ status: 429, headers: { "X-Retry-After": "10" }, json: { message: "Too many requests. Please try again later." } }),
  );
  await page.goto(`${stack.webUrl}/sign-in`);
  await fillSignIn(page, newPerson("Ada"));
  await expect(page.getByRole("alert").filter({ hasText: "Too many attempts." })).toBeVisible();
});

test("whoever is signed in does not see the sign-in page", { tag: "@once" }, async ({ signUp }) => {
  const { page } = await signUp("Ada");
  for (const path of ["/sign-in", "/sign-up"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { name: "Your tasks" })).toBeVisible();
  }
});
