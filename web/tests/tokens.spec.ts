/** How the page handles its token: held in memory, shared, renewed once, and never in a loop. */
import type { Page, Request, Route } from "@playwright/test";
import { addTask, expect, newTaskForm, signUpIn, taskItem, test, withoutStream } from "./support/fixtures";

/** Everything the page asks of the API and of the token endpoint, preflights left out. */
function watch(page: Page, apiUrl: string) {
  const seen: { method: string; url: string; status: number }[] = [];
  page.on("response", (response) => {
    const url = response.url();
    const method = response.request().method();
    if (method === "OPTIONS") return;
    if (url.startsWith(apiUrl) || url.endsWith("/api/auth/token")) seen.push({ method, url, status: response.status() });
  });
  return {
    tokens: () => seen.filter(({ url }) => url.endsWith("/api/auth/token")),
    api: () => seen.filter(({ url }) => url.startsWith(apiUrl)),
  };
}

/** Answers every API call the same way, as a server does that this client cannot satisfy. */
async function refuseAll(page: Page, apiUrl: string, status: number, code: string, retry: string): Promise<Request[]> {
  const refused: Request[] = [];
  await page.route(`${apiUrl}/**`, async (route: Route) => {
    const headers = {
      "Access-Control-Allow-Origin": new URL(page.url()).origin,
      "Access-Control-Allow-Headers": "authorization, content-type",
      "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    };
    if (route.request().method() === "OPTIONS") return route.fulfill({ status: 204, headers });
    refused.push(route.request());
    await route.fulfill({
      status,
      headers,
      contentType: "application/problem+json",
      body: JSON.stringify({ type: "about:blank", title: "Refused", status, detail: "Refused by the test.", code, retry, request_id: "test-1" }),
    });
  });
  return refused;
}

test("one token serves the whole visit, and it is stored nowhere", async ({ signUp, stack }) => {
  const { page, context } = await signUp("Ada");
  const seen = watch(page, stack.apiUrl);
  await page.reload();
  await expect(page.getByText("Nothing to do yet")).toBeVisible();
  await addTask(page, "One");
  await addTask(page, "Two");
  await page.getByRole("checkbox", { name: "One" }).check();
  await expect(page.getByText("Completed “One”.")).toBeAttached();
  expect(seen.tokens()).toHaveLength(1);

  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie);
  expect(stored).not.toContain("eyJ");
  expect(JSON.stringify(await context.cookies())).not.toContain("eyJ");
});

test("an expired token costs exactly one 401 and one refresh, and the call succeeds", async ({ browser, shortLivedStack }) => {
  const { page, context } = await signUpIn(browser, shortLivedStack.webUrl, "Ada");
  // The page's clock stands still from here on, so it takes its token for fresh while the servers'
  // clocks run past the expiry: the case of a laptop that slept.
  await page.clock.setFixedTime(new Date());
  await withoutStream(page);
  await page.reload();
  await expect(page.getByText("Nothing to do yet")).toBeVisible();
  await page.waitForTimeout(4_000);

  const seen = watch(page, shortLivedStack.apiUrl);
  await newTaskForm(page).getByLabel("Title").fill("Added late");
  await newTaskForm(page).getByRole("button", { name: "Add task" }).click();
  await expect(taskItem(page, "Added late")).toBeVisible();
  expect(seen.api().map(({ status }) => status)).toEqual([401, 201]);
  expect(seen.tokens().map(({ status }) => status)).toEqual([200]);
  await context.close();
});

test("a token about to expire is renewed beforehand, without a 401", async ({ browser, shortLivedStack }) => {
  const { page, context } = await signUpIn(browser, shortLivedStack.webUrl, "Ada");
  await withoutStream(page);
  await page.reload();
  await expect(page.getByText("Nothing to do yet")).toBeVisible();
  await page.waitForTimeout(4_000);
  const seen = watch(page, shortLivedStack.apiUrl);
  await addTask(page, "Added in time");
  expect(seen.api().map(({ status }) => status)).toEqual([201]);
  expect(seen.tokens()).toHaveLength(1);
  await context.close();
});

test("calls made at the same moment share one refresh", async ({ browser, shortLivedStack }) => {
  const { page, context } = await signUpIn(browser, shortLivedStack.webUrl, "Ada");
  await addTask(page, "One");
  await addTask(page, "Two");
  await page.clock.setFixedTime(new Date());
  await withoutStream(page);
  await page.reload();
  await expect(page.getByRole("listitem")).toHaveCount(2);
  await page.waitForTimeout(4_000);

  const seen = watch(page, shortLivedStack.apiUrl);
  await page.evaluate(() => document.querySelectorAll<HTMLInputElement>("input[type=checkbox]").forEach((box) => box.click()));
  await expect(page.getByText("2 of 2 done")).toBeVisible();
  await expect.poll(() => seen.api().filter(({ status }) => status === 200).length).toBe(2);
  expect(seen.api().filter(({ status }) => status === 401)).toHaveLength(2);
  expect(seen.tokens()).toHaveLength(1);
  await context.close();
});

test("an API that always says “refresh” is asked twice, not for ever", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  const seen = watch(page, stack.apiUrl);
  const refused = await refuseAll(page, stack.apiUrl, 401, "token_expired", "refresh");
  await newTaskForm(page).getByLabel("Title").fill("Never arrives");
  await newTaskForm(page).getByRole("button", { name: "Add task" }).click();
  await expect(newTaskForm(page).getByRole("alert")).toContainText("Refused by the test.");
  await page.waitForTimeout(1_000);
  expect(refused).toHaveLength(2);
  expect(seen.tokens()).toHaveLength(1);
});

test("an API that says “login” leads to the sign-in page once, even with a live session", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  const refused = await refuseAll(page, stack.apiUrl, 401, "invalid_token", "login");
  await page.reload();
  await expect(page.getByText("Your session has ended. Please sign in again.")).toBeVisible();
  await page.waitForTimeout(1_000);
  await expect(page).toHaveURL(/\/sign-in\?reason=session$/);
  expect(refused).toHaveLength(1);
});

test("a 403 is shown as an error and neither repeated nor answered with a new sign-in", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  const refused = await refuseAll(page, stack.apiUrl, 403, "forbidden", "never");
  await page.reload();
  await expect(page.getByText("Refused by the test.")).toBeVisible();
  await expect(page.getByText("Request test-1")).toBeVisible();
  await expect(page).toHaveURL(`${stack.webUrl}/`);
  expect(refused).toHaveLength(1);
});
