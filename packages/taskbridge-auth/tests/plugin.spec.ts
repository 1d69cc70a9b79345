/** The plugin in a Better Auth of its own, with a double of the API: what it says of mistakes, and what it leaves to the app. */
import { expect, test } from "@playwright/test";
import { betterAuth, type BetterAuthOptions } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { APIError } from "better-auth/api";
import { admin, jwt } from "better-auth/plugins";
import { jwtVerify } from "jose";
import { taskbridgeJwt, type TaskbridgeJwtOptions } from "taskbridge-auth";
import { startDouble, type ApiDouble } from "../../../web/tests/support/api-double";

const origin = "http://localhost:3000";
const secret = "a secret of the tests, 0123456789 abc";
const sound: TaskbridgeJwtOptions = { apiUrl: "http://localhost:8000" };

/** Its type is that of an app with the plugin alone. */
const authWith = ({ plugins = [], ...options }: BetterAuthOptions, plugin = taskbridgeJwt(sound)) =>
  betterAuth({
    baseURL: origin,
    secret,
    database: memoryAdapter({ user: [], session: [], account: [], verification: [], jwks: [] }),
    emailAndPassword: { enabled: true },
    ...(options as object),
    plugins: [plugin, ...(plugins as [])],
  });

const wrongOptions: [what: string, options: object, says: string][] = [
  ["no address", { apiUrl: undefined }, 'apiUrl must be the full address of the Taskbridge API, such as "http://localhost:8000", but it is undefined.'],
  ["an address without a scheme", { apiUrl: "localhost:8000" }, 'but it is "localhost:8000".'],
  ["an unknown way to sign", { signing: "HS256" }, 'signing must be "shared-secret" or "jwks", but it is "HS256".'],
  ["an algorithm the API cannot verify", { signing: "jwks", algorithm: "ES512" }, 'algorithm must be one of EdDSA, ES256, RS256, PS256, but it is "ES512".'],
  ["an algorithm beside the shared secret", { algorithm: "ES256" }, 'algorithm is for signing: "jwks" only'],
  ["an expiry without a unit", { expirationTime: 3600 }, 'expirationTime must be a number with a unit, such as "15m" or "1h", but it is 3600.'],
  ["claims that are no function", { claims: {} }, "claims must be a function that returns an object."],
  ["a misspelt option", { secret: "x" }, "has no option secret; there are apiUrl, signing, algorithm, expirationTime, claims."],
];

for (const [what, options, says] of wrongOptions) {
  test(`refuses ${what}`, () => {
    expect(() => taskbridgeJwt({ ...sound, ...options } as TaskbridgeJwtOptions)).toThrow(says);
  });
}

const wrongSettings: [what: string, options: BetterAuthOptions, says: RegExp][] = [
  ["no address of its own", { baseURL: undefined }, /must know the address that users see: set BETTER_AUTH_URL/],
  ["several addresses", { baseURL: { allowedHosts: ["*.example"] } }, /to one address/],
  ["a second jwt plugin", { plugins: [jwt()] }, /remove the other one/],
  ["Better Auth's public secret", { secret: "better-auth-secret-12345678901234567890" }, /BETTER_AUTH_SECRET is not set, or it is Better Auth's public development default/],
  ["a short secret", { secret: "0123456789" }, /BETTER_AUTH_SECRET must be at least 32 bytes long; make one with/],
  ["a short secret in a rotation", { secrets: [{ version: 2, value: "0123456789" }] }, /BETTER_AUTH_SECRETS 2 must be at least 32 bytes/],
];

for (const [what, options, says] of wrongSettings) {
  test(`does not start with ${what}`, async () => {
    const logger = { disabled: true };
    const failure: unknown = await authWith({ logger, ...options }).$context.catch((error: unknown) => error);
    expect(String(failure)).toMatch(says);
    expect(String(failure)).not.toContain("0123456789");
  });
}

test("with a key pair the secret is the app's own affair", async () => {
  const context = await authWith({ logger: { disabled: true }, secret: "0123456789" }, taskbridgeJwt({ ...sound, signing: "jwks" })).$context;
  expect(context.getPlugin("jwt")?.options?.jwks?.remoteUrl).toBeUndefined();
});

type Auth = ReturnType<typeof authWith>;

/** A new user, with requests in their name. */
async function signUp(auth: Auth) {
  const person = { name: "Ada", email: `${crypto.randomUUID()}@example.com`, password: "correct horse" };
  const { headers, response } = await auth.api.signUpEmail({ body: person, returnHeaders: true });
  const cookie = headers.getSetCookie().map((line) => line.split(";", 1)[0]).join("; ");
  const request = (path: string, body?: object) =>
    auth.handler(
      new Request(`${origin}/api/auth${path}`, {
        method: body ? "POST" : "GET",
        headers: { Cookie: cookie, Origin: origin, "Content-Type": "application/json" },
        body: body ? JSON.stringify(body) : null,
      }),
    );
  const deleteAccount = () => request("/delete-user", { password: person.password });
  return { ...response.user, request, deleteAccount };
}

test("a token has the claims that the API needs, those of the app, and nothing of the user", async () => {
  const auth = authWith({}, taskbridgeJwt({ ...sound, claims: ({ user }) => ({ initial: user.name[0], sid: "forged" }) }));
  const ada = await signUp(auth);
  const { token } = (await (await ada.request("/token")).json()) as { token: string };
  const { payload, protectedHeader } = await jwtVerify(token, new TextEncoder().encode(secret), { algorithms: ["HS256"], issuer: origin, audience: origin });
  expect(protectedHeader).toEqual({ typ: "JWT", alg: "HS256" });
  expect(Object.keys(payload).sort()).toEqual(["aud", "exp", "iat", "initial", "iss", "sid", "sub"]);
  expect(payload).toMatchObject({ sub: ada.id, initial: "A" });
  expect(payload.sid).not.toBe("forged");
});

test("during a rotation the first secret signs, and the header names it", async () => {
  const auth = authWith({ secrets: [{ version: 2, value: `${secret} new` }, { version: 1, value: secret }] });
  const { token } = await auth.api.signJWT({ body: { payload: {} } });
  const { protectedHeader } = await jwtVerify(token, new TextEncoder().encode(`${secret} new`));
  expect(protectedHeader.kid).toBe("2");
});

test("a token that is refused leaves the cookies alone", async () => {
  const ada = await signUp(authWith({}));
  await ada.request("/sign-out", {});
  const refused = await ada.request("/token");
  expect(refused.status).toBe(401);
  expect(refused.headers.getSetCookie()).toEqual([]);
});

/** Counts the erasures that the API is asked for, and answers each with this status. */
async function withApi(use: (api: ApiDouble, erased: string[], answer: (status: number) => void) => Promise<void>): Promise<void> {
  const api = await startDouble();
  const erased: string[] = [];
  let status = 204;
  api.answer((request, response) => {
    if (request.method !== "DELETE") return response.writeHead(200).end();
    erased.push(request.url ?? "");
    response.writeHead(status).end();
  });
  await use(api, erased, (next) => (status = next)).finally(() => api.close());
}

test("the app's own beforeDelete is asked first, and may refuse", () =>
  withApi(async (api, erased) => {
    let refuse = true;
    const asked: string[] = [];
    const beforeDelete = async ({ id }: { id: string }) => {
      asked.push(id);
      if (refuse) throw new APIError("BAD_REQUEST", { message: "Pay first." });
    };
    const own = { user: { deleteUser: { enabled: true, beforeDelete } } };
    const ada = await signUp(authWith(own, taskbridgeJwt({ apiUrl: api.url })));
    expect((await ada.deleteAccount()).status).toBe(400);
    expect(erased).toEqual([]);
    refuse = false;
    expect((await ada.deleteAccount()).status).toBe(200);
    expect(asked).toEqual([ada.id, ada.id]);
    expect(erased).toEqual([`/api/${ada.id}`]);
    // The app's options are still its own.
    expect(own.user.deleteUser.beforeDelete).toBe(beforeDelete);
  }));

test("while the tasks cannot be erased, the account stays", () =>
  withApi(async (api, erased, answer) => {
    const ada = await signUp(authWith({ user: { deleteUser: { enabled: true } } }, taskbridgeJwt({ apiUrl: api.url })));
    answer(503);
    const refused = await ada.deleteAccount();
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([503, "TASKS_NOT_ERASED"]);
    expect((await ada.request("/token")).status).toBe(200);
    answer(204);
    expect((await ada.deleteAccount()).status).toBe(200);
    expect(erased).toHaveLength(2);
  }));

test("the app's own hooks on sessions and users go on", () =>
  withApi(async (api, erased) => {
    const ran: string[] = [];
    const databaseHooks: BetterAuthOptions["databaseHooks"] = {
      session: { delete: { after: async () => void ran.push("session") } },
      user: { delete: { before: async () => void ran.push("user") } },
    };
    const ada = await signUp(authWith({ databaseHooks, user: { deleteUser: { enabled: true } } }, taskbridgeJwt({ apiUrl: api.url })));
    expect((await ada.deleteAccount()).status).toBe(200);
    expect(ran).toEqual(["session", "user"]);
    expect(erased).toHaveLength(1);
  }));

test("a user whom an administrator removes takes the tasks along", () =>
  withApi(async (api, erased) => {
    const plugins = [admin()];
    const auth = authWith({ plugins }, taskbridgeJwt({ apiUrl: api.url }));
    const [boss, ada] = [await signUp(auth), await signUp(auth)];
    await (await auth.$context).internalAdapter.updateUser(boss.id, { role: "admin" });
    expect((await boss.request("/admin/remove-user", { userId: ada.id })).status).toBe(200);
    expect(erased).toEqual([`/api/${ada.id}`]);
  }));
