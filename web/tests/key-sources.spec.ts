/** Every way Better Auth signs, and every change from one to another, against the real API. No browser involved. */
import { expect, test } from "@playwright/test";
import { decoded, withBench, type Bench, type Member } from "./support/bench";
import { callApi } from "./support/fixtures";

const secret = (name: string) => `${name}-${crypto.randomUUID()}`;

async function tokenFor(member: Member): Promise<string> {
  const token = await member.token();
  expect(typeof token, `status ${token} instead of a token`).toBe("string");
  return String(token);
}

const statusOf = async (bench: Bench, token: string) => (await callApi(`${bench.apiUrl}/api/me`, token)).status;

async function expectAccepted(bench: Bench, token: string, member: Member): Promise<void> {
  const response = await callApi(`${bench.apiUrl}/api/me`, token);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ user_id: member.userId });
}

async function expectRefused(bench: Bench, token: string, path = "/api/me"): Promise<void> {
  const response = await callApi(bench.apiUrl + path, token);
  expect(response.status, path).toBe(401);
  expect(response.headers.get("WWW-Authenticate")).toContain('error="invalid_token"');
  expect(await response.json()).toMatchObject({ code: "invalid_token", retry: "login" });
}

for (const algorithm of ["EdDSA", "ES256", "RS256", "PS256"]) {
  test(`${algorithm}: a token of the stock plugin opens the API, which knows nothing but JWKS_URL`, () =>
    withBench(async (bench) => {
      await bench.web({ JWT_SIGNING: "jwks", JWT_ALGORITHM: algorithm, BETTER_AUTH_SECRET: secret("auth") });
      await bench.api({ JWKS_URL: bench.jwksUrl, JWKS_COOLDOWN_SECONDS: "1" });
      const ada = await bench.signUp();
      const token = await tokenFor(ada);
      expect(decoded(token, "header")).toMatchObject({ alg: algorithm, kid: expect.any(String) });
      expect(Object.keys(decoded(token, "payload")).sort()).toEqual(["aud", "exp", "iat", "iss", "sid", "sub"]);

      await expectAccepted(bench, token, ada);
      const tasks = `${bench.apiUrl}/api/${ada.userId}/tasks`;
      expect((await callApi(tasks, token, "POST", { title: "Signed with a key pair" })).status).toBe(201);
      expect(await (await callApi(tasks, token)).json()).toMatchObject([{ title: "Signed with a key pair" }]);

      // Another person's claims under this signature.
      const [header, , signature] = token.split(".");
      const forged = Buffer.from(JSON.stringify({ ...decoded(token, "payload"), sub: "somebody-else" })).toString("base64url");
      await expectRefused(bench, `${header}.${forged}.${signature}`);
    }));
}

test("the session-cache cookie opens nothing, whether the secret or the API's own key signed it", () =>
  withBench(async (bench) => {
    const shared = secret("auth");
    await bench.authServer({ JWT_SIGNING: "jwks", BETTER_AUTH_SECRET: shared });
    const jwks = { JWKS_URL: bench.jwksUrl, JWKS_COOLDOWN_SECONDS: "1" };
    await bench.api(jwks);
    const ada = await bench.signUp();
    const token = await tokenFor(ada);
    await expectAccepted(bench, token, ada);

    const cookieOf = async (signer: "secret" | "keys") => {
      const cookies = (await ada.signIn(`/test/cookie-cache/${signer}`)).headers.getSetCookie();
      const value = cookies.map((line) => /^better-auth\.session_data=([^;]+)/.exec(line)?.[1]).find(Boolean);
      expect(value, signer).toBeDefined();
      return decodeURIComponent(value ?? "");
    };
    const bySecret = await cookieOf("secret");
    const byKey = await cookieOf("keys");
    // What makes the second one dangerous: the same key, and the user id where the API looks for it.
    expect(decoded(bySecret, "header").alg).toBe("HS256");
    expect(decoded(byKey, "header")).toEqual({ ...decoded(token, "header"), typ: "better-auth.session-cache+jwt" });
    expect(decoded(byKey, "payload").sub).toBe(ada.userId);

    for (const sources of [jwks, { ...jwks, BETTER_AUTH_SECRET: shared }]) {
      await bench.api(sources);
      await expect.poll(() => statusOf(bench, token)).toBe(200);
      for (const cookie of [bySecret, byKey]) {
        for (const path of ["/api/me", `/api/${ada.userId}/tasks`, "/api/undefined/tasks"]) await expectRefused(bench, cookie, path);
      }
    }
  }));

test("moving from the shared secret to key pairs, nobody notices", () =>
  withBench(async (bench) => {
    const shared = secret("auth");
    await bench.web({ BETTER_AUTH_SECRET: shared });
    const ada = await bench.signUp();
    const before = await tokenFor(ada);
    expect(decoded(before, "header")).toEqual({ typ: "JWT", alg: "HS256" });

    // First the API learns both ways, while Better Auth still answers 404 where the keys will be.
    const both = { BETTER_AUTH_SECRET: shared, JWKS_URL: bench.jwksUrl, JWKS_COOLDOWN_SECONDS: "1" };
    await bench.api(both);
    await expectAccepted(bench, before, ada);

    // Then Better Auth changes over. The session lives on, and so does the token in the open page.
    await bench.web({ BETTER_AUTH_SECRET: shared, JWT_SIGNING: "jwks" });
    const after = await tokenFor(ada);
    expect(decoded(after, "header").alg).toBe("EdDSA");
    await expect.poll(() => statusOf(bench, after), { timeout: 3_000 }).toBe(200);
    await expectAccepted(bench, after, ada);
    await expectAccepted(bench, before, ada);

    // At last, when the old tokens have expired, the API forgets the secret.
    await bench.api({ JWKS_URL: bench.jwksUrl, JWKS_COOLDOWN_SECONDS: "1" });
    await expectAccepted(bench, after, ada);
    await expectRefused(bench, before);
  }));

test("replacing the shared secret: the API learns the new one, Better Auth uses it, the API forgets the old one", () =>
  withBench(async (bench) => {
    const [old, fresh] = [secret("old"), secret("new")];
    const rotating = { BETTER_AUTH_SECRETS: `2:${fresh}, 1:${old}` };
    await bench.web({ BETTER_AUTH_SECRET: old });
    await bench.api({ BETTER_AUTH_SECRET: old });
    const ada = await bench.signUp();
    const before = await tokenFor(ada);
    await expectAccepted(bench, before, ada);

    await bench.api(rotating);
    await expectAccepted(bench, before, ada);

    await bench.web(rotating);
    // Better Auth signs its session cookies with the same secret, so everybody signs in again.
    expect(await ada.token()).toBe(401);
    await ada.signIn();
    const after = await tokenFor(ada);
    expect(decoded(after, "header")).toEqual({ typ: "JWT", alg: "HS256", kid: "2" });
    await expectAccepted(bench, after, ada);
    await expectAccepted(bench, before, ada);

    await bench.api({ BETTER_AUTH_SECRETS: `2:${fresh}` });
    await expectAccepted(bench, after, ada);
    await expectRefused(bench, before);
  }));

test("replacing the secret while key pairs sign: the API does not notice", () =>
  withBench(async (bench) => {
    const [old, fresh] = [secret("old"), secret("new")];
    await bench.web({ JWT_SIGNING: "jwks", BETTER_AUTH_SECRET: old });
    await bench.api({ JWKS_URL: bench.jwksUrl, JWKS_COOLDOWN_SECONDS: "1" });
    const ada = await bench.signUp();
    const before = await tokenFor(ada);
    await expectAccepted(bench, before, ada);

    // BETTER_AUTH_SECRET stays beside the list: the private key was encrypted with it, without a version.
    await bench.web({ JWT_SIGNING: "jwks", BETTER_AUTH_SECRET: old, BETTER_AUTH_SECRETS: `2:${fresh},1:${old}` });
    await ada.signIn();
    const after = await tokenFor(ada);
    expect(decoded(after, "header").kid).toBe(decoded(before, "header").kid);
    await expectAccepted(bench, after, ada);
  }));

test("a new key pair is accepted after one cooldown at the latest, and tokens of the old one still are", () =>
  withBench(async (bench) => {
    await bench.authServer({ JWT_SIGNING: "jwks", BETTER_AUTH_SECRET: secret("auth") });
    await bench.api({ JWKS_URL: bench.jwksUrl, JWKS_COOLDOWN_SECONDS: "1" });
    const ada = await bench.signUp();
    const before = await tokenFor(ada);
    await expectAccepted(bench, before, ada);

    const { kid } = (await (await fetch(`${bench.authUrl}/test/new-key`, { method: "POST" })).json()) as { kid: string };
    const after = await tokenFor(ada);
    expect(decoded(after, "header").kid).toBe(kid);
    expect(decoded(before, "header").kid).not.toBe(kid);
    await expect.poll(() => statusOf(bench, after), { timeout: 1_500, intervals: [100] }).toBe(200);
    await expectAccepted(bench, before, ada);
  }));
