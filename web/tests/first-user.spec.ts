/** Fresh databases and no key anywhere: Better Auth makes one when first asked, and the very first user must not notice. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "@playwright/test";
import { addTask, expect, fillSignUp, newPerson, runStack, signUpIn, taskItem, test } from "./support/fixtures";

test("an API that was up long before Better Auth serves the first person who signs up", ({ browser }) =>
  runStack({ signing: "jwks", apiFirst: true }, async (stack) => {
    expect(stack.logs().api).toContain("JWKS");
    const { page, context } = await signUpIn(browser, stack.webUrl, "Ada");
    await addTask(page, "The very first task");
    await context.close();
  }));

/** An address that lists no key until `open` is called, and from then on what the web app lists. */
async function withClosedKeys(use: (keys: { url: string; open: (jwksUrl: string) => void }) => Promise<void>): Promise<void> {
  let source: string | null = null;
  const keys = async () => (source ? (await fetch(source)).text() : '{"keys":[]}');
  const server = createServer((_request, response) => {
    void keys().then((text) => response.setHeader("Content-Type", "application/json").end(text));
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  try {
    await use({ url: `http://localhost:${(server.address() as AddressInfo).port}/`, open: (url) => (source = url) });
  } finally {
    server.close();
  }
}

/** Signs somebody up and collects how the API answers the page's requests for the list of tasks. */
async function firstVisit(browser: Browser, webUrl: string): Promise<{ page: Page; answers: { status: number; retryAfter: string | undefined }[] }> {
  const page = await (await browser.newContext({ baseURL: webUrl })).newPage();
  const answers: { status: number; retryAfter: string | undefined }[] = [];
  page.on("response", (response) => {
    if (response.request().method() !== "GET" || !/\/api\/[^/]+\/tasks$/.test(new URL(response.url()).pathname)) return;
    answers.push({ status: response.status(), retryAfter: response.headers()["retry-after"] });
  });
  await page.goto("/sign-up");
  await fillSignUp(page, newPerson("Ada"));
  return { page, answers };
}

test("while the API has no keys the page waits as long as it is told, then shows the tasks by itself", ({ browser }) =>
  withClosedKeys(({ url, open }) =>
    runStack({ signing: "jwks", jwksUrl: url }, async (stack) => {
      const { page, answers } = await firstVisit(browser, stack.webUrl);
      await expect.poll(() => answers.length).toBe(1);
      expect(answers[0]).toEqual({ status: 503, retryAfter: expect.stringMatching(/^\d+$/) });
      open(`${stack.webUrl}/api/auth/jwks`);
      await expect(page.getByText("Nothing to do yet")).toBeVisible();
      // How many waits it takes depends on when the keys came within the API's rhythm: one or two.
      // Once the page can hear of changes it asks once more.
      const statuses = answers.map(({ status }) => status);
      expect([[503, 200], [503, 503, 200]]).toContainEqual(statuses.slice(0, statuses.indexOf(200) + 1));
      await addTask(page, "Worth the wait");
      await page.context().close();
    }),
  ));

test("when the keys do not come it gives up, says so, and recovers by itself once they are there", ({ browser }) =>
  withClosedKeys(({ url, open }) =>
    runStack({ signing: "jwks", jwksUrl: url }, async (stack) => {
      const { page, answers } = await firstVisit(browser, stack.webUrl);
      const again = page.getByRole("button", { name: "Try again" });
      await expect(again).toBeVisible();
      await expect(page).toHaveURL(`${stack.webUrl}/`);
      expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
      open(`${stack.webUrl}/api/auth/jwks`);
      await expect(page.getByText("Nothing to do yet")).toBeVisible({ timeout: 30_000 });
      await addTask(page, "Late, but there");
      await expect(taskItem(page, "Late, but there")).toBeVisible();
      await page.context().close();
    }),
  ));
