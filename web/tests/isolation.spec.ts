/** Two people, two browsers: nobody gets at anything that belongs to the other. */
import { addTask, callApi, expect, fillSignUp, newPerson, taskItem, test, tokenOf } from "./support/fixtures";

test("B's page shows none of A's tasks", async ({ signUp }) => {
  const ada = await signUp("Ada");
  await addTask(ada.page, "Ada's secret plan");
  const bob = await signUp("Bob");
  await addTask(bob.page, "Bob's errand");
  await bob.page.reload();
  await expect(taskItem(bob.page, "Bob's errand")).toBeVisible();
  await expect(bob.page.getByText("Ada's secret plan")).toHaveCount(0);
  await expect(bob.page.getByRole("listitem")).toHaveCount(1);
});

test("B's token opens no path of A's, whatever the method", async ({ signUp, stack }) => {
  const ada = await signUp("Ada");
  await addTask(ada.page, "Ada's secret plan");
  const adasTask = await ada.page.getByRole("listitem").getAttribute("data-task-id");
  const { userId: adasId } = await tokenOf(ada.page);
  const bob = await signUp("Bob");
  const { token } = await tokenOf(bob.page);

  const attempts: [method: string, path: string, body?: unknown][] = [
    ["GET", "/tasks"],
    ["POST", "/tasks", { title: "planted" }],
    ["GET", `/tasks/${adasTask}`],
    ["PUT", `/tasks/${adasTask}`, { title: "changed" }],
    ["PATCH", `/tasks/${adasTask}`, { title: "changed" }],
    ["PATCH", `/tasks/${adasTask}/complete`],
    ["DELETE", `/tasks/${adasTask}`],
  ];
  for (const [method, path, body] of attempts) {
    const response = await callApi(`${stack.apiUrl}/api/${adasId}${path}`, token, method, body);
    const text = await response.text();
    expect(response.status, `${method} ${path}`).toBe(403);
    expect(text).not.toContain("secret plan");
    expect(JSON.parse(text)).toMatchObject({ status: 403, retry: "never" });
  }
  await ada.page.reload();
  await expect(taskItem(ada.page, "Ada's secret plan")).toBeVisible();
  await expect(ada.page.getByRole("listitem")).toHaveCount(1);
});

test("in B's own browser, too, a fetch of A's path is refused without any data", async ({ signUp, stack }) => {
  const ada = await signUp("Ada");
  await addTask(ada.page, "Ada's secret plan");
  const { userId: adasId } = await tokenOf(ada.page);
  const bob = await signUp("Bob");
  const answer = await bob.page.evaluate(async (url) => {
    const { token } = (await (await fetch("/api/auth/token")).json()) as { token: string };
    const response = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
    return { status: response.status, text: await response.text() };
  }, `${stack.apiUrl}/api/${adasId}/tasks`);
  expect(answer.status).toBe(403);
  expect(answer.text).not.toContain("secret plan");
});

test("A's task id below B's path is answered like an id that never existed", async ({ signUp, stack }) => {
  const ada = await signUp("Ada");
  await addTask(ada.page, "Ada's secret plan");
  const adasTask = await ada.page.getByRole("listitem").getAttribute("data-task-id");
  const bob = await signUp("Bob");
  const { token, userId } = await tokenOf(bob.page);
  for (const [method, body] of [["GET"], ["PUT", { title: "changed" }], ["DELETE"]] as [string, unknown?][]) {
    const foreign = await callApi(`${stack.apiUrl}/api/${userId}/tasks/${adasTask}`, token, method, body);
    const missing = await callApi(`${stack.apiUrl}/api/${userId}/tasks/999999`, token, method, body);
    expect(foreign.status, method).toBe(404);
    expect(missing.status).toBe(404);
    const withoutRequestId = async (response: Response) => {
      const { request_id: _, ...rest } = (await response.json()) as Record<string, unknown>;
      return rest;
    };
    expect(await withoutRequestId(foreign)).toEqual(await withoutRequestId(missing));
  }
});

test("without a token there is a 401 that names the scheme", async ({ stack }) => {
  for (const path of ["/api/somebody/tasks", "/api/somebody/tasks/1", "/api/me"]) {
    const response = await callApi(`${stack.apiUrl}${path}`, null);
    expect(response.status, path).toBe(401);
    const challenge = response.headers.get("WWW-Authenticate") ?? "";
    expect(challenge).toMatch(/^Bearer /);
    expect(challenge).not.toContain("error=");
  }
});

test("another person signing in in a second tab never gets the first person's page to act for them", async ({ signUp }) => {
  const { page, context } = await signUp("Ada");
  await addTask(page, "Ada's secret plan");
  await page.clock.install();
  await page.reload();
  await expect(taskItem(page, "Ada's secret plan")).toBeVisible();
  await context.clearCookies();
  const other = await context.newPage();
  await other.goto("/sign-up");
  await fillSignUp(other, newPerson("Bob"));
  await expect(other.getByText("Nothing to do yet")).toBeVisible();

  await page.clock.fastForward("16:00");
  await page.getByRole("checkbox", { name: "Ada's secret plan" }).click();
  await expect(page.getByText("Bob", { exact: true })).toBeVisible();
  await expect(page.getByText("Ada's secret plan")).toHaveCount(0);
});
