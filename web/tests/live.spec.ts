/** Every tab and every device of a user shows the same, without a reload. */
import type { Page, Request } from "@playwright/test";
import { addTask, callApi, editForm, expect, fillSignIn, secondWindow, signUpIn, taskItem, test, tokenOf } from "./support/fixtures";

const titles = (page: Page) => page.getByRole("list", { name: "Tasks" }).locator(".title");
const soon = { timeout: 2_000 };
const sign = (page: Page) => page.locator(".connection");

async function secondTab(page: Page): Promise<Page> {
  const tab = await page.context().newPage();
  await tab.goto("/");
  return tab;
}

test("add, edit, tick and delete here is seen in the other tab and on the other device within two seconds", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  const tab = await secondTab(page);
  const device = await secondWindow(page);
  const all = [page, tab, device];
  for (const one of all) await expect(sign(one)).toHaveText("Up to date");

  const everywhere = (check: (one: Page) => Promise<void>) => Promise.all(all.map(check));
  await page.bringToFront();
  await addTask(page, "Buy milk");
  await everywhere((one) => expect(titles(one)).toHaveText(["Buy milk"], soon));

  await device.getByRole("button", { name: "Edit Buy milk" }).click();
  await editForm(device, "Buy milk").getByLabel("Title").fill("Buy oat milk");
  await editForm(device, "Buy milk").getByRole("button", { name: "Save" }).click();
  await everywhere((one) => expect(titles(one)).toHaveText(["Buy oat milk"], soon));

  await page.getByRole("checkbox", { name: "Buy oat milk" }).check();
  await everywhere((one) => expect(one.getByRole("checkbox", { name: "Buy oat milk" })).toBeChecked(soon));

  await device.getByRole("button", { name: "Delete Buy oat milk" }).click();
  await everywhere((one) => expect(one.getByText("Nothing to do yet")).toBeVisible(soon));
  // What others do is not read out.
  await expect(page.getByRole("status").filter({ hasText: "Deleted" })).toHaveCount(0);
});

test("a browser has one stream, whatever the number of its tabs; when its tab is closed the next one goes on", async ({ signUp, stack }) => {
  const { page, context } = await signUp("Ada");
  const streams: Page[] = [];
  context.on("request", (request) => {
    if (request.url().endsWith("/events") && request.method() === "GET") streams.push(request.frame().page());
  });
  const [second, third] = [await secondTab(page), await secondTab(page)];
  for (const tab of [second, third]) await expect(sign(tab)).toHaveText("Up to date");
  expect(streams).toHaveLength(0);

  const { token, userId } = await tokenOf(second);
  await page.close();
  // Between the two streams.
  await callApi(`${stack.apiUrl}/api/${userId}/tasks`, token, "POST", { title: "Made meanwhile" });
  for (const tab of [second, third]) await expect(titles(tab)).toHaveText(["Made meanwhile"]);
  await callApi(`${stack.apiUrl}/api/${userId}/tasks`, token, "POST", { title: "Made after" });
  for (const tab of [second, third]) await expect(titles(tab)).toHaveText(["Made after", "Made meanwhile"], soon);
  expect(streams).toHaveLength(1);
});

test("signing out reaches the other tabs, ends the stream and forgets what is typed", async ({ signUp }) => {
  const { page } = await signUp("Ada");
  const tab = await secondTab(page);
  await expect(sign(tab)).toHaveText("Up to date");
  await page.getByLabel("Title").fill("Half a tho");
  // By the API, which hears of it first, or by the page.
  const ended = new Promise<void>((resolve) => {
    const listen = (request: Request) => request.url().endsWith("/events") && resolve();
    page.on("requestfailed", listen);
    page.on("requestfinished", listen);
  });
  await tab.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
  await expect(tab).toHaveURL(/\/sign-in$/);
  await ended;
  expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual([]);
});

test("an API that is away is shown, and the page recovers by itself", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await addTask(page, "Survives an outage");
  const { token, userId } = await tokenOf(page);
  await expect(sign(page)).toHaveText("Up to date");
  await stack.stopApi();
  try {
    await expect(sign(page)).toHaveText("Offline, trying again", soon);
    await expect(taskItem(page, "Survives an outage")).toBeVisible();
  } finally {
    await stack.startApi();
  }
  await callApi(`${stack.apiUrl}/api/${userId}/tasks`, token, "POST", { title: "Made after it" });
  await expect(sign(page)).toHaveText("Up to date");
  await expect(titles(page)).toHaveText(["Made after it", "Survives an outage"], soon);
});

test("when the token of the stream expires the next one goes on without a gap", async ({ browser, shortLivedStack: { webUrl, apiUrl } }) => {
  const { page, context } = await signUpIn(browser, webUrl, "Ada");
  await expect(sign(page)).toHaveText("Up to date");
  let streams = 0;
  page.on("request", (request) => {
    if (request.url().endsWith("/events") && request.method() === "GET") streams += 1;
  });
  const { userId } = await tokenOf(page);
  // Over three tokens.
  for (let made = 0; streams < 3; made += 1) {
    const { token } = await tokenOf(page);
    await callApi(`${apiUrl}/api/${userId}/tasks`, token, "POST", { title: `Task ${made}` });
    await expect(titles(page).first()).toHaveText(`Task ${made}`, soon);
    await expect(sign(page)).toHaveText("Up to date");
  }
  await context.close();
});

test("from a session that has ended the sign-in page leads back to the list that was on show", async ({ browser, shortLivedStack: { webUrl } }) => {
  const { page, context, email, password } = await signUpIn(browser, webUrl, "Ada");
  await page.goto("/?status=pending&sort=title");
  await expect(sign(page)).toHaveText("Up to date");
  await context.clearCookies();
  await page.getByRole("button", { name: "Go to the sign-in page" }).click();
  await expect(page.getByText("Your session has ended. Please sign in again.")).toBeVisible();
  await fillSignIn(page, { email, password });
  await expect(page).toHaveURL(`${webUrl}/?status=pending&sort=title`);
  await context.close();
});
