/** What an API token says beside the user and the time. Copied into the token by Better Auth's JWT plugin. */
import { APIError } from "better-auth/api";
import { isBanned } from "./personal-tokens";
import { accessOfKey } from "./token-access";

export interface Signed {
  user: Record<string, unknown>;
  session: {
    id: string;
    token: string;
    /** A text when it comes from the session cookie. */
    expiresAt: Date | string;
  };
}

/** The token of a session, as Better Auth makes it. Where the key of a script stands for a session, this is the key. */
const SESSION_TOKEN = /^[A-Za-z0-9]{32}$/;

/**
 * `sid` is the session's id, by which the API can be told that it has ended; never its token, which is a secret.
 * `exp` is set when the session ends before the token would. `scope` is there for keys only: without it a token may do all.
 */
export function tokenPayload({ user, session }: Signed, lifetime: number): { sid: string; exp?: number; scope?: string } {
  const end = Math.floor(new Date(session.expiresAt).getTime() / 1000);
  const exp = Math.floor(Date.now() / 1000) + lifetime;
  return { sid: session.id, ...(end < exp ? { exp: end } : {}), ...(SESSION_TOKEN.test(session.token) ? {} : { scope: scopeOfKey(session.token, user) }) };
}

function scopeOfKey(key: string, user: Signed["user"]): string {
  const access = accessOfKey(key);
  if (!access || isBanned(user)) throw new APIError("UNAUTHORIZED");
  return access.scope;
}
