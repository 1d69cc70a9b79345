/** Personal access tokens: what one opens, and that it opens nothing else, whatever is sent with it. */
import { test as plain } from "@playwright/test";
import { startDouble, takeLogoutTokens } from "./support/api-double";
import { decoded, withBench, type Bench, type Member } from "./support/bench";
import { callApi, expect, test } from "./support/fixtures";
import type { Signing } from "./support/servers";

interface Key {
  id: string;
  key: string;
}

const READ = "tasks:read";
const ALL = "tasks:read tasks:write";

async function makeKey(member: Member, configId: string, body: Record<string, unknown> = {}): Promise<Key> {
  const response = await member.post("/api/auth/api-key/create", { name: "cron", configId, ...body });
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as Key;
}

/** Exchanges a key as a script does, without a cookie. */
const exchange = (bench: Bench, key: string, path = "/api/auth/token", headers: Record<string, string> = {}) =>
  fetch(bench.authUrl + path, { headers: { "x-api-key": key, ...headers } });

async function tokenOf(response: Response): Promise<string> {
  expect(response.status, await response.clone().text()).toBe(200);
  return ((await response.json()) as { token: string }).token;
}

async function start(bench: Bench, signing: Signing, server: "web" | "authServer" = "web"): Promise<void> {
  const secret = `keys-${crypto.randomUUID()}`;
  await bench[server]({ BETTER_AUTH_SECRET: secret, JWT_SIGNING: signing });
  await bench.api(signing === "jwks" ? { JWKS_URL: bench.jwksUrl, JWKS_COOLDOWN_SECONDS: "1" } : { BETTER_AUTH_SECRET: secret });
}

for (const signing of ["shared-secret", "jwks"] as const) {
  plain(`${signing}: a key for reading reads, one for both does both, and neither reaches anybody else's tasks`, () =>
    withBench(async (bench) => {
      await start(bench, signing);
      const [ada, bob] = [await bench.signUp(), await bench.signUp()];
      const tasks = `${bench.apiUrl}/api/${ada.userId}/tasks`;
      for (const [configId, scope, written] of [["read", READ, 403], ["read-write", ALL, 201]] as const) {
        const { id, key } = await makeKey(ada, configId);
        const exchanged = await exchange(bench, key);
        // It does not sign anybody in.
        expect(exchanged.headers.getSetCookie()).toEqual([]);
        const token = await tokenOf(exchanged);
        expect(decoded(token, "payload")).toMatchObject({ sub: ada.userId, sid: id, scope });
        expect((await callApi(tasks, token)).status).toBe(200);
        const answer = await callApi(tasks, token, "POST", { title: "By a script" });
        expect(answer.status).toBe(written);
        if (written === 403) expect(await answer.json()).toMatchObject({ code: "insufficient_scope" });
        expect((await callApi(`${bench.apiUrl}/api/${bob.userId}/tasks`, token)).status).toBe(403);
      }
      // Who is signed in is not restricted.
      expect(decoded(String(await ada.token()), "payload")).not.toHaveProperty("scope");
    }));
}

plain("a key gets no more than its own scope, whatever is sent along", () =>
  withBench(async (bench) => {
    await start(bench, "shared-secret");
    const [ada, bob] = [await bench.signUp(), await bench.signUp()];
    const { key } = await makeKey(ada, "read");
    const requests = [
      exchange(bench, key, "/api/auth/token?scope=tasks:write&configId=read-write&disableCookieCache=true"),
      exchange(bench, key, "/api/auth/token", { scope: "tasks:write", Authorization: `Bearer ${key}` }),
      // With the cookie of its owner, and of somebody else.
      ada.get("/api/auth/token", { "x-api-key": key }),
      bob.get("/api/auth/token", { "x-api-key": key }),
    ];
    for (const response of await Promise.all(requests)) expect(decoded(await tokenOf(response), "payload")).toMatchObject({ sub: ada.userId, scope: READ });

    // A key that is not one is no reason to go by the cookie.
    for (const bad of [`tbw_${key.slice(4)}`, `${key}x`, key.slice(0, -1), `x${key}`, "nonsense", "x".repeat(68), `tbw_${"x".repeat(64)}`]) {
      expect([401, 403], bad).toContain((await ada.get("/api/auth/token", { "x-api-key": bad })).status);
    }
  }));

plain("with a key every address but one answers as it does to a stranger", () =>
  withBench(async (bench) => {
    await start(bench, "shared-secret", "authServer");
    const ada = await bench.signUp();
    const { key, id } = await makeKey(ada, "read-write");
    const listed = (await (await ada.get("/api/auth/list-sessions")).json()) as { token: string }[];
    const endpoints = (await (await fetch(`${bench.authUrl}/test/endpoints`)).json()) as { path: string; method: string }[];
    const paths = endpoints.map((one) => one.path);
    expect(paths).toEqual(expect.arrayContaining(["/token", "/get-session", "/list-sessions", "/revoke-sessions", "/change-password", "/delete-user", "/api-key/create", "/api-key/delete"]));

    // Everything that any of them could want, so that nothing is refused for another reason.
    const body = { keyId: id, id, configId: "read", name: "another", token: listed[0]?.token, currentPassword: ada.password, password: ada.password, newPassword: "battery staple", newEmail: "eve@example.com" };
    const ask = async ({ path, method }: { path: string; method: string }, headers: Record<string, string>) => {
      const url = `${bench.authUrl}/api/auth${path.replaceAll(/:\w+/g, "x")}${method === "GET" ? `?id=${id}&keyId=${id}` : ""}`;
      const init = method === "GET" ? {} : { body: JSON.stringify(body) };
      const response = await fetch(url, { method, redirect: "manual", headers: { "Content-Type": "application/json", Origin: bench.authUrl, ...headers }, ...init });
      return { status: response.status, body: await response.text(), cookies: response.headers.getSetCookie().length };
    };
    for (const endpoint of endpoints.filter(({ path }) => path !== "/token")) {
      const label = `${endpoint.method} ${endpoint.path}`;
      const stranger = await ask(endpoint, {});
      expect(await ask(endpoint, { "x-api-key": key }), label).toEqual(stranger);
    }
    expect((await exchange(bench, key)).status).toBe(200);
    expect((await ada.get("/api/auth/list-sessions")).status).toBe(200);
    expect(await (await ada.get("/api/auth/api-key/list")).json()).toMatchObject({ total: 1 });
  }));

plain("a key has a name and an end, can be listed without being shown, and there are fifty of them at most", () =>
  withBench(async (bench) => {
    await start(bench, "shared-secret");
    const [ada, bob] = [await bench.signUp(), await bench.signUp()];
    const create = (body: unknown) => ada.post("/api/auth/api-key/create", body);
    const refused: [what: string, body: Record<string, unknown>][] = [
      ["no name", { configId: "read" }],
      ["a long name", { configId: "read", name: "x".repeat(65) }],
      ["no such kind", { configId: "everything", name: "x" }],
      ["no kind", { name: "x" }],
      ["an end in ten years", { configId: "read", name: "x", expiresIn: 3_650 * 86_400 }],
      ["a scope of its own", { configId: "read", name: "x", permissions: { tasks: ["write"] } }],
      ["somebody else's", { configId: "read", name: "x", userId: bob.userId }],
    ];
    for (const [what, body] of refused) expect((await create(body)).status, what).toBeGreaterThanOrEqual(400);

    const { id, key } = await makeKey(ada, "read", { expiresIn: null });
    const list = await (await ada.get("/api/auth/api-key/list")).text();
    expect(list).not.toContain(key);
    const { apiKeys } = JSON.parse(list) as { apiKeys: { name: string; start: string; expiresAt: string }[] };
    expect(apiKeys).toMatchObject([{ id, name: "cron", configId: "read", start: key.slice(0, 8) }]);
    const days = (Date.parse(apiKeys[0]!.expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89.9);
    expect(days).toBeLessThan(90.1);
    expect((await ada.post("/api/auth/api-key/update", { keyId: id, configId: "read", expiresIn: null })).status).toBe(404);

    // Somebody else neither sees it nor ends it.
    expect(await (await bob.get("/api/auth/api-key/list")).json()).toMatchObject({ apiKeys: [] });
    expect((await bob.get(`/api/auth/api-key/get?id=${id}&configId=read`)).status).toBe(404);
    expect((await bob.post("/api/auth/api-key/delete", { keyId: id, configId: "read" })).status).toBe(404);
    expect((await exchange(bench, key)).status).toBe(200);

    for (let count = 1; count < 50; count += 1) await makeKey(ada, "read");
    const oneMore = await create({ configId: "read", name: "one too many" });
    expect(oneMore.status).toBe(400);
    expect(await oneMore.json()).toMatchObject({ code: "TOO_MANY_KEYS" });
    await makeKey(bob, "read");
  }));

plain("a token ends with its key, and a key that has ended gets none", () =>
  withBench(async (bench) => {
    await start(bench, "shared-secret");
    const ada = await bench.signUp();
    const { id, key } = await makeKey(ada, "read", { expiresIn: 86_400 });
    const endAt = (seconds: number) => bench.inAuthDatabase(`UPDATE apikey SET expiresAt = '${new Date(seconds * 1_000).toISOString()}' WHERE id = '${id}'`);
    const soon = Math.floor(Date.now() / 1_000) + 120;
    await endAt(soon);
    expect(decoded(await tokenOf(await exchange(bench, key)), "payload").exp).toBe(soon);
    await endAt(soon - 180);
    expect((await exchange(bench, key)).status).toBe(401);
    expect((await exchange(bench, key)).status).toBe(401);
  }));

for (const signing of ["shared-secret", "jwks"] as const) {
  plain(`${signing}: revoking a key, a ban and the end of an account are told to the API, key by key`, async () => {
    const api = await startDouble();
    try {
      await withBench(async (bench) => {
        const secret = `keys-${crypto.randomUUID()}`;
        await bench.authServer({ BETTER_AUTH_SECRET: secret, JWT_SIGNING: signing, API_INTERNAL_URL: api.url });
        const tokens = takeLogoutTokens(api, bench.authUrl, signing === "jwks" ? { jwksUrl: bench.jwksUrl } : { secret });
        const [ada, admin] = [await bench.signUp(), await bench.signUp()];
        const [first, second, third] = [await makeKey(ada, "read"), await makeKey(ada, "read-write"), await makeKey(ada, "read")];
        await makeKey(admin, "read");

        // Not when it does not work: this one is of the other kind.
        expect((await ada.post("/api/auth/api-key/delete", { keyId: first.id, configId: "read-write" })).status).toBe(404);
        expect(tokens.sessions()).toEqual([]);
        expect((await ada.post("/api/auth/api-key/delete", { keyId: first.id, configId: "read" })).status).toBe(200);
        expect(tokens.sessions()).toEqual([first.id]);
        expect((await exchange(bench, first.key)).status).toBe(401);

        await admin.get("/test/admin/ok");
        await bench.inAuthDatabase(`UPDATE user SET role = 'admin' WHERE id = '${admin.userId}'`);
        tokens.payloads.length = 0;
        expect((await admin.post("/test/admin/admin/ban-user", { userId: ada.userId })).status).toBe(200);
        expect(tokens.sessions()).toEqual(expect.arrayContaining([second.id, third.id]));
        expect((await exchange(bench, second.key, "/test/admin/token")).status).toBe(401);
        expect((await admin.post("/test/admin/admin/unban-user", { userId: ada.userId })).status).toBe(200);
        expect((await exchange(bench, second.key, "/test/admin/token")).status).toBe(200);

        expect((await ada.signIn()).status).toBe(200);
        tokens.payloads.length = 0;
        expect((await ada.deleteAccount()).status).toBe(200);
        expect(tokens.sessions()).toEqual(expect.arrayContaining([second.id, third.id]));
        expect(tokens.sessions()).toHaveLength(3);
        for (const { key } of [second, third]) expect((await exchange(bench, key)).status).toBe(401);
      });
    } finally {
      api.close();
    }
  });
}

test("on the account page one is made, shown once, used and revoked", { tag: "@once" }, async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  await page.goto("/account");
  const form = page.getByRole("form", { name: "New token" });
  const list = page.getByRole("list", { name: "Tokens" });
  await form.getByRole("button", { name: "Make a token" }).click();
  await expect(form.getByLabel("Name")).toHaveAccessibleDescription(/Please enter a name/);
  await form.getByLabel("Name").fill("Nightly report");
  await form.getByLabel("Access").selectOption("Read and change tasks");
  await form.getByLabel("Ends after").selectOption("30 days");
  await form.getByRole("button", { name: "Make a token" }).click();
  await expect(page.getByText("“Nightly report” is ready. Copy it now: it is not shown again.")).toBeVisible();
  const key = (await page.locator(".secret code").textContent()) ?? "";
  expect(key).toMatch(/^tbw_[A-Za-z]{64}$/);
  await expect(list.getByRole("listitem")).toContainText(/^Nightly reportRead and change tasks.*until \d+ \w+ \d{4} · not used yet/s);

  const exchanged = await fetch(`${stack.webUrl}/api/auth/token`, { headers: { "x-api-key": key } });
  const token = await tokenOf(exchanged);
  const { sub } = decoded(token, "payload");
  expect((await callApi(`${stack.apiUrl}/api/${String(sub)}/tasks`, token, "POST", { title: "By a script" })).status).toBe(201);

  await page.reload();
  await expect(list.getByRole("listitem")).toContainText("last used");
  await expect(page.getByText(key)).toHaveCount(0);
  await page.getByRole("button", { name: "Revoke Nightly report" }).click();
  const question = page.getByRole("dialog", { name: "Revoke “Nightly report”?" });
  await expect(question.getByRole("button", { name: "Keep it" })).toBeFocused();
  await question.getByRole("button", { name: "Revoke it" }).click();
  await expect(page.getByText("Revoked “Nightly report”.")).toBeAttached();
  await expect(list).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "Personal access tokens" })).toBeFocused();
  expect((await fetch(`${stack.webUrl}/api/auth/token`, { headers: { "x-api-key": key } })).status).toBe(401);
});
