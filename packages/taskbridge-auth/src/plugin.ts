/**
 * Better Auth's JWT plugin, set up so that the Taskbridge API takes its tokens, and with what belongs to it: the API hears of each
 * session that ends, and an account that is deleted takes its tasks along.
 */
import { BetterAuthError, type AuthContext, type BetterAuthPlugin } from "better-auth";
import { createAuthMiddleware, isAPIError } from "better-auth/api";
import { jwt } from "better-auth/plugins";
import { accountDeletion } from "./account-deletion.js";
import { backchannelLogout } from "./backchannel-logout.js";
import { checkOptions, type CheckedOptions, type TaskbridgeJwtOptions } from "./options.js";
import { secretFingerprint, secretOf } from "./secret.js";
import { signingBy, type Signing } from "./signing.js";

type StockPlugin = ReturnType<typeof jwt>;
type Hooks = NonNullable<BetterAuthPlugin["hooks"]>;

/** Better Auth's own `jwt` plugin to everything that looks for it, such as `jwtClient`, `getPlugin("jwt")` and `auth.api.signJWT`. */
export type TaskbridgeJwt = Omit<StockPlugin, "init" | "hooks"> & { init: NonNullable<BetterAuthPlugin["init"]>; hooks: Hooks };

/** Throws a `BetterAuthError` of one sentence when an option is wrong. */
export function taskbridgeJwt(options: TaskbridgeJwtOptions): TaskbridgeJwt {
  const checked = checkOptions(options);
  const signing = signingBy(checked);
  const stock = jwt(signing.options);
  const deletion = accountDeletion(checked.apiUrl);
  return {
    ...stock,
    init(auth) {
      checkSetting(auth);
      begin(auth, checked, signing);
      const sessions = backchannelLogout(auth, checked);
      return { context: sessions.context, options: { databaseHooks: { session: sessions.hooks, user: deletion.hooks(auth) } } };
    },
    hooks: { before: [deletion.before], after: [...stock.hooks.after, keepCookies] },
  };
}

function checkSetting({ options }: AuthContext): void {
  if (typeof options.baseURL !== "string" || options.baseURL === "") {
    throw new BetterAuthError(
      "taskbridgeJwt must know the address that users see: set BETTER_AUTH_URL (or baseURL) to one address, such as http://localhost:3000, and give the API the same value.",
    );
  }
  if ((options.plugins ?? []).filter(({ id }) => id === "jwt").length > 1) {
    throw new BetterAuthError("taskbridgeJwt is Better Auth's jwt() plugin already: remove the other one from plugins.");
  }
}

function begin(auth: AuthContext, { signing: way }: CheckedOptions, signing: Signing): void {
  const jwksUrl = `${auth.baseURL}/jwks`;
  signing.issuedBy(new URL(auth.baseURL).origin);
  if (way === "jwks") return sayOnce(`API tokens are signed with a key pair: set JWKS_URL=${jwksUrl} on the API`);
  const secret = secretOf(auth);
  signing.begin(secret, jwksUrl);
  sayOnce(`${secret.label} has the fingerprint ${secretFingerprint(secret)}`);
}

/** Of the process, because a bundler may put this module into several files of one server. */
const shared = globalThis as { [said: symbol]: Set<string> | undefined };
const SAID = Symbol.for("taskbridge-auth.said");

/** An app may make several instances of Better Auth, which have nothing new to say. */
function sayOnce(line: string): void {
  const said = (shared[SAID] ??= new Set());
  if (!said.has(line)) console.info(line);
  said.add(line);
}

/**
 * Without a session Better Auth also clears its cookies. Pages ask for a token as soon as their session has ended, which may be because
 * the person exchanges it for another one (a new password, signing in again): an answer that comes late would clear the new cookie.
 */
const keepCookies: NonNullable<Hooks["after"]>[number] = {
  matcher: ({ path }) => path === "/token",
  handler: createAuthMiddleware(async ({ context }) => {
    if (isAPIError(context.returned) && context.returned.statusCode === 401) context.responseHeaders?.delete("Set-Cookie");
  }),
};
