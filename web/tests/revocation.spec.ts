/** A session that ends takes its tokens with it, wherever a copy of them is: Better Auth, the web app and the API together. */
import { decoded, withBench, type Bench, type Member } from "./support/bench";
import { addTask, callApi, expect, signInOn, taskItem, test, tokenOf } from "./support/fixtures";
import type { Signing } from "./support/servers";

/** The longest that a token may live on, on an instance that was told. */
const AT_ONCE_MS = 2_000;

async function answerOf(apiUrl: string, token: string): Promise<{ status: number; code: string | null; retry: string | null }> {
  const response = await callApi(`${apiUrl}/api/me`, token);
  const { code = null, retry = null } = (await response.json()) as { code?: string; retry?: string };
  return { status: response.status, code, retry };
}

const revoked = { status: 401, code: "session_revoked", retry: "login" };
const erased = { status: 401, code: "account_erased", retry: "login" };

async function expectRevoked(apiUrl: string, token: string, how = revoked): Promise<void> {
  await expect.poll(() => answerOf(apiUrl, token), { timeout: AT_ONCE_MS, intervals: [20] }).toEqual(how);
}

async function expectAccepted(apiUrl: string, token: string): Promise<void> {
  expect((await callApi(`${apiUrl}/api/me`, token)).status).toBe(200);
}

test("after signing out on one device its stolen token is refused, and the other device works on", async ({ signUp, stack }) => {
  const ada = await signUp("Ada");
  await signInOn(ada, "Second/1.0", async (phone) => {
    const stolen = (await tokenOf(ada.page)).token;
    const other = (await tokenOf(phone)).token;
    await expectAccepted(stack.apiUrl, stolen);
    await ada.page.getByRole("button", { name: "Sign out" }).click();
    await expect(ada.page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
    await expectRevoked(stack.apiUrl, stolen);
    await expectAccepted(stack.apiUrl, other);
    await addTask(phone, "Still works");
    await expect(phone.getByRole("dialog")).toHaveCount(0);
  });
});

test("signing out everywhere else ends the page on the other device by itself, and its tokens", async ({ signUp, stack }) => {
  const ada = await signUp("Ada");
  await signInOn(ada, "Second/1.0", async (phone) => {
    const stolen = (await tokenOf(phone)).token;
    const mine = (await tokenOf(ada.page)).token;
    await ada.page.goto("/account");
    await ada.page.getByRole("button", { name: "Sign out everywhere else" }).click();
    await ada.page.getByRole("button", { name: "Sign them out" }).click();
    await expectRevoked(stack.apiUrl, stolen);
    // Nothing was pressed there: the stream has ended.
    const dialog = phone.getByRole("dialog", { name: "Your session has ended" });
    await expect(dialog).toBeVisible();
    await expectAccepted(stack.apiUrl, mine);
    await ada.page.goto("/");
    await addTask(ada.page, "Still works");

    await dialog.getByLabel("Password").fill(ada.password);
    await dialog.getByRole("button", { name: "Sign in" }).click();
    await expect(taskItem(phone, "Still works")).toBeVisible();
    await expectRevoked(stack.apiUrl, stolen);
  });
});

test("a changed password ends the tokens of before, on this device too, without asking for it again here", async ({ signUp, stack }) => {
  const ada = await signUp("Ada");
  const tab = await ada.context.newPage();
  await tab.goto("/");
  await expect(tab.locator(".connection")).toHaveText("Up to date");
  const old = (await tokenOf(ada.page)).token;
  await ada.page.goto("/account");
  const form = ada.page.getByRole("form", { name: "Password" });
  await form.getByLabel("Current password").fill(ada.password);
  await form.getByLabel("New password").fill("battery staple");
  await form.getByRole("button", { name: "Change password" }).click();
  await expect(ada.page.getByText("Changed your password and signed out everywhere else.")).toBeAttached();
  await expectRevoked(stack.apiUrl, old);
  await expectAccepted(stack.apiUrl, (await tokenOf(ada.page)).token);
  await addTask(tab, "In the other tab");
  for (const page of [ada.page, tab]) await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("a deleted account has no token that opens anything", async ({ signUp, stack }) => {
  const ada = await signUp("Ada");
  await signInOn(ada, "Second/1.0", async (phone) => {
    const tokens = [(await tokenOf(ada.page)).token, (await tokenOf(phone)).token];
    await ada.page.getByRole("button", { name: "Account", exact: true }).click();
    await ada.page.getByRole("button", { name: "Delete account…" }).click();
    const dialog = ada.page.getByRole("dialog", { name: "Delete your account?" });
    await dialog.getByLabel("Password").fill(ada.password);
    await dialog.getByRole("button", { name: "Delete everything" }).click();
    await expect(ada.page.getByText("Your account and all your tasks have been deleted.")).toBeVisible();
    for (const token of tokens) await expectRevoked(stack.apiUrl, token, erased);
    // Which of the two depends on how far the deletion was when the stream ended.
    const told = phone.getByText("This account has been deleted, with all its tasks.");
    await expect(told.or(phone.getByRole("dialog", { name: "Your session has ended" }))).toBeVisible();
  });
});

async function start(bench: Bench, signing: Signing, server: "web" | "authServer" = "web", api: Record<string, string> = {}): Promise<void> {
  const secret = `revocation-${crypto.randomUUID()}`;
  await bench[server]({ BETTER_AUTH_SECRET: secret, JWT_SIGNING: signing });
  await bench.api({ ...(signing === "jwks" ? { JWKS_URL: bench.jwksUrl, JWKS_COOLDOWN_SECONDS: "1" } : { BETTER_AUTH_SECRET: secret }), ...api });
}

const tokenFor = async (member: Member, basePath?: string) => String(await member.token(basePath));

for (const signing of ["shared-secret", "jwks"] as const) {
  test(`${signing}: with REQUIRE_SESSION every way out ends the tokens, and the account can be deleted`, { tag: "@once" }, () =>
    withBench(async (bench) => {
      await start(bench, signing, "web", { REQUIRE_SESSION: "on" });
      const ada = await bench.signUp();
      const phone = await ada.secondDevice();
      const [first, second] = [await tokenFor(ada), await tokenFor(phone)];
      await expectAccepted(bench.apiUrl, first);
      await phone.post("/api/auth/sign-out");
      await expectRevoked(bench.apiUrl, second);
      await expectAccepted(bench.apiUrl, first);

      const third = await tokenFor(await ada.secondDevice());
      await ada.post("/api/auth/revoke-sessions");
      for (const token of [first, third]) await expectRevoked(bench.apiUrl, token);
      // A late answer of this kind must not clear the cookie of the next session.
      const refused = await ada.get("/api/auth/token");
      expect([refused.status, refused.headers.getSetCookie()]).toEqual([401, []]);

      await ada.signIn();
      const last = await tokenFor(ada);
      await expectAccepted(bench.apiUrl, last);
      expect((await ada.deleteAccount()).status).toBe(200);
      await expectRevoked(bench.apiUrl, last, erased);
    }));

  test(`${signing}: a ban by the admin plugin ends the tokens, those of keys included`, { tag: "@once" }, () =>
    withBench(async (bench) => {
      await start(bench, signing, "authServer");
      const [ada, admin] = [await bench.signUp(), await bench.signUp()];
      await admin.get("/test/admin/ok");
      await bench.inAuthDatabase(`UPDATE user SET role = 'admin' WHERE id = '${admin.userId}'`);
      const { key } = (await (await ada.post("/api/auth/api-key/create", { name: "cron", configId: "read" })).json()) as { key: string };
      const ofKey = ((await (await fetch(`${bench.authUrl}/api/auth/token`, { headers: { "x-api-key": key } })).json()) as { token: string }).token;
      const [hers, other] = [await tokenFor(ada), await tokenFor(admin)];
      for (const token of [hers, ofKey]) await expectAccepted(bench.apiUrl, token);
      expect((await admin.post("/test/admin/admin/ban-user", { userId: ada.userId })).status).toBe(200);
      for (const token of [hers, ofKey]) await expectRevoked(bench.apiUrl, token);
      await expectAccepted(bench.apiUrl, other);
    }));

  test(`${signing}: with a cookie cache a token that is made afterwards for the gone session is refused`, { tag: "@once" }, () =>
    withBench(async (bench) => {
      await start(bench, signing, "authServer");
      const ada = await bench.signUp();
      const cache = "/test/cookie-cache/secret";
      const phone = await ada.secondDevice(cache);
      const before = await tokenFor(phone, cache);
      await expectAccepted(bench.apiUrl, before);
      await ada.post("/api/auth/revoke-other-sessions");
      await expectRevoked(bench.apiUrl, before);
      const after = await tokenFor(phone, cache);
      expect(decoded(after, "payload").sid).toBe(decoded(before, "payload").sid);
      expect(Number(decoded(after, "payload").iat)).toBeGreaterThanOrEqual(Number(decoded(before, "payload").iat));
      expect(await answerOf(bench.apiUrl, after)).toEqual(revoked);
      // The database has no such session; it is the cookie that vouches for it.
      expect(await phone.token()).toBe(401);
      await expectAccepted(bench.apiUrl, await tokenFor(ada));
    }));

  test(`${signing}: a revoked personal access token takes its API tokens along, and no others`, { tag: "@once" }, () =>
    withBench(async (bench) => {
      await start(bench, signing, "web", { REQUIRE_SESSION: "on" });
      const ada = await bench.signUp();
      const exchanged = async (name: string) => {
        const { id, key } = (await (await ada.post("/api/auth/api-key/create", { name, configId: "read" })).json()) as { id: string; key: string };
        return { id, token: ((await (await fetch(`${bench.authUrl}/api/auth/token`, { headers: { "x-api-key": key } })).json()) as { token: string }).token };
      };
      const [one, two] = [await exchanged("one"), await exchanged("two")];
      for (const { token } of [one, two]) await expectAccepted(bench.apiUrl, token);
      await ada.post("/api/auth/api-key/delete", { keyId: one.id, configId: "read" });
      await expectRevoked(bench.apiUrl, one.token);
      await expectAccepted(bench.apiUrl, two.token);
      await expectAccepted(bench.apiUrl, await tokenFor(ada));
    }));
}

test("a sign-out while the API is away is caught up on when it is back", async ({ signUp, stack }) => {
  const { page } = await signUp("Ada");
  const { token } = await tokenOf(page);
  await stack.stopApi();
  try {
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible({ timeout: 5_000 });
  } finally {
    await stack.startApi();
  }
  await expect.poll(() => answerOf(stack.apiUrl, token), { timeout: 20_000 }).toEqual(revoked);
});
