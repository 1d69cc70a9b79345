/** Every way in which a session ends reaches the API as a logout token. A double takes them, with the rules of the specification. No browser involved. */
import { randomUUID } from "node:crypto";
import { expect, test } from "@playwright/test";
import { betterAuth, type SecondaryStorage } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { taskbridgeJwt } from "taskbridge-auth";
import { startDouble, takeLogoutTokens, type ApiDouble, type LogoutTokens, type Verifier } from "./support/api-double";
import { decoded, withBench, type Bench, type Member } from "./support/bench";
import type { Signing } from "./support/servers";

interface Setting {
  bench: Bench;
  api: ApiDouble;
  signing: Verifier;
  tokens: LogoutTokens;
}

async function withDouble(signing: Signing, use: (setting: Setting) => Promise<void>, server: "web" | "authServer" = "web"): Promise<void> {
  const api = await startDouble();
  try {
    await withBench(async (bench) => {
      const secret = `logout-${randomUUID()}`;
      const verifier = signing === "jwks" ? { jwksUrl: bench.jwksUrl } : { secret };
      await bench[server]({ BETTER_AUTH_SECRET: secret, JWT_SIGNING: signing, API_INTERNAL_URL: api.url });
      await use({ bench, api, signing: verifier, tokens: takeLogoutTokens(api, bench.authUrl, verifier) });
    });
  } finally {
    api.close();
  }
}

/** The id of the session, as the API knows it. */
const sidOf = async (member: Member) => String(decoded(String(await member.token()), "payload").sid);

async function expectOk(request: Promise<Response>): Promise<void> {
  const response = await request;
  expect(response.status, await response.clone().text()).toBe(200);
}

/** What came since the last look. */
function since(tokens: LogoutTokens): string[] {
  const sessions = tokens.sessions();
  tokens.payloads.length = 0;
  return sessions;
}

for (const signing of ["shared-secret", "jwks"] as const) {
  test(`${signing}: each session that ends, in whatever way, is told once, before the answer`, () =>
    withDouble(signing, async ({ bench, tokens }) => {
      const ada = await bench.signUp();
      const bob = await bench.signUp();
      const [laptop, phone, tablet] = [await ada.secondDevice(), await ada.secondDevice(), await ada.secondDevice()];
      const sids = { ada: await sidOf(ada), laptop: await sidOf(laptop), phone: await sidOf(phone), tablet: await sidOf(tablet) };
      expect(new Set(Object.values(sids)).size).toBe(4);
      // By then nothing has ended.
      expect(since(tokens)).toEqual([]);

      await expectOk(laptop.post("/api/auth/sign-out"));
      expect(since(tokens)).toEqual([sids.laptop]);

      const listed = (await (await ada.get("/api/auth/list-sessions")).json()) as { id: string; token: string }[];
      const ofPhone = listed.find(({ id }) => id === sids.phone);
      expect(JSON.stringify(Object.values(sids))).not.toContain(ofPhone?.token);
      await expectOk(ada.post("/api/auth/revoke-session", { token: ofPhone?.token }));
      expect(since(tokens)).toEqual([sids.phone]);

      await expectOk(ada.post("/api/auth/revoke-other-sessions"));
      expect(since(tokens)).toEqual([sids.tablet]);

      const second = await sidOf(await ada.secondDevice());
      await expectOk(ada.post("/api/auth/change-password", { currentPassword: ada.password, newPassword: "battery staple", revokeOtherSessions: true }));
      // This device has a new session then, and its old tokens are as old as those of the others.
      expect(since(tokens)).toEqual([sids.ada, second].sort());
      const renewed = await sidOf(ada);
      expect(renewed).not.toBe(sids.ada);

      await expectOk(ada.post("/api/auth/revoke-sessions"));
      expect(since(tokens)).toEqual([renewed]);

      const [bobs, other] = [await sidOf(bob), await sidOf(await bob.secondDevice())];
      await expectOk(bob.deleteAccount());
      expect(since(tokens)).toEqual([bobs, other].sort());
    }));

  test(`${signing}: a ban by the admin plugin ends every session of that user and no other`, () =>
    withDouble(
      signing,
      async ({ bench, tokens }) => {
        const admin = await bench.signUp();
        const ada = await bench.signUp();
        const sessions = [await sidOf(ada), await sidOf(await ada.secondDevice())];
        // The columns of the plugin come with its first request.
        await admin.get("/test/admin/ok");
        await bench.inAuthDatabase(`UPDATE user SET role = 'admin' WHERE id = '${admin.userId}'`);
        await expectOk(admin.post("/test/admin/admin/ban-user", { userId: ada.userId }));
        expect(since(tokens)).toEqual(sessions.sort());
        expect(await ada.token()).toBe(401);
        expect(typeof (await admin.token())).toBe("string");
      },
      "authServer",
    ));

  test(`${signing}: a sign-out while the API is away is told when it is back`, () =>
    withDouble(signing, async ({ bench, api, signing: verifier }) => {
      const ada = await bench.signUp();
      const sid = await sidOf(ada);
      api.answer(null);
      await expectOk(ada.post("/api/auth/sign-out"));
      await expect.poll(() => bench.authLog()).toContain("could not be told that a session has ended");
      const tokens = takeLogoutTokens(api, bench.authUrl, verifier);
      await expect.poll(() => tokens.sessions(), { timeout: 10_000 }).toEqual([sid]);
      expect(bench.authLog()).not.toContain(sid);
    }));
}

test("an API that does not answer holds up a sign-out for two seconds, however many sessions end", () =>
  withDouble("shared-secret", async ({ bench, api, signing }) => {
    const ada = await bench.signUp();
    const sids = [await sidOf(ada)];
    for (let device = 0; device < 4; device += 1) sids.push(await sidOf(await ada.secondDevice()));
    api.answer(() => {});
    const begun = Date.now();
    await expectOk(ada.post("/api/auth/revoke-sessions"));
    const took = Date.now() - begun;
    expect(took).toBeGreaterThan(1_900);
    expect(took).toBeLessThan(3_000);
    const tokens = takeLogoutTokens(api, bench.authUrl, signing);
    await expect.poll(() => tokens.sessions(), { timeout: 15_000 }).toEqual(sids.sort());
  }));

test("a user has fifty sessions at most: the oldest ends, so that none is missed when all end", () =>
  withDouble("shared-secret", async ({ bench, tokens }) => {
    const ada = await bench.signUp();
    const sids = [await sidOf(ada)];
    for (let device = 1; device < 50; device += 1) sids.push(await sidOf(await ada.secondDevice()));
    expect(since(tokens)).toEqual([]);
    const last = await ada.secondDevice();
    sids.push(await sidOf(last));
    expect(since(tokens)).toEqual([sids[0]]);
    expect(await ada.token()).toBe(401);
    await expectOk(last.post("/api/auth/revoke-sessions"));
    await expect.poll(() => tokens.sessions()).toEqual(sids.slice(1).sort());
  }));

test("an API that refuses is not asked again, and the log says which session goes on", () =>
  withDouble("shared-secret", async ({ bench, api, signing }) => {
    const ada = await bench.signUp();
    const sid = await sidOf(ada);
    let asked = 0;
    takeLogoutTokens(api, bench.authUrl, signing, () => ((asked += 1), 400));
    await expectOk(ada.post("/api/auth/sign-out"));
    await expect.poll(() => bench.authLog()).toContain(`The session ${sid} could not be ended`);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(asked).toBe(1);
  }));

test("a token never outlives its session", () =>
  withDouble("shared-secret", async ({ bench }) => {
    const ada = await bench.signUp();
    const { iat, exp } = decoded(String(await ada.token()), "payload") as { iat: number; exp: number };
    expect(exp - iat).toBe(900);
    // Not prolonged by being used, as the others are.
    await expectOk(ada.post("/api/auth/sign-in/email", { email: ada.email, password: ada.password, rememberMe: false }));
    const end = Math.floor(Date.now() / 1000) + 300;
    await bench.inAuthDatabase(`UPDATE session SET expiresAt = '${new Date(end * 1000).toISOString()}' WHERE userId = '${ada.userId}'`);
    expect(decoded(String(await ada.token()), "payload").exp).toBe(end);
  }));

for (const stored of [false, true]) {
  test(`sessions in secondaryStorage ${stored ? "and the database are told" : "only are not told, which is said at the start"}`, async () => {
    const api = await startDouble();
    process.env.BETTER_AUTH_SECRET = `storage-${randomUUID()}`;
    try {
      const origin = "http://localhost:3000";
      const lines: string[] = [];
      const auth = betterAuth({
        baseURL: origin,
        database: memoryAdapter({ user: [], session: [], account: [], verification: [], jwks: [] }),
        secondaryStorage: inMemory(),
        session: { storeSessionInDatabase: stored },
        emailAndPassword: { enabled: true },
        logger: { log: (level, message) => void lines.push(`${level} ${message}`) },
        plugins: [taskbridgeJwt({ apiUrl: api.url })],
      });
      const tokens = takeLogoutTokens(api, origin, { secret: process.env.BETTER_AUTH_SECRET });
      const { headers } = await auth.api.signUpEmail({ body: { name: "Ada", email: "ada@example.com", password: "correct horse" }, returnHeaders: true });
      const cookie = headers.getSetCookie().map((line) => line.split(";", 1)[0]).join("; ");
      const session = await auth.api.getSession({ headers: new Headers({ Cookie: cookie }) });
      await auth.api.signOut({ headers: new Headers({ Cookie: cookie }) });
      expect(tokens.sessions()).toEqual(stored ? [session?.session.id] : []);
      const warning = lines.filter((line) => line.includes("the task API goes on taking its tokens"));
      expect(warning).toEqual(stored ? [] : [expect.stringMatching(/^warn Sessions are in secondaryStorage only/)]);
    } finally {
      delete process.env.BETTER_AUTH_SECRET;
      api.close();
    }
  });
}

function inMemory(): SecondaryStorage {
  const values = new Map<string, string>();
  const take = (key: string) => {
    const value = values.get(key) ?? null;
    values.delete(key);
    return value;
  };
  return {
    get: (key) => values.get(key) ?? null,
    getAndDelete: take,
    set: (key, value) => void values.set(key, value),
    delete: (key) => void take(key),
    increment(key) {
      const count = Number(values.get(key) ?? 0) + 1;
      values.set(key, String(count));
      return count;
    },
  };
}
