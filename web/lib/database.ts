/**
 * Where Better Auth keeps users and sessions: AUTH_DATABASE_URL.
 *
 * `sqlite://auth.db` (the default) is a file relative to the directory the server was started in,
 * `sqlite:///var/lib/app/auth.db` an absolute one, and `postgres://…` a PostgreSQL database. The
 * API's tasks live in a database of their own; the two share nothing but the user id.
 */
import { closeSync, openSync, statSync } from "node:fs";
import { LibsqlDialect } from "@libsql/kysely-libsql";
import type { BetterAuthOptions } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { Pool } from "pg";
import { ConfigError } from "./env";

export function openAuthDatabase(): NonNullable<BetterAuthOptions["database"]> {
  const url = process.env.AUTH_DATABASE_URL || "sqlite://auth.db";
  if (/^postgres(ql)?:\/\//.test(url)) {
    const pool = new Pool({ connectionString: url });
    // Without a listener a connection lost while idle would end the process; the next query opens another.
    pool.on("error", (error) => console.error(`A connection to AUTH_DATABASE_URL was lost: ${error.message}`));
    return pool;
  }
  const file = /^sqlite:\/\/([^?#]+)$/.exec(url)?.[1];
  if (file) {
    keepPrivate(file);
    // Encoded because libsql decodes the path: a "%20" in a directory's name would become a space.
    return { dialect: new LibsqlDialect({ url: `file:${encodeURI(file)}` }), type: "sqlite" };
  }
  // The value itself may carry a password, so only its scheme is shown.
  throw new ConfigError(
    `AUTH_DATABASE_URL must start with sqlite:// or postgres://, but it starts with "${url.split("://", 1)[0]?.slice(0, 16)}".`,
  );
}

/** Makes the file with mode 0600, which libsql would make by the umask. An existing one stays as it is, but what is open to others is named. */
function keepPrivate(file: string): void {
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch {
    // It is there, or libsql says why it cannot be.
  }
  for (const path of [file, `${file}-wal`, `${file}-shm`]) {
    const mode = (statSync(/* turbopackIgnore: true */ path, { throwIfNoEntry: false })?.mode ?? 0) & 0o777;
    if (mode & 0o077) console.warn(`Other users of this machine may open ${path} (mode ${mode.toString(8).padStart(4, "0")}): run chmod 600 ${path}`);
  }
}

/** Replaces a run of the Better Auth CLI. Adds what is missing, so a second run finds nothing to do. */
export async function createMissingTables(options: BetterAuthOptions): Promise<void> {
  const { runMigrations } = await getMigrations({ ...options, logger: { log: logMigration } });
  await runMigrations();
}

/** Better Auth keeps lists as TEXT on SQLite, and then warns at every start that they are. */
const FALSE_ALARM = /Expected (string|number)\[\] but got TEXT/;

function logMigration(level: "debug" | "info" | "warn" | "error", message: string, ...more: unknown[]): void {
  if (!FALSE_ALARM.test(message)) console[level](`[Better Auth] ${message}`, ...more);
}
