/** The web app and the API without a browser, each restarted at will with other variables on the same port and data. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort, launchApi, launchAuth, launchWeb, logTailOf, type Server } from "./servers";

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
  signUp: () => Promise<Member>;
}

/** Somebody with an account, whose session is a cookie. */
export interface Member {
  userId: string;
  /** A new token for the API, or the status of the refusal. */
  token: () => Promise<string | number>;
  signIn: (basePath?: string) => Promise<Response>;
  deleteAccount: (password?: string) => Promise<Response>;
}

export async function withBench(use: (bench: Bench) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(path.join(tmpdir(), "taskbridge-bench-"));
  const [authPort, apiPort] = [await freePort(), await freePort()];
  const authUrl = `http://localhost:${authPort}`;
  const apiUrl = `http://localhost:${apiPort}`;
  const launch = async (start: typeof launchWeb, env: Record<string, string>) => {
    await servers.auth?.stop();
    servers.auth = start(authPort, path.join(dir, "auth.log"), {
      BETTER_AUTH_URL: authUrl,
      AUTH_DATABASE_URL: `sqlite://${path.join(dir, "auth.db")}`,
      AUTH_RATE_LIMIT: "off",
      // Empty rather than not set, because a developer's .env fills in what is not set.
      BETTER_AUTH_SECRET: "",
      BETTER_AUTH_SECRETS: "",
      JWT_SIGNING: "",
      JWT_ALGORITHM: "",
      JWT_EXPIRATION_TIME: "",
      API_URL: apiUrl,
      API_INTERNAL_URL: "",
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
    async signUp() {
      const person = { name: "Ada", email: `ada-${crypto.randomUUID()}@example.com`, password: "correct horse" };
      const post = (endpoint: string, body: unknown = person, cookie = "") =>
        fetch(authUrl + endpoint, {
          method: "POST",
          headers: { "Content-Type": "application/json", Origin: authUrl, Cookie: cookie },
          body: JSON.stringify(body),
        });
      const cookiesOf = (response: Response) => response.headers.getSetCookie().map((line) => line.split(";", 1)[0]).join("; ");
      const signedUp = await post("/api/auth/sign-up/email");
      if (!signedUp.ok) throw new Error(`sign-up answered ${signedUp.status}: ${await signedUp.text()}`);
      const { user } = (await signedUp.json()) as { user: { id: string } };
      let cookie = cookiesOf(signedUp);
      return {
        userId: user.id,
        async token() {
          const response = await fetch(`${authUrl}/api/auth/token`, { headers: { Cookie: cookie } });
          return response.ok ? ((await response.json()) as { token: string }).token : response.status;
        },
        async signIn(basePath = "/api/auth") {
          const response = await post(`${basePath}/sign-in/email`);
          if (basePath === "/api/auth") cookie = cookiesOf(response);
          return response;
        },
        deleteAccount: (password = person.password) => post("/api/auth/delete-user", { password }, cookie),
      };
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

/** One part of a token, unverified. */
export function decoded(token: string, part: "header" | "payload"): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[part === "header" ? 0 : 1] ?? "", "base64url").toString()) as Record<string, unknown>;
}
