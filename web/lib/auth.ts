/**
 * Better Auth, set up so that another service can verify its users by the token they bring.
 *
 * There are two ways to sign that token, and JWT_SIGNING picks one when the server starts. An app of
 * your own needs only one of them: copy this file and the file of the way you want.
 *
 * - `jwt-shared-secret` (the default): HS256 with BETTER_AUTH_SECRET. The two sides share one secret.
 * - `jwt-jwks`: Better Auth's own way, a key pair. The API fetches the public half from JWKS_URL.
 *
 * Either way the browser collects the token at GET /api/auth/token and sends it to the API.
 */
import { betterAuth, type BetterAuthOptions } from "better-auth";
import { APIError } from "better-auth/api";
import { authorizationServer } from "./assistants";
import { backchannelLogout } from "./backchannel-logout";
import { createMissingTables, openAuthDatabase } from "./database";
import {
  apiInternalUrl,
  authBaseUrl,
  jwtSigning,
  mcpResource,
  rateLimitEnabled,
  tokenLifetime,
  tokenLifetimeSeconds,
  trustedProxies,
} from "./env";
import { eraseTasks } from "./erase-tasks";
import { jwtWithKeyPair } from "./jwt-jwks";
import { jwtWithSharedSecret } from "./jwt-shared-secret";
import { personalTokens } from "./personal-tokens";
import { tokenPayload, type Signed } from "./token-payload";

const baseUrl = authBaseUrl();
const lifetime = tokenLifetimeSeconds();
const assistants = mcpResource();

/** What a token says; the same whichever way it is signed. */
const claims = {
  // The API insists on both: they set this token apart from the other JWTs that Better Auth signs with
  // the very same key, its session-cache cookie and its e-mail links.
  issuer: baseUrl.origin,
  audience: baseUrl.origin,
  // A string, because a number would be taken for the moment of expiry itself.
  expirationTime: tokenLifetime(),
  // Better Auth adds `sub` (the user id) and the times. By default it would also copy the whole
  // user, e-mail address included, into a token that other services may log.
  definePayload: (signed: Signed) => tokenPayload(signed, lifetime),
};

/** Exported because the tests build a second instance from them, with more of Better Auth's features on. */
export const authOptions = {
  baseURL: baseUrl.href,
  database: openAuthDatabase(),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: rateLimitEnabled() },
  // Behind more than one proxy the header names several addresses. Without knowing ours, Better Auth takes none of
  // them, and everybody shares one limit of 3 sign-ins in 10 s.
  advanced: { ipAddress: { trustedProxies: trustedProxies() } },
  user: {
    deleteUser: {
      enabled: true,
      // Tasks first: when that fails the account stays, and its owner can try again.
      beforeDelete: async ({ id }, request): Promise<void> => {
        await eraseTasks(id, await tokenFor(id, request));
        await deleteAccount(id);
      },
    },
  },
  plugins: [
    jwtSigning() === "jwks" ? jwtWithKeyPair(claims) : jwtWithSharedSecret(claims),
    backchannelLogout({ apiUrl: apiInternalUrl(), tokenLifetime: lifetime }),
    ...personalTokens(),
    ...(assistants === null ? [] : [authorizationServer(assistants)]),
  ],
} satisfies BetterAuthOptions;

// Before `betterAuth`, which compares the tables with what it expects as soon as it is called.
await createMissingTables(authOptions);

export const auth = betterAuth(authOptions);

/**
 * What Better Auth does itself after `beforeDelete`, and then finds done. Its own failure would be a 500 without a body,
 * the same before and after the tasks were erased; the owner must be told which of the two it is.
 */
async function deleteAccount(userId: string): Promise<void> {
  const { internalAdapter } = await auth.$context;
  try {
    await internalAdapter.deleteUser(userId);
  } catch (error) {
    console.error(`An account was not deleted, but its tasks were: ${error instanceof Error ? error.message : String(error)}`);
    throw new APIError("SERVICE_UNAVAILABLE", {
      code: "ACCOUNT_NOT_DELETED",
      message: "All your tasks have been deleted, but your account could not be: it is still there. Please delete it again in a moment.",
    });
  }
}

/**
 * For one request that this server makes in a user's name. Signed as all the others are, and of the session that asks
 * for it, but good for a minute only.
 */
async function tokenFor(userId: string, request: Request | undefined): Promise<string> {
  const session = request && (await auth.api.getSession({ headers: request.headers }));
  const iat = Math.floor(Date.now() / 1000);
  const sid = session ? { sid: session.session.id } : {};
  const { token } = await auth.api.signJWT({ body: { payload: { sub: userId, ...sid, iat, exp: iat + 60 } } });
  return token;
}

// With a key pair, sign once now: a first key is then there before two requests at once make one each,
// and a key that the current secret cannot decrypt stops the start instead of failing every token.
if (jwtSigning() === "jwks") await auth.api.signJWT({ body: { payload: {} } });
