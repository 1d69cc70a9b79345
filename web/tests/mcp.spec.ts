/**
 * Assistants: the official client finds its way from the address of `/mcp` alone, its user answers in a real browser, and
 * it reads and changes the tasks of that user and of nobody else.
 */
import AxeBuilder from "@axe-core/playwright";
import type { Client } from "@modelcontextprotocol/client";
import type { Page } from "@playwright/test";
import { Assistant, newClient, startCallback, type Callback, type Era } from "./support/assistant";
import { decoded } from "./support/bench";
import { callApi, expect, fillSignIn, fillSignUp, newPerson, runStack, seedTasks, signUpIn, taskItem, test as base, tokenOf } from "./support/fixtures";
import type { Stack } from "./support/servers";

const test = base.extend<{ callback: Callback }, { mcp: Stack }>({
  mcp: [async ({ signing }, use) => runStack({ signing, mcp: true }, use), { scope: "worker", timeout: 60_000 }],
  callback: async ({}, use) => {
    const callback = await startCallback();
    await use(callback);
    callback.stop();
  },
});

const mcpOf = (stack: Stack) => `${stack.apiUrl}/mcp`;
const question = (page: Page) => page.getByRole("heading", { name: /^Give .* access\?$/ });

/** Connects, with its user's consent. */
async function connected(assistant: Assistant, callback: Callback, page: Page, era: Era = "auto", access?: string): Promise<Client> {
  const asked = await assistant.connect(newClient(era));
  if (asked) await allow(assistant, callback, page, asked, access);
  const client = newClient(era);
  expect(await assistant.connect(client)).toBeNull();
  return client;
}

async function allow(assistant: Assistant, callback: Callback, page: Page, asked: URL, access?: string): Promise<void> {
  await page.goto(asked.href);
  await expect(question(page)).toBeVisible();
  if (access) await page.getByRole("radio", { name: access }).check();
  await page.getByRole("button", { name: "Allow" }).click();
  await assistant.take(await callback.answer());
}

async function call(client: Client, name: string, args: Record<string, unknown> = {}) {
  const result = await client.callTool({ name, arguments: args });
  return { isError: result.isError === true, found: result.structuredContent as Record<string, any>, text: JSON.stringify(result.content) };
}

const refresh = (stack: Stack, assistant: Assistant) =>
  fetch(`${stack.webUrl}/api/auth/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: assistant.refreshToken,
      client_id: assistant.clientId,
      resource: mcpOf(stack),
    }),
  });

for (const era of ["auto", "legacy"] as const) {
  test(`from the address alone to every tool, with ${era === "auto" ? "requests that stand for themselves" : "a handshake"}`, async ({ browser, mcp, callback }) => {
    const bare = await callApi(mcpOf(mcp), null, "POST", { jsonrpc: "2.0", id: 1, method: "ping" });
    expect(bare.status).toBe(401);
    expect(bare.headers.get("WWW-Authenticate")).toContain(`resource_metadata="${mcp.apiUrl}/.well-known/oauth-protected-resource/mcp"`);

    const ada = await signUpIn(browser, mcp.webUrl, "Ada");
    const assistant = new Assistant(mcpOf(mcp), callback.port);
    const client = await connected(assistant, callback, ada.page, era);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["list_tasks", "add_task", "update_task", "complete_task", "delete_task", "list_trash", "restore_task"]);

    const { found } = await call(client, "add_task", { title: "Water the plants", tags: ["home"], priority: "high" });
    const { id } = found.task;
    await ada.page.goto(mcp.webUrl);
    await expect(taskItem(ada.page, "Water the plants")).toBeVisible();
    expect((await call(client, "list_tasks", { tag: ["home"] })).found.tasks).toMatchObject([{ id, completed: false }]);
    expect((await call(client, "update_task", { id, title: "Water the ferns" })).found.task).toMatchObject({ title: "Water the ferns", priority: "high" });
    expect((await call(client, "complete_task", { id })).found.task.completed).toBe(true);
    expect((await call(client, "delete_task", { id })).found).toEqual({ id, deleted: true });
    await expect(taskItem(ada.page, "Water the ferns")).toBeHidden();
    expect((await call(client, "list_trash")).found.tasks).toMatchObject([{ id, title: "Water the ferns" }]);
    expect((await call(client, "restore_task", { id })).found.task).toMatchObject({ id, completed: true });
    expect((await call(client, "add_task", { title: " " })).text).toContain("at least one visible character");
    await client.close();
  });
}

test("its token is for /mcp alone, names scope and session, and is no token of the API", async ({ browser, mcp, callback }) => {
  const ada = await signUpIn(browser, mcp.webUrl, "Ada");
  const assistant = new Assistant(mcpOf(mcp), callback.port);
  await connected(assistant, callback, ada.page);
  const { session } = (await (await ada.page.request.get(`${mcp.webUrl}/api/auth/get-session`)).json()) as { session: { id: string; userId: string } };
  expect(decoded(assistant.accessToken, "header").typ).toBe("at+jwt");
  expect(decoded(assistant.accessToken, "payload")).toMatchObject({
    aud: mcpOf(mcp),
    iss: mcp.webUrl,
    sub: session.userId,
    sid: session.id,
    scope: "tasks:read tasks:write offline_access",
  });
  const { exp, iat } = decoded(assistant.accessToken, "payload") as { exp: number; iat: number };
  expect(exp - iat).toBe(15 * 60);

  for (const path of ["/api/me", `/api/${session.userId}/tasks`]) {
    expect((await callApi(mcp.apiUrl + path, assistant.accessToken)).status, path).toBe(401);
  }
  const { token } = await tokenOf(ada.page);
  expect((await callApi(`${mcp.apiUrl}/api/me`, token)).status).toBe(200);
  expect((await callApi(mcpOf(mcp), token, "POST", { jsonrpc: "2.0", id: 1, method: "ping" })).status).toBe(401);

  const refreshed = (await (await refresh(mcp, assistant)).json()) as { access_token: string };
  expect(decoded(refreshed.access_token, "payload")).toMatchObject({ aud: mcpOf(mcp), sid: session.id });
});

test("a model that was told another user's id sees and changes nothing of that user", async ({ browser, mcp, callback }) => {
  const [ada, mallory] = [await signUpIn(browser, mcp.webUrl, "Ada"), await signUpIn(browser, mcp.webUrl, "Mallory")];
  await seedTasks(ada.page, mcp.apiUrl, [{ title: "Ada's secret" }]);
  const { token, userId } = await tokenOf(ada.page);
  const tasksOf = async () => (await callApi(`${mcp.apiUrl}/api/${userId}/tasks`, token)).json();
  const before = (await tasksOf()) as { id: number }[];
  const theirs = before[0]?.id ?? 0;

  const client = await connected(new Assistant(mcpOf(mcp), callback.port), callback, mallory.page);
  const { tools } = await client.listTools();
  const argumentsOf: Record<string, Record<string, unknown>> = { add_task: { title: "Planted" }, update_task: { id: theirs, title: "Changed" } };
  for (const { name, inputSchema } of tools) {
    const takesId = "id" in (inputSchema.properties ?? {});
    const args = argumentsOf[name] ?? (takesId ? { id: theirs } : {});
    for (const argument of ["user_id", "userId", "owner", "sub"]) {
      const { isError, text } = await call(client, name, { ...args, [argument]: userId });
      expect(isError, `${name} with ${argument}`).toBe(true);
      expect(text, name).toContain("This tool has no such argument");
    }
    const { isError, text } = await call(client, name, args);
    expect(isError, name).toBe(takesId);
    expect(text, name).not.toContain("secret");
  }
  expect(await tasksOf()).toEqual(before);
});

test("with access for reading only, a change asks the user again", async ({ browser, mcp, callback }) => {
  const ada = await signUpIn(browser, mcp.webUrl, "Ada");
  const assistant = new Assistant(mcpOf(mcp), callback.port);
  const client = await connected(assistant, callback, ada.page, "auto", "read tasks, and change nothing");
  expect(decoded(assistant.accessToken, "payload").scope).toBe("tasks:read offline_access");
  expect((await call(client, "list_tasks")).found.tasks).toEqual([]);

  const asked = await call(client, "add_task", { title: "Buy milk" }).then(
    () => Promise.reject(new Error("It was added.")),
    (error: unknown) => assistant.askedOr(error),
  );
  expect(asked.searchParams.get("scope")?.split(" ")).toEqual(expect.arrayContaining(["tasks:read", "tasks:write"]));
  expect((await call(client, "list_tasks")).found.tasks).toEqual([]);
  await allow(assistant, callback, ada.page, asked);
  const more = newClient("auto");
  await assistant.connect(more);
  expect((await call(more, "add_task", { title: "Buy milk" })).found.task.title).toBe("Buy milk");
});

test("a sign-out, and an access that was taken back, end it", async ({ browser, mcp, callback }) => {
  const ada = await signUpIn(browser, mcp.webUrl, "Ada");
  const first = new Assistant(mcpOf(mcp), callback.port);
  await connected(first, callback, ada.page);
  await ada.page.goto(`${mcp.webUrl}/account`);
  const section = ada.page.getByRole("region", { name: "Assistants" });
  await expect(section.getByRole("listitem")).toContainText(/^Desk Helper.*Read and change tasks.*allowed \d+ \w+ \d{4}/);
  await section.getByRole("button", { name: "Take back the access of Desk Helper" }).click();
  const dialog = ada.page.getByRole("dialog");
  await expect(dialog).toContainText("ends within 15 minutes");
  const { violations } = await new AxeBuilder({ page: ada.page }).analyze();
  expect(violations.filter(({ impact }) => impact === "serious" || impact === "critical")).toEqual([]);
  await dialog.getByRole("button", { name: "Take it back" }).click();
  await expect(section).toContainText("You have not allowed any to reach your tasks.");
  await expect(section.getByRole("heading", { name: "Assistants" })).toBeFocused();
  const refused = await refresh(mcp, first);
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({ error: "invalid_grant", error_description: "Access was taken back." });

  const second = new Assistant(mcpOf(mcp), callback.port);
  await connected(second, callback, ada.page);
  expect((await refresh(mcp, second)).status).toBe(200);
  const third = new Assistant(mcpOf(mcp), callback.port);
  const client = await connected(third, callback, ada.page);
  await call(client, "list_tasks");
  await ada.page.goto(mcp.webUrl);
  await ada.page.getByRole("button", { name: "Sign out" }).click();
  await expect(ada.page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
  // At once, and not when the token expires.
  const ended = await callApi(mcpOf(mcp), third.accessToken, "POST", { jsonrpc: "2.0", id: 1, method: "ping" });
  expect(ended.status).toBe(401);
  expect(ended.headers.get("WWW-Authenticate")).toContain("The session has ended");
  const after = await refresh(mcp, third);
  expect(after.status).toBe(400);
  expect(await after.json()).toMatchObject({ error: "invalid_grant" });
});

test("a visitor signs in or up first, and what is denied is not given", { tag: "@once" }, async ({ browser, mcp, callback }) => {
  const ada = await signUpIn(browser, mcp.webUrl, "Ada");
  const assistant = new Assistant(mcpOf(mcp), callback.port);
  const asked = (await assistant.connect(newClient("auto")))!;
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(asked.href);
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByRole("link", { name: "Sign in" }).click();
  await fillSignIn(page, { ...ada, password: "not the password" });
  await expect(page.getByLabel("Password")).toHaveAttribute("aria-invalid", "true");
  await fillSignIn(page, ada);
  await expect(question(page)).toHaveText("Give Desk Helper access?");
  await expect(page.getByText(ada.email)).toBeVisible();
  await expect(page.getByText(`localhost:${callback.port}`)).toBeVisible();
  await page.getByRole("button", { name: "Deny" }).click();
  const { query } = await callback.answer();
  expect(Object.fromEntries(query)).toMatchObject({ error: "access_denied", iss: mcp.webUrl });
  expect(query.get("code")).toBeNull();
  await expect(assistant.take({ query })).rejects.toThrow();
  expect(assistant.accessToken).toBe("");
  await context.close();

  const other = await browser.newContext();
  const newcomer = await other.newPage();
  await newcomer.goto(asked.href);
  await newcomer.getByRole("link", { name: "Create an account" }).click();
  await fillSignUp(newcomer, newPerson("Bob"));
  await expect(question(newcomer)).toBeVisible();
  await newcomer.getByRole("button", { name: "Allow" }).click();
  await assistant.take(await callback.answer());
  expect(assistant.accessToken).not.toBe("");
  await other.close();
});

test("the question is accessible, and says plainly who asks", { tag: "@once" }, async ({ browser, mcp, callback }) => {
  const ada = await signUpIn(browser, mcp.webUrl, "Ada");
  const long = `Taskbridge\u202e\n support ${"x".repeat(100)}`;
  const assistant = new Assistant(mcpOf(mcp), callback.port, long);
  const asked = (await assistant.connect(newClient("auto")))!;
  for (const colorScheme of ["light", "dark"] as const) {
    await ada.page.emulateMedia({ colorScheme });
    await ada.page.goto(asked.href);
    await expect(question(ada.page)).toHaveText(/^Give Taskbridge support x{41}… access\?$/);
    const { violations } = await new AxeBuilder({ page: ada.page }).analyze();
    expect(violations.filter(({ impact }) => impact === "serious" || impact === "critical")).toEqual([]);
  }
  await ada.page.setViewportSize({ width: 320, height: 640 });
  expect(await ada.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  await ada.page.getByRole("radio", { name: "read, add, change and delete tasks" }).focus();
  await ada.page.keyboard.press("ArrowDown");
  await expect(ada.page.getByRole("radio", { name: "read tasks, and change nothing" })).toBeChecked();
  await ada.page.keyboard.press("Enter");
  await assistant.take(await callback.answer());
  expect(decoded(assistant.accessToken, "payload").scope).not.toContain("tasks:write");
});

test("a question that was changed on the way is not answered", { tag: "@once" }, async ({ browser, mcp, callback }) => {
  const ada = await signUpIn(browser, mcp.webUrl, "Ada");
  const assistant = new Assistant(mcpOf(mcp), callback.port);
  const asked = (await assistant.connect(newClient("auto")))!;
  await ada.page.goto(asked.href);
  await expect(question(ada.page)).toBeVisible();
  const genuine = new URL(ada.page.url());
  for (const [name, value] of [["scope", "tasks:read tasks:write openid"], ["redirect_uri", "https://evil.example/"], ["resource", mcp.webUrl], ["sig", "x"]] as const) {
    const changed = new URL(genuine);
    changed.searchParams.set(name, value);
    await ada.page.goto(changed.href);
    await ada.page.getByRole("button", { name: "Allow" }).click();
    await expect(ada.page.getByText("This request has expired or was changed.")).toBeVisible();
  }
});

test("no client registers for more than /mcp, and no user manages clients", { tag: "@once" }, async ({ browser, mcp, callback }) => {
  const ada = await signUpIn(browser, mcp.webUrl, "Ada");
  const register = (more: object) =>
    callApi(`${mcp.webUrl}/api/auth/oauth2/register`, null, "POST", {
      redirect_uris: [`http://localhost:${callback.port}/callback`],
      token_endpoint_auth_method: "none",
      application_type: "native",
      ...more,
    });
  expect((await register({})).status).toBe(201);
  for (const more of [
    { resources: [mcp.webUrl] },
    { resources: ["https://other.example/"] },
    { grant_types: ["client_credentials"] },
    { scope: "openid" },
    { redirect_uris: ["http://evil.example/callback"] },
    { redirect_uris: ["javascript:alert(1)"] },
  ]) {
    expect((await register(more)).status, JSON.stringify(more)).toBe(400);
  }
  const manage = (path: string, data: object) => ada.page.request.post(`${mcp.webUrl}/api/auth${path}`, { data, headers: { Origin: mcp.webUrl } });
  const client = { redirect_uris: ["https://app.example/callback"] };
  expect((await manage("/oauth2/create-client", client)).status()).toBe(401);
  for (const path of ["/admin/oauth2/create-client", "/admin/oauth2/resources"]) {
    expect((await manage(path, { ...client, identifier: mcp.webUrl })).status(), path).toBe(404);
  }

  // A token for the API itself cannot be asked for.
  const assistant = new Assistant(mcpOf(mcp), callback.port);
  const asked = (await assistant.connect(newClient("auto")))!;
  asked.searchParams.set("resource", mcp.webUrl);
  await ada.page.goto(asked.href);
  const { query } = await callback.answer();
  expect(query.get("error")).toBe("invalid_target");
});

test("without MCP=on there is no authorization server", { tag: "@once" }, async ({ stack, signUp }) => {
  const { page } = await signUp("Ada");
  for (const path of ["/.well-known/oauth-authorization-server", "/api/auth/oauth2/authorize", "/consent", "/api/auth/oauth2/get-consents"]) {
    expect((await page.request.get(stack.webUrl + path)).status(), path).toBe(404);
  }
  expect((await callApi(`${stack.webUrl}/api/auth/oauth2/register`, null, "POST", {})).status).toBe(404);
  await page.goto(`${stack.webUrl}/account`);
  await expect(page.getByRole("region", { name: "Personal access tokens" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Assistants" })).toHaveCount(0);
});
