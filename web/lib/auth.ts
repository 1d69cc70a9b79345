/**
 * Better Auth, set up so that another service can verify its users by the token they bring. All of that is `taskbridgeJwt`; what else is
 * here belongs to this app: its database, tokens for scripts, and access for assistants.
 *
 * The browser collects the token at GET /api/auth/token and sends it to the API.
 */
import { betterAuth, type BetterAuthOptions } from "better-auth";
import { taskbridgeJwt } from "taskbridge-auth";
import { authorizationServer } from "./assistants";
import { createMissingTables, openAuthDatabase } from "./database";
import { apiInternalUrl, authBaseUrl, jwtAlgorithm, jwtSigning, mcpResource, rateLimitEnabled, tokenLifetime, trustedProxies } from "./env";
import { personalTokens, scopeOf } from "./personal-tokens";

const signing = jwtSigning();
const assistants = mcpResource();

/** Exported because the tests build a second instance from them, with more of Better Auth's features on. */
export const authOptions = {
  baseURL: authBaseUrl().href,
  database: openAuthDatabase(),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: rateLimitEnabled() },
  // Behind more than one proxy the header names several addresses. Without knowing ours, Better Auth takes none of
  // them, and everybody shares one limit of 3 sign-ins in 10 s.
  advanced: { ipAddress: { trustedProxies: trustedProxies() } },
  user: { deleteUser: { enabled: true } },
  plugins: [
    taskbridgeJwt({
      signing,
      apiUrl: apiInternalUrl(),
      expirationTime: tokenLifetime(),
      claims: scopeOf,
      ...(signing === "jwks" ? { algorithm: jwtAlgorithm() } : {}),
    }),
    ...personalTokens(),
    ...(assistants === null ? [] : [authorizationServer(assistants)]),
  ],
} satisfies BetterAuthOptions;

// Before `betterAuth`, which compares the tables with what it expects as soon as it is called.
await createMissingTables(authOptions);

export const auth = betterAuth(authOptions);

// With a key pair, sign once now: a first key is then there before two requests at once make one each,
// and a key that the current secret cannot decrypt stops the start instead of failing every token.
if (signing === "jwks") await auth.api.signJWT({ body: { payload: {} } });
