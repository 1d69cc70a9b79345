/** Starts and stops the real servers: the Rust API and `next start`, each on a free port with a fresh database. */
import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { libsql } from "@libsql/kysely-libsql";
import { apiBinary, nextCommand, webRoot } from "./prerequisites";

export interface Stack {
  webUrl: string;
  apiUrl: string;
  secret: string;
  /** Runs a statement in Better Auth's database, to break what the web app relies on. */
  inAuthDatabase: (sql: string) => Promise<void>;
  /** The API process alone, for tests about an outage. It comes back on the same port and database. */
  stopApi: () => Promise<void>;
  startApi: () => Promise<void>;
  stop: () => Promise<void>;
  /** Everything the servers have printed so far. */
  logs: () => Record<"api" | "web", string>;
}

/** The end of the logs, which is where the reason of a failure usually is. */
export function logTail(stack: { logs: () => Record<string, string> }): string {
  return Object.entries(stack.logs())
    .map(([server, text]) => `--- ${server} ---\n${text.slice(-6000)}`)
    .join("\n");
}

/** As above, for servers that log into one directory. */
export function logTailOf(dir: string): string {
  const files = readdirSync(dir).filter((file) => file.endsWith(".log"));
  return logTail({ logs: () => Object.fromEntries(files.map((file) => [file, readFileSync(path.join(dir, file), "utf8")])) });
}

export interface StackOptions {
  /** Passed to Better Auth as JWT_EXPIRATION_TIME. */
  tokenLifetime?: string;
  /** Passed to the API as JWT_LEEWAY_SECONDS. */
  leewaySeconds?: number;
  /** How Better Auth signs, and accordingly all that the API is told: the secret, or where the keys are. */
  signing?: Signing;
  /** Where the API fetches the keys, if not from the web app itself. */
  jwksUrl?: string;
  /** As after `docker compose up` on a slow machine: the API is there long before Better Auth. */
  apiFirst?: boolean;
  /** With the endpoint for assistants, and Better Auth as its authorization server. */
  mcp?: boolean;
}

export type Signing = "shared-secret" | "jwks";

/** `localhost` throughout, never 127.0.0.1: to Better Auth and to CORS these are different origins. */
export async function startStack({
  tokenLifetime,
  leewaySeconds,
  signing = "shared-secret",
  jwksUrl,
  apiFirst = false,
  mcp = false,
}: StackOptions = {}): Promise<Stack> {
  const dir = mkdtempSync(path.join(tmpdir(), "taskbridge-browser-"));
  const [webPort, apiPort] = [await freePort(), await freePort()];
  const webUrl = `http://localhost:${webPort}`;
  const apiUrl = `http://localhost:${apiPort}`;
  const secret = `browser-tests-${crypto.randomUUID()}`;

  const assistants: Record<string, string> = mcp ? { MCP: "on", MCP_RESOURCE: `${apiUrl}/mcp` } : { MCP: "", MCP_RESOURCE: "" };

  let api: Server | null = null;
  async function startApi(): Promise<void> {
    api = launchApi(apiPort, dir, {
      BETTER_AUTH_URL: webUrl,
      ...(signing === "jwks"
        ? { JWKS_URL: jwksUrl ?? `${webUrl}/api/auth/jwks`, JWKS_COOLDOWN_SECONDS: "1" }
        : { BETTER_AUTH_SECRET: secret }),
      ...(leewaySeconds === undefined ? {} : { JWT_LEEWAY_SECONDS: String(leewaySeconds) }),
      ...assistants,
    });
    await api.answering(`${apiUrl}/health`);
  }
  async function stopApi(): Promise<void> {
    await api?.stop();
    api = null;
  }

  const authDatabase = path.join(dir, "auth.db");

  if (apiFirst) await startApi();
  const web = launchWeb(webPort, path.join(dir, "web.log"), {
    BETTER_AUTH_SECRET: secret,
    BETTER_AUTH_URL: webUrl,
    JWT_SIGNING: signing,
    AUTH_DATABASE_URL: `sqlite://${authDatabase}`,
    // Every test signs up a user of its own, far more often than people do.
    AUTH_RATE_LIMIT: "off",
    API_URL: apiUrl,
    API_INTERNAL_URL: "",
    NEXT_TELEMETRY_DISABLED: "1",
    // Set even where they equal the default: a developer's .env fills in whatever is not set.
    BETTER_AUTH_SECRETS: "",
    JWT_ALGORITHM: "",
    JWT_EXPIRATION_TIME: tokenLifetime ?? "15m",
    ...assistants,
  });

  const read = (file: string) => readFileSync(path.join(dir, file), "utf8");
  const logs = () => ({ api: read("api.log"), web: read("web.log") });
  const stop = async () => {
    await Promise.all([web.stop(), stopApi()]);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await Promise.all([api ?? startApi(), web.answering(`${webUrl}/sign-in`)]);
  } catch (error) {
    const text = logTail({ logs });
    await stop();
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${text}`);
  }
  return { webUrl, apiUrl, secret, inAuthDatabase: (sql) => inDatabase(authDatabase, sql), startApi, stopApi, stop, logs };
}

export async function inDatabase(file: string, sql: string): Promise<void> {
  const client = libsql.createClient({ url: `file:${file}` });
  await client.execute(sql).finally(() => client.close());
}

export interface Server {
  answering: (url: string) => Promise<void>;
  /** Resolves when the process has ended: with its exit code, or null if a signal ended it. */
  exited: Promise<number | null>;
  stop: () => Promise<void>;
}

/** The Rust API with its log and its database in `dir`, and with no key source unless `env` brings one. */
export function launchApi(port: number, dir: string, env: Record<string, string>): Server {
  return launch(apiBinary, [], dir, path.join(dir, "api.log"), {
    HOST: "127.0.0.1",
    PORT: String(port),
    DATABASE_URL: `sqlite://${path.join(dir, "tasks.db")}`,
    ...env,
  });
}

/** Better Auth without Next.js around it; see there. */
export function launchAuth(port: number, logFile: string, env: Record<string, string>): Server {
  return launch(process.execPath, ["tests/support/auth-server.mjs", String(port)], webRoot, logFile, env);
}

export function launchWeb(port: number, logFile: string, env: Record<string, string>): Server {
  return launch(process.execPath, [nextCommand, "start", "-H", "localhost", "-p", String(port)], webRoot, logFile, env);
}

export function launch(command: string, args: string[], cwd: string, logFile: string, env: Record<string, string>): Server {
  const log = createWriteStream(logFile, { flags: "a" });
  const child = spawn(command, args, {
    cwd,
    env: { ...inherited(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  // A test run that dies must not leave its servers behind.
  const killAtExit = () => child.kill("SIGKILL");
  process.once("exit", killAtExit);
  const exited = new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    // "close" rather than "exit": by then everything it printed has arrived.
    child.once("close", (code) => resolve(code));
  }).finally(() => process.removeListener("exit", killAtExit));

  return {
    exited,
    async answering(url) {
      const deadline = Date.now() + 30_000;
      while (Date.now() < deadline) {
        if (gone(child)) throw new Error(`${path.basename(command)} stopped before it answered at ${url}.`);
        const status = await fetch(url).then((response) => response.status, () => 0);
        if (status === 200) return;
        await sleep(100);
      }
      throw new Error(`${url} did not answer within 30 seconds.`);
    },
    async stop() {
      if (gone(child)) return;
      child.kill("SIGTERM");
      const killer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await exited;
      clearTimeout(killer);
    },
  };
}

function gone(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** The caller's environment without the variables under test, so that a developer's own settings change nothing. */
function inherited(): NodeJS.ProcessEnv {
  const configured = /^(BETTER_AUTH_|AUTH_|JWT_|JWKS_|DATABASE_|CORS_|MCP(_|$)|API_(INTERNAL_)?URL$|HOST$|PORT$|REQUIRE_SESSION$|REVOCATION_SECONDS$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !configured.test(name))) as NodeJS.ProcessEnv;
}

/** Below those that the system gives to outgoing connections, one of which could take it before the server does. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "localhost", () => server.close(() => resolve(true)));
  });
}
