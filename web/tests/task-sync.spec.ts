/** `taskbridge-auth/live` as a front end of somebody else would use it: no browser, no React, the real API. */
import { expect, type Page } from "@playwright/test";
import { bearerFetch, type Connection, createTaskMemory, createTaskSync } from "taskbridge-auth/live";
import { callApi, seedTasks, test, tokenOf } from "./support/fixtures";

interface Row {
  id: number;
  version: number;
  title: string;
}

async function follow(page: Page, apiUrl: string, since: string | null = null) {
  const { token, userId } = await tokenOf(page);
  const base = `${apiUrl}/api/${userId}`;
  const memory = createTaskMemory<Row>();
  const states: Connection[] = [];
  const resets: (string | null)[] = [];
  const sync = createTaskSync<Row>({
    base,
    fetch: bearerFetch(async () => token),
    renewToken: () => {},
    begin: "all",
    since,
    onChanges: memory.apply,
    onReset: (to) => {
      resets.push(to);
      memory.clear();
    },
    onConnection: (state) => states.push(state),
    pause: () => 50,
  });
  sync.start();
  const titles = () => memory.tasks().map(({ title }) => title).sort();
  return { sync, memory, states, resets, titles, base, token };
}

test("a client that begins with nothing has every task in pages, and then each change", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await seedTasks(page, stack.apiUrl, Array.from({ length: 120 }, (_, index) => ({ title: `Task ${index}` })));
  const { sync, memory, states, titles, base, token } = await follow(page, stack.apiUrl);
  await expect.poll(() => states).toEqual(["live"]);
  expect(titles()).toHaveLength(120);
  const first = memory.tasks()[0]!;
  await callApi(`${base}/tasks/${first.id}`, token, "PATCH", { title: "Changed" });
  await expect.poll(titles).toContain("Changed");
  await callApi(`${base}/tasks/${first.id}`, token, "DELETE");
  await expect.poll(titles).toHaveLength(119);
  sync.stop();

  // Later it goes on from where it was.
  await callApi(`${base}/tasks`, token, "POST", { title: "While away" });
  const later = await follow(page, stack.apiUrl, sync.since());
  await expect.poll(later.titles).toEqual(["While away"]);
  expect(later.resets).toEqual([]);
  later.sync.stop();
});

test("a server that goes away is tried until it is back, and nothing is missed", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  const { sync, states, titles, base, token } = await follow(page, stack.apiUrl);
  await expect.poll(() => states).toEqual(["live"]);
  await stack.stopApi();
  await expect.poll(() => states).toEqual(["live", "offline"]);
  await stack.startApi();
  await callApi(`${base}/tasks`, token, "POST", { title: "After the outage" });
  await expect.poll(titles).toEqual(["After the outage"]);
  expect(states.at(-1)).toBe("live");
  sync.stop();
});
