/**
 * Prints, as JSON, one real API token and the two other HS256 JWTs that Better Auth signs with the
 * same secret. A back end that checks nothing but the signature takes all three for its own.
 *
 *     node tests/support/mint-confusables.mjs
 *
 * Better Auth itself makes every token; nothing is assembled by hand. BETTER_AUTH_SECRET and
 * BETTER_AUTH_URL are taken from the environment where set. The database is a temporary file.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { tsImport } from "tsx/esm/api";

const dir = mkdtempSync(path.join(tmpdir(), "taskbridge-mint-"));
process.env.AUTH_DATABASE_URL = `sqlite://${path.join(dir, "auth.db")}`;
// A rotation under way outside would make another secret current than the one printed here.
delete process.env.BETTER_AUTH_SECRETS;
// All three are HS256 only where the shared secret signs.
delete process.env.JWT_SIGNING;
delete process.env.JWT_ALGORITHM;
process.env.BETTER_AUTH_SECRET ||= randomBytes(32).toString("base64url");

try {
  // The app's own options, so that the tokens are those a user of the app gets.
  /** @type {typeof import("../../lib/auth")} */
  const { auth, authOptions } = await tsImport("../../lib/auth.ts", import.meta.url);
  const { betterAuth } = await import("better-auth");
  const origin = new URL(authOptions.baseURL).origin;

  /**
   * @param {{ handler: (request: Request) => Promise<Response> }} server
   * @param {string} endpoint
   * @param {{ body?: unknown, cookie?: string }} [options]
   */
  const ask = async (server, endpoint, { body, cookie } = {}) => {
    const response = await server.handler(
      new Request(`${origin}/api/auth${endpoint}`, {
        method: body ? "POST" : "GET",
        headers: { "Content-Type": "application/json", Origin: origin, ...(cookie ? { Cookie: cookie } : {}) },
        body: body ? JSON.stringify(body) : null,
      }),
    );
    if (!response.ok) throw new Error(`${endpoint} answered ${response.status}: ${await response.text()}`);
    const cookies = response.headers.getSetCookie().map((line) => line.split(";", 1)[0] ?? "");
    return { answer: await response.json(), cookies };
  };

  const person = { name: "Confusable", email: "confusable@example.com", password: randomBytes(16).toString("hex") };
  const signedUp = await ask(auth, "/sign-up/email", { body: person });
  const { answer } = await ask(auth, "/token", { cookie: signedUp.cookies.join("; ") });

  // The same app with two features on that many apps use.
  let emailVerification = "";
  const featureful = betterAuth({
    ...authOptions,
    session: { cookieCache: { enabled: true, strategy: "jwt" } },
    emailVerification: {
      sendVerificationEmail: async ({ token }) => {
        emailVerification = token;
      },
    },
  });
  const signedIn = await ask(featureful, "/sign-in/email", { body: { email: person.email, password: person.password } });
  await ask(featureful, "/send-verification-email", { body: { email: person.email } });
  const cookieCache = signedIn.cookies.find((cookie) => cookie.startsWith("better-auth.session_data="))?.split("=")[1];
  if (!cookieCache || !emailVerification) throw new Error("Better Auth did not issue all three tokens.");

  console.log(
    JSON.stringify({
      api: answer.token,
      userId: signedUp.answer.user.id,
      cookieCache: decodeURIComponent(cookieCache),
      emailVerification,
      secret: process.env.BETTER_AUTH_SECRET,
    }),
  );
} finally {
  rmSync(dir, { recursive: true, force: true });
}
