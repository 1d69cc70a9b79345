/** What an API token says beside the user and the time. Copied into the token by Better Auth's JWT plugin. */
export interface Signed {
  session: {
    id: string;
    /** A text when it comes from the session cookie. */
    expiresAt: Date | string;
  };
}

/**
 * `sid` is the session's id, by which the API can be told that it has ended; never its token, which is a secret.
 * `exp` is set when the session ends before the token would.
 */
export function tokenPayload({ session }: Signed, lifetime: number): { sid: string; exp?: number } {
  const end = Math.floor(new Date(session.expiresAt).getTime() / 1000);
  const exp = Math.floor(Date.now() / 1000) + lifetime;
  return { sid: session.id, ...(end < exp ? { exp: end } : {}) };
}
