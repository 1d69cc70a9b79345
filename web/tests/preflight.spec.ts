/** What the page asks of the API in vain: permissions it has already, and lists it has already. */
import type { Page } from "@playwright/test";
import { addTask, expect, taskItem, test } from "./support/fixtures";

/** As the browser itself counts: a request that the page makes and one that precedes it look the same to the API only. */
async function watch(page: Page, apiUrl: string) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const paths = new Map<string, string>();
  const preflights: string[] = [];
  const lists: number[] = [];
  session.on("Network.requestWillBeSent", ({ requestId, request, type }) => {
    if (!request.url.startsWith(apiUrl)) return;
    const { pathname, search } = new URL(request.url);
    const path = pathname.replace(/^\/api\/[^/]+/, "");
    if (request.method === "OPTIONS" || type === "Preflight") preflights.push(path + search);
    else paths.set(requestId, `${request.method} ${path}`);
  });
  session.on("Network.responseReceivedExtraInfo", ({ requestId, statusCode }) => {
    if (paths.get(requestId) === "GET /tasks") lists.push(statusCode);
  });
  return { preflights, lists };
}

test("an address costs one preflight an hour, and a list that has not changed no body", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await addTask(page, "Buy milk");
  const { preflights, lists } = await watch(page, stack.apiUrl);
  const visits = ["?status=pending", "?sort=title", "", "?status=pending", "?sort=title", ""];
  for (const query of visits) {
    await page.goto(`/${query}`);
    await expect(taskItem(page, "Buy milk")).toBeVisible();
    await expect(page.locator(".connection")).toHaveText("Up to date");
  }
  for (const title of ["Two", "Three", "Four"]) await addTask(page, title);
  // The cache of the browser goes by the address with its query: one for each filter of the list, none for the other visits.
  const twice = preflights.filter((address, index) => preflights.indexOf(address) !== index);
  expect(twice).toEqual([]);
  expect(preflights.filter((address) => address.startsWith("/tasks?")).length).toBeLessThanOrEqual(3);
  // However many changes there were.
  expect(preflights.filter((address) => address.startsWith("/changes")).length).toBeLessThanOrEqual(1);
  expect(lists).toContain(304);
});
