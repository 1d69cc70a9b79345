/** The web app and the API without a browser, each restarted at will with other variables on the same port and data. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort, inDatabase, launchApi, launchAuth, launchWeb, logTailOf, type Server } from "./servers";

export interface Bench {
  authUrl: string;
  apiUrl: string;
  jwksUrl: string;
  /** Starts, or restarts, the web app with nothing but these variables and API_URL. */
  web: (env: Record<string, string>) => Promise<void>;
  /** The same Better Auth in `auth-server.mjs`, for what only that can do. */
  authServer: (env: Record<string, string>) => Promise<void>;
  /** Starts, or restarts, the API with nothing but these variables and BETTER_AUTH_URL. */
  api: (env: Record<string, string>) => Promise<void>;
  /** Runs a statement in Better Auth's database. */
  inAuthDatabase: (sql: string) => Promise<void>;
  /** What the web app or Better Auth has printed so far. */
  authLog: () => string;
  signUp: () => Promise<Member>;
}

/** Somebody with an account, on one device: the session is a cookie. */
export interface Member {
  userId: string;
  email: string;
  password: string;
  /** A new token for the API, or the status of the refusal. */
  token: (basePath?: string) => Promise<string | number>;
  signIn: (basePath?: string) => Promise<Response>;
  /** The same person, signed in once more. */
  secondDevice: (basePath?: string) => Promise<Member>;
  get: (endpoint: string, headers?: Record<string, string>) => Promise<Response>;
  post: (endpoint: string, body?: unknown) => Promise<Response>;
  deleteAccount: (password?: string) => Promise<Response>;
}

export async function withBench(use: (bench: Bench) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(path.join(tmpdir(), "taskbridge-bench-"));
  const [authPort, apiPort] = [await freePort(), await freePort()];
  const authUrl = `http://localhost:${authPort}`;
  const apiUrl = `http://localhost:${apiPort}`;
  const authDatabase = path.join(dir, "auth.db");
  const authLog = path.join(dir, "auth.log");
  const launch = async (start: typeof launchWeb, env: Record<string, string>) => {
    await servers.auth?.stop();
    servers.auth = start(authPort, authLog, {
      BETTER_AUTH_URL: authUrl,
      AUTH_DATABASE_URL: `sqlite://${authDatabase}`,
      AUTH_RATE_LIMIT: "off",
      // Empty rather than not set, because a developer's .env fills in what is not set.
      BETTER_AUTH_SECRET: "",
      BETTER_AUTH_SECRETS: "",
      JWT_SIGNING: "",
      JWT_ALGORITHM: "",
      JWT_EXPIRATION_TIME: "",
      API_URL: apiUrl,
      API_INTERNAL_URL: "",
      MCP: "",
      MCP_RESOURCE: "",
      ...env,
    });
    await servers.auth.answering(`${authUrl}/sign-in`);
  };
  const servers: { auth?: Server; api?: Server } = {};

  const bench: Bench = {
    authUrl,
    apiUrl,
    jwksUrl: `${authUrl}/api/auth/jwks`,
    web: (env) => launch(launchWeb, env),
    authServer: (env) => launch(launchAuth, env),
    async api(env) {
      await servers.api?.stop();
      servers.api = launchApi(apiPort, dir, { BETTER_AUTH_URL: authUrl, ...env });
      await servers.api.answering(`${apiUrl}/health`);
    },
    inAuthDatabase: (sql) => inDatabase(authDatabase, sql),
    authLog: () => readFileSync(authLog, "utf8"),
    async signUp() {
      const person = { name: "Ada", email: `ada-${crypto.randomUUID()}@example.com`, password: "correct horse" };
      const member = deviceOf(authUrl, person);
      const signedUp = await member.post("/api/auth/sign-up/email", person);
      if (!signedUp.ok) throw new Error(`sign-up answered ${signedUp.status}: ${await signedUp.text()}`);
      const { user } = (await signedUp.json()) as { user: { id: string } };
      member.userId = user.id;
      return member;
    },
  };
  try {
    await use(bench);
  } catch (error) {
    console.log(logTailOf(dir));
    throw error;
  } finally {
    await Promise.all([servers.auth?.stop(), servers.api?.stop()]);
    rmSync(dir, { recursive: true, force: true });
  }
}

function deviceOf(authUrl: string, person: { email: string; password: string }, userId = ""): Member {
  const jar = new Map<string, string>();
  const ask = async (endpoint: string, init: RequestInit) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(authUrl + endpoint, { ...init, headers: { Origin: authUrl, Cookie: cookie, ...init.headers } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "" || /;\s*max-age=0\b/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  };
  const member: Member = {
    userId,
    email: person.email,
    password: person.password,
    async token(basePath = "/api/auth") {
      const response = await ask(`${basePath}/token`, {});
      return response.ok ? ((await response.json()) as { token: string }).token : response.status;
    },
    signIn: (basePath = "/api/auth") => member.post(`${basePath}/sign-in/email`, person),
    async secondDevice(basePath) {
      const device = deviceOf(authUrl, person, member.userId);
      const response = await device.signIn(basePath);
      if (!response.ok) throw new Error(`sign-in answered ${response.status}: ${await response.text()}`);
      return device;
    },
    get: (endpoint, headers = {}) => ask(endpoint, { headers }),
    post: (endpoint, body = {}) => ask(endpoint, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    deleteAccount: (password = person.password) => member.post("/api/auth/delete-user", { password }),
  };
  return member;
}

/** One part of a token, unverified. */
export function decoded(token: string, part: "header" | "payload"): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[part === "header" ? 0 : 1] ?? "", "base64url").toString()) as Record<string, unknown>;
}
