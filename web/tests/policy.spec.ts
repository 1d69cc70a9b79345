/** The Content-Security-Policy: the app's own scripts run, smuggled ones do not, and no page needs an exception. */
import type { Page } from "@playwright/test";
import { addTask, expect, fillSignIn, fillSignUp, newPerson, taskItem, test } from "./support/fixtures";

const PAGES = ["/sign-in", "/sign-up", "/", "/no/such/page"];

/** The policy of a response, as directive and sources. */
function directives(policy: string | null): Map<string, string> {
  const parts = (policy ?? "").split(";").map((part) => part.trim());
  return new Map(parts.map((part) => [part.split(" ", 1)[0] ?? "", part.split(" ").slice(1).join(" ")]));
}

const nonceOf = (policy: string | null) => /'nonce-([^']+)'/.exec(directives(policy).get("script-src") ?? "")?.[1];

async function cookieOf(page: Page): Promise<string> {
  return (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
}

test("every page allows its own scripts by a nonce, and nothing inline, evaluated or from elsewhere", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  const cookie = await cookieOf(page);
  for (const [path, headers] of PAGES.flatMap((path) => [[path, {}], [path, { Cookie: cookie }]] as const)) {
    const response = await fetch(stack.webUrl + path, { headers, redirect: "manual" });
    const policy = response.headers.get("Content-Security-Policy");
    const nonce = nonceOf(policy);
    expect(nonce, path).toMatch(/^[A-Za-z0-9+/]{22}==$/);
    expect(Object.fromEntries(directives(policy)), path).toEqual({
      "default-src": "'none'",
      "script-src": `'self' 'nonce-${nonce}' 'strict-dynamic'`,
      "style-src": "'self'",
      "img-src": "'self'",
      "connect-src": `'self' ${stack.apiUrl}`,
      "base-uri": "'none'",
      "form-action": "'none'",
      "frame-ancestors": "'none'",
      "object-src": "'none'",
    });
    // A cached copy would have a nonce that is known already.
    expect(response.headers.get("Cache-Control"), path).toContain("no-store");
    const scripts = (await response.text()).match(/<script\b[^>]*>/g) ?? [];
    expect(scripts.filter((tag) => !tag.includes(`nonce="${nonce}"`)), path).toEqual([]);
    if (response.status !== 307) expect(scripts.length, path).toBeGreaterThan(3);
  }
});

test("the nonce is another one at every load, and not the client's choice", async ({ stack }) => {
  for (const path of PAGES) {
    const seen = new Set<string | undefined>();
    for (let load = 0; load < 3; load += 1) {
      const headers = { "Content-Security-Policy": "script-src 'nonce-mine'", "x-nonce": "mine" };
      const response = await fetch(stack.webUrl + path, { headers, redirect: "manual" });
      seen.add(nonceOf(response.headers.get("Content-Security-Policy")));
      expect(await response.text(), path).not.toContain('nonce="mine"');
    }
    expect(seen.size, path).toBe(3);
    expect(seen, path).not.toContain("mine");
  }
});

test("what is no page allows nothing at all", async ({ stack }) => {
  for (const path of ["/api/auth/ok", "/api/auth/token", "/api/auth/error?error=x", "/api/nowhere", "/_next/static/nowhere.js"]) {
    const response = await fetch(stack.webUrl + path, { redirect: "manual" });
    const policy = directives(response.headers.get("Content-Security-Policy"));
    expect(Object.fromEntries(policy), path).toEqual({ "default-src": "'none'", "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'" });
  }
});

// That nothing is reported is checked at the end of each test, by the fixture.
test("nothing is reported from sign-up to sign-out, nor on the pages for mistakes", async ({ page, stack, violations }) => {
  const person = newPerson("Ada");
  await page.goto(`${stack.webUrl}/sign-in`);
  await page.getByRole("link", { name: /create/i }).click();
  await fillSignUp(page, person);
  await expect(page.getByText("Nothing to do yet")).toBeVisible();
  await addTask(page, "Within the rules", { description: "All of it", priority: "High", due: "2026-12-24", tags: ["home"] });
  await page.getByRole("checkbox", { name: "Within the rules" }).check();
  await page.getByRole("button", { name: "Account", exact: true }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export tasks" }).click();
  await (await download).path();
  await page.goto(`${stack.webUrl}/no/such/page`);
  await page.getByRole("link", { name: "To your tasks" }).click();
  await expect(taskItem(page, "Within the rules")).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await fillSignIn(page, person);
  await expect(taskItem(page, "Within the rules")).toBeVisible();
  expect(violations).toEqual([]);
});

test("a page for a failure of the server has its scripts and its style too", async ({ signUp, stack, violations }) => {
  const { page } = await signUp("Ada");
  await stack.inAuthDatabase("ALTER TABLE session RENAME TO hidden");
  try {
    const response = await page.goto("/");
    expect(response?.status()).toBe(500);
    await expect(page.getByRole("heading", { name: "Something went wrong" })).toBeVisible();
    expect(nonceOf((await response?.headerValue("Content-Security-Policy")) ?? null)).toBeTruthy();
  } finally {
    await stack.inAuthDatabase("ALTER TABLE hidden RENAME TO session");
  }
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText("Nothing to do yet")).toBeVisible();
  expect(violations).toEqual([]);
});
