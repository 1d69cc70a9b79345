/**
 * Where Better Auth keeps users and sessions: AUTH_DATABASE_URL.
 *
 * `sqlite://auth.db` (the default) is a file relative to the directory the server was started in,
 * `sqlite:///var/lib/app/auth.db` an absolute one, and `postgres://…` a PostgreSQL database. The
 * API's tasks live in a database of their own; the two share nothing but the user id.
 */
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
  // Encoded because libsql decodes the path: a "%20" in a directory's name would become a space.
  if (file) return { dialect: new LibsqlDialect({ url: `file:${encodeURI(file)}` }), type: "sqlite" };
  // The value itself may carry a password, so only its scheme is shown.
  throw new ConfigError(
    `AUTH_DATABASE_URL must start with sqlite:// or postgres://, but it starts with "${url.split("://", 1)[0]?.slice(0, 16)}".`,
  );
}

/** Replaces a run of the Better Auth CLI. Adds what is missing, so a second run finds nothing to do. */
export async function createMissingTables(options: BetterAuthOptions): Promise<void> {
  const { runMigrations } = await getMigrations(options);
  await runMigrations();
}
