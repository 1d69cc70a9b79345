/**
 * Personal access tokens: keys of Better Auth's API-key plugin, which keeps them. A script exchanges its key for an API
 * token at GET /api/auth/token, in the header `x-api-key`. That token has the scope of the key, whatever else is sent, and
 * ends with it; its `sid` is the key's id, so that revoking the key ends it at once.
 *
 * The plugin makes a session out of a key, which could do whatever its owner can: list and end sessions, make more keys.
 * Here a key is read at that one address only. Everywhere else it is a header without a meaning.
 */
import { apiKey } from "@better-auth/api-key";
import { APIError, createAuthMiddleware, getSessionFromCtx } from "better-auth/api";
import type { AuthContext, BetterAuthPlugin, GenericEndpointContext, HookEndpointContext } from "better-auth";
import { endSession, type Signed } from "taskbridge-auth";
import { accessOfKey, ACCESSES, DEFAULT_DAYS, MAX_DAYS, MAX_NAME, MAX_TOKENS, type Access } from "./token-access";

const DAY_S = 86_400;
const MODEL = "apikey";

const ofUser = (userId: string) => [{ field: "referenceId", value: userId }];

/** A key of no known kind is read as one of the least kind, and refused by the plugin: with a cookie beside it, it must not be as if it were not there. */
const keyFor = (access: Access) => (request: HookEndpointContext) => {
  const key = request.path === "/token" ? request.headers?.get("x-api-key") : null;
  return key && (accessOfKey(key) ?? ACCESSES[0]) === access ? key : null;
};

const keys = () =>
  apiKey(
    ACCESSES.map((access) => ({
      configId: access.id,
      defaultPrefix: access.prefix,
      enableSessionForAPIKeys: true,
      customAPIKeyGetter: keyFor(access),
      requireName: true,
      maximumNameLength: MAX_NAME,
      startingCharactersConfig: { charactersLength: access.prefix.length + 4 },
      // In seconds, and not in milliseconds as the plugin's documentation says.
      keyExpiration: { defaultExpiresIn: DEFAULT_DAYS * DAY_S, maxExpiresIn: MAX_DAYS },
      // Ten a day otherwise.
      rateLimit: { timeWindow: 60_000, maxRequests: 60 },
    })),
  );

async function keysOf(auth: AuthContext, userId: string): Promise<string[]> {
  return (await auth.adapter.findMany<{ id: string }>({ model: MODEL, where: ofUser(userId) })).map(({ id }) => id);
}

const limits = {
  id: "personal-tokens",
  init(auth) {
    const endAll = async (request: GenericEndpointContext | null, ids: string[]) => {
      for (const id of ids) await endSession(request ?? ({ context: auth } as GenericEndpointContext), id);
    };
    return {
      options: {
        databaseHooks: {
          user: {
            delete: {
              async after({ id }, request) {
                const ids = await keysOf(auth, id);
                await auth.adapter.deleteMany({ model: MODEL, where: ofUser(id) });
                await endAll(request, ids);
              },
            },
            update: {
              // By the admin plugin, which ends the sessions and knows nothing of keys.
              async after(user, request) {
                if (user && isBanned(user)) await endAll(request, await keysOf(auth, user.id));
              },
            },
          },
        },
      },
    };
  },
  hooks: {
    before: [
      {
        matcher: ({ path }) => path === "/api-key/update",
        // With it a key could live for ever.
        handler: createAuthMiddleware(async () => {
          throw new APIError("NOT_FOUND");
        }),
      },
      {
        matcher: ({ path }) => path === "/api-key/create",
        handler: createAuthMiddleware(async (request) => {
          const session = await getSessionFromCtx(request, { disableCookieCache: true });
          if (!session || (await request.context.adapter.count({ model: MODEL, where: ofUser(session.user.id) })) < MAX_TOKENS) return;
          throw new APIError("BAD_REQUEST", { code: "TOO_MANY_KEYS", message: `You have ${MAX_TOKENS} tokens already. Revoke one first.` });
        }),
      },
    ],
    after: [
      {
        matcher: ({ path }) => path === "/api-key/delete",
        handler: createAuthMiddleware(async (request) => {
          const answer = request.context.returned as { success?: unknown } | undefined;
          const { keyId } = request.body as { keyId: string };
          if (answer?.success === true) await endSession(request, keyId);
        }),
      },
    ],
  },
} satisfies BetterAuthPlugin;

/** The token of a session, as Better Auth makes it. Where the key of a script stands for a session, this is the key. */
const SESSION_TOKEN = /^[A-Za-z0-9]{32}$/;

/** What the key of a script adds to a token: without a `scope` that may do all. */
export function scopeOf({ user, session }: Signed): { scope?: string } {
  if (SESSION_TOKEN.test(session.token)) return {};
  const access = accessOfKey(session.token);
  if (!access || isBanned(user)) throw new APIError("UNAUTHORIZED");
  return { scope: access.scope };
}

/** After `taskbridgeJwt`. */
export const personalTokens = () => [keys(), limits];

/** As the admin plugin marks a user; without it there is no ban. */
function isBanned({ banned, banExpires }: Record<string, unknown>): boolean {
  const expires = banExpires instanceof Date || typeof banExpires === "string" ? new Date(banExpires) : null;
  return banned === true && (expires === null || expires.getTime() > Date.now());
}
