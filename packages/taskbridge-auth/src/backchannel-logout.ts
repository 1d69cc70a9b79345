/**
 * Tells the task API when a session has ended: at a sign-out, "sign out everywhere", a ban, the deletion of an account.
 * The API then refuses every token of that session at once, wherever a copy of it is.
 *
 * Better Auth runs a hook for each session that it deletes. What is sent is a logout token as in OpenID Connect Back-Channel
 * Logout 1.0, signed in the same way as the API tokens, which have the session in `sid`.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { AuthContext, BetterAuthOptions, GenericEndpointContext } from "better-auth";
import { createLogoutDelivery, type LogoutDelivery } from "./logout-delivery.js";
import type { CheckedOptions } from "./options.js";
import { signToken } from "./sign.js";

const LOGOUT_TOKEN_LIFETIME_S = 120;
/** The longest that a sign-out waits for the API. */
const TIMEOUT_MS = 2_000;
/** Of the API, by default: it takes a token for so long after it has expired. */
const LEEWAY_S = 30;
/** Of one user. When it deletes all of a user's, Better Auth runs the hook for the first hundred only. */
const MAX_SESSIONS = 50;
/** Better Auth's own default for a session cookie that is trusted without asking the database. */
const COOKIE_CACHE_S = 300;

type WithDelivery = { logoutDelivery?: LogoutDelivery };

export interface SessionHooks {
  /** Joins Better Auth's context, where `endSession` finds it. */
  context: Required<WithDelivery>;
  hooks: NonNullable<NonNullable<BetterAuthOptions["databaseHooks"]>["session"]>;
}

/** What a plugin adds to Better Auth when it is set up. */
export function backchannelLogout(auth: AuthContext, { apiUrl, lifetime }: Pick<CheckedOptions, "apiUrl" | "lifetime">): SessionHooks {
  const { session, secondaryStorage } = auth.options;
  const hooksRun = !secondaryStorage || session?.storeSessionInDatabase === true;
  if (!hooksRun) {
    auth.logger.warn(
      "Sessions are in secondaryStorage only, where Better Auth runs no hook when one ends: the task API goes on taking its tokens until they expire. Set session.storeSessionInDatabase.",
    );
  }
  const cookieCache = session?.cookieCache?.enabled ? (session.cookieCache.maxAge ?? COOKIE_CACHE_S) : 0;
  const delivery = createLogoutDelivery({
    url: `${apiUrl}/backchannel-logout`,
    sign: (sessionId) => signLogoutToken(auth, sessionId),
    horizon: (lifetime + cookieCache + LEEWAY_S) * 1_000,
  });
  const logoutDelivery = { ...delivery, end: outOfTheRequest(delivery.end) };
  return {
    context: { logoutDelivery },
    hooks: {
      create: { after: ({ userId }) => (hooksRun ? endSurplus(auth, userId) : Promise.resolve()) },
      delete: { after: ({ id }, request) => endAtApi(logoutDelivery, id, request) },
    },
  };
}

/** Ends, at the API, what tokens have in `sid`. For what is no session of Better Auth, such as an API key. */
export async function endSession(request: GenericEndpointContext, sessionId: string): Promise<void> {
  const { logoutDelivery } = request.context as WithDelivery;
  if (logoutDelivery) await endAtApi(logoutDelivery, sessionId, request);
}

/** Of the sessions of one user the oldest go when there are too many. */
async function endSurplus(auth: AuthContext, userId: string): Promise<void> {
  const surplus = await auth.adapter.findMany<{ token: string }>({
    model: "session",
    where: [{ field: "userId", value: userId }],
    sortBy: { field: "createdAt", direction: "desc" },
    offset: MAX_SESSIONS,
  });
  for (const { token } of surplus) await auth.internalAdapter.deleteSession(token);
}

/** Until when the requests that end sessions wait; one such request may end many, one after the other. */
const deadlines = new WeakMap<GenericEndpointContext, number>();

async function endAtApi(delivery: LogoutDelivery, sessionId: string, request: GenericEndpointContext | null): Promise<void> {
  const { attempted, settled } = delivery.end(sessionId);
  // Where a platform stops a process after the answer, `advanced.backgroundTasks` of Better Auth keeps it going for this.
  request?.context.runInBackground(settled);
  const deadline = (request && deadlines.get(request)) ?? Date.now() + TIMEOUT_MS;
  if (request) deadlines.set(request, deadline);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, deadline - Date.now())));
  await Promise.race([attempted, timeout]);
  clearTimeout(timer);
}

/** Better Auth and Next.js find the request (and a transaction in it) by the asynchronous context; what goes on after it must not. */
function outOfTheRequest<A extends unknown[], R>(work: (...args: A) => R): (...args: A) => R {
  const outside = AsyncLocalStorage.snapshot();
  return (...args) => outside(work, ...args);
}

function signLogoutToken(auth: AuthContext, sessionId: string): Promise<string> {
  const events = { "http://schemas.openid.net/event/backchannel-logout": {} };
  return signToken(auth, LOGOUT_TOKEN_LIFETIME_S, { jti: crypto.randomUUID(), sid: sessionId, events }, { typ: "logout+jwt" });
}
