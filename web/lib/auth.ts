/**
 * Better Auth, set up so that another service can verify its users with nothing but the shared secret.
 *
 * Better Auth's JWT plugin signs with an asymmetric key of its own; options found in many guides
 * (`jwtSecret`, `algorithm: "HS256"`) are ignored. The supported way to HS256 is a custom signer,
 * `jwt.sign`. The browser collects the token at GET /api/auth/token and sends it to the API.
 */
import { betterAuth, type BetterAuthOptions } from "better-auth";
import { jwt } from "better-auth/plugins";
import { SignJWT } from "jose";
import { createMissingTables, openAuthDatabase } from "./database";
import { authBaseUrl, rateLimitEnabled, signingSecret, tokenLifetime } from "./env";

const baseUrl = authBaseUrl();
// The raw bytes of the text: base64 or hex is not decoded, and the API does not decode it either.
const signingKey = new TextEncoder().encode(signingSecret());

/** Exported because the tests build a second instance from them, with more of Better Auth's features on. */
export const authOptions = {
  baseURL: baseUrl.href,
  database: openAuthDatabase(),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: rateLimitEnabled() },
  plugins: [
    jwt({
      jwt: {
        // The API insists on both claims: they set this token apart from Better Auth's session-cache
        // cookie and its e-mail links, which are HS256 JWTs signed with the very same secret.
        issuer: baseUrl.origin,
        audience: baseUrl.origin,
        // A string, because a number would be taken for the moment of expiry itself.
        expirationTime: tokenLifetime(),
        // Better Auth adds `sub` (the user id) and the times. By default it would also copy the whole
        // user, e-mail address included, into a token that other services may log.
        definePayload: () => ({}),
        sign: (payload, header) =>
          new SignJWT(payload).setProtectedHeader({ typ: "JWT", ...header, alg: "HS256" }).sign(signingKey),
      },
      jwks: {
        // Both are demanded beside a custom signer and neither is used: with `remoteUrl` set,
        // /api/auth/jwks answers 404, and nothing ever fetches this address.
        remoteUrl: new URL("/api/auth/jwks", baseUrl).href,
        keyPairConfig: { alg: "EdDSA" },
      },
      // Otherwise every get-session answer would carry a token too, whether or not it was asked for.
      disableSettingJwtHeader: true,
    }),
  ],
} satisfies BetterAuthOptions;

// Before `betterAuth`, which compares the tables with what it expects as soon as it is called.
await createMissingTables(authOptions);

export const auth = betterAuth(authOptions);
