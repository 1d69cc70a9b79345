/**
 * `fetch` with a bearer token: all the token handling, and nothing about tasks.
 *
 * The token lives in this closure and nowhere else: not in localStorage, where any injected script
 * finds it, and not in a cookie, which the API refuses anyway. Every rule that keeps a client from
 * looping is here, so that neither pages nor the generated client need know tokens exist.
 */
import { ApiProblem, isRecord, readProblem } from "./api-problem.js";

export interface ApiFetchOptions {
  /** Where the browser reaches the API, such as `http://localhost:8000`. */
  apiUrl: string;
  /** Where Better Auth gives out tokens: `/api/auth/token` of this page's own server by default. */
  tokenUrl?: string;
  /** Whose page this is; by default the user of the first token. A token for anybody else means that another tab signed in as them. */
  userId?: string;
  /**
   * There is no session any more. Resolves when there is one again, and what was asked for goes on. Without this function it fails
   * with the code `signed_out`.
   */
  renew?: () => Promise<unknown>;
  /** Leaves the page. "sign-in": the session is of no use; "reload": another user is signed in now; "erased": the account is gone. */
  leave?: (to: "sign-in" | "reload" | "erased") => void;
  fetch?: typeof globalThis.fetch;
  now?: () => number;
  wait?: (milliseconds: number) => Promise<void>;
}

interface HeldToken {
  value: string;
  userId: string;
  /** The session it is of, if it says so. */
  session: string | null;
  staleAt: number;
}

const REFRESH_AHEAD_MS = 30_000;
const TIMEOUT_MS = 15_000;
/** How often, and how long at the most, one call waits for an API that cannot check tokens yet. */
const MAX_WAITS = 2;
const MAX_WAIT_SECONDS = 10;

export function createApiFetch({
  apiUrl,
  tokenUrl = "/api/auth/token",
  userId,
  renew = signedOut,
  leave = () => {},
  fetch = (input, init) => globalThis.fetch(input, init),
  now = Date.now,
  wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
}: ApiFetchOptions) {
  let user = userId ?? null;
  let held: HeldToken | null = null;
  let refreshing: Promise<HeldToken> | null = null;

  async function reach(url: string, init: RequestInit, who: string, timeout: number | null = TIMEOUT_MS): Promise<Response> {
    const signals = [...(init.signal ? [init.signal] : []), ...(timeout === null ? [] : [AbortSignal.timeout(timeout)])];
    try {
      return await fetch(url, { ...init, signal: AbortSignal.any(signals) });
    } catch (error) {
      // Called off by the page itself, for instance because the filter has changed meanwhile.
      if (init.signal?.aborted) throw error;
      // The browser hides why: a stopped server, a wrong address and a CORS refusal look the same.
      throw new ApiProblem(0, "unreachable", `${who} cannot be reached. Check your connection, then try again.`);
    }
  }

  const askForToken = () => reach(tokenUrl, { credentials: "include", cache: "no-store" }, "The sign-in service");

  async function fetchToken(): Promise<HeldToken> {
    let response = await askForToken();
    while (response.status === 401) {
      await renew();
      response = await askForToken();
    }
    const answer: unknown = response.ok ? await response.json().catch(() => null) : null;
    const token = isRecord(answer) && typeof answer.token === "string" ? readToken(answer.token, now()) : null;
    if (!token) {
      throw new ApiProblem(response.status, "token_unavailable", "The sign-in service did not issue a token. Please try again.");
    }
    user ??= token.userId;
    if (token.userId !== user) {
      leave("reload");
      throw new ApiProblem(401, "user_changed", "Somebody else has signed in. The page is being reloaded.");
    }
    return token;
  }

  /** All callers share the refresh that is under way, so ten calls at once cost one token. */
  function refresh(): Promise<HeldToken> {
    if (refreshing) return refreshing;
    const mine: Promise<HeldToken> = fetchToken()
      .then((token) => {
        // After a sign-out in the meantime the token must not come back to life.
        if (refreshing === mine) held = token;
        return token;
      })
      .finally(() => {
        if (refreshing === mine) refreshing = null;
      });
    refreshing = mine;
    return mine;
  }

  function usableToken(): Promise<HeldToken> {
    return held && now() < held.staleAt ? Promise.resolve(held) : refresh();
  }

  /** Replaces a token the API refused, unless another call has done so already. */
  function replacementFor(refused: HeldToken): Promise<HeldToken> {
    if (held === refused) held = null;
    return usableToken();
  }

  /** The session of this token has been ended. There may be another one by now; its own may still be in Better Auth's cookie cache. */
  async function replacementForRevoked(refused: HeldToken): Promise<HeldToken> {
    const next = await replacementFor(refused);
    if (next.session !== refused.session) return next;
    await renew();
    return replacementFor(next);
  }

  /** All tasks of the account were erased. Where it still has a session it is still there, and can be deleted once more. */
  async function leaveIfDeleted(): Promise<void> {
    held = null;
    const answer = await askForToken().catch(() => null);
    if (answer?.status === 401) leave("erased");
  }

  return {
    /**
     * Sends a request to the API and resolves with a success, whatever its kind; anything else is thrown as an ApiProblem.
     * `timeout` is in milliseconds; null for an answer that goes on for ever.
     */
    async fetch(request: Request, timeout?: number | null): Promise<Response> {
      // The body is read once, because a request can be sent only once and this may have to send it again.
      const [first, text] = await Promise.all([usableToken(), request.text()]);
      const send = (token: HeldToken) => {
        const headers = new Headers(request.headers);
        if (!headers.has("Accept")) headers.set("Accept", "application/json, application/problem+json");
        headers.set("Authorization", `Bearer ${token.value}`);
        // The bearer token is the whole credential, so cookies stay at home. And no `cache`: with any mode but the default
        // Chromium asks for permission (CORS preflight) before each request instead of once an hour. The default also sends
        // the tag of a list that is there already; the API forbids to use one without asking.
        const init: RequestInit = { method: request.method, credentials: "omit", headers, body: text || null, signal: request.signal };
        return reach(request.url, init, `The task API at ${apiUrl}`, timeout);
      };

      let token = first;
      let renewed = false;
      let waits = 0;
      for (;;) {
        const response = await send(token);
        if (response.ok) return response;
        const problem = await readProblem(response);
        // Repeating even a POST is safe in both cases: the API checks the token before it reads the body.
        if (problem.retry === "refresh" && !renewed) {
          // Once, because a fresh token that is refused as well will not be cured by a third.
          renewed = true;
          token = await replacementFor(token);
        } else if (problem.code === "session_revoked" && !renewed) {
          renewed = true;
          token = await replacementForRevoked(token);
        } else if (problem.code === "keys_unavailable" && waits < MAX_WAITS) {
          // The API has not fetched the keys yet, as in the first seconds after a start.
          waits += 1;
          await wait(retryAfter(response));
          token = await usableToken();
        } else {
          if (problem.code === "account_erased") await leaveIfDeleted();
          else if (problem.retry === "login") leave("sign-in");
          throw problem;
        }
      }
    },
    /** The id of the user whose tokens these are. */
    user: async (): Promise<string> => user ?? (await usableToken()).userId,
    /** For sign-out, and for a token that the API takes no longer. */
    forgetToken(): void {
      held = null;
      refreshing = null;
    },
    /** Another tab has found the session ended. If it is so, `renew` is called. Resolves with true when there is one. */
    checkSession(): Promise<boolean> {
      held = null;
      return usableToken().then(
        () => true,
        // What else may be wrong is found by what needs the token.
        () => false,
      );
    },
  };
}

async function signedOut(): Promise<never> {
  throw new ApiProblem(401, "signed_out", "You are signed out. Sign in, then try again.", "login");
}

/** Reads the payload without verifying it: that is the API's duty, and this page only plans ahead by it. */
function readToken(value: string, receivedAt: number): HeldToken | null {
  try {
    const encoded = value.split(".")[1] ?? "";
    const bytes = Uint8Array.from(atob(encoded.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (!isRecord(claims) || typeof claims.sub !== "string") return null;
    if (typeof claims.exp !== "number" || typeof claims.iat !== "number") return null;
    // Counted from now rather than from `iat`: the clock of this machine may differ from the server's.
    const lifetime = (claims.exp - claims.iat) * 1000;
    // A token that lives for less than a minute is renewed at half its life, not on every call.
    const session = typeof claims.sid === "string" ? claims.sid : null;
    return { value, userId: claims.sub, session, staleAt: receivedAt + lifetime - Math.min(REFRESH_AHEAD_MS, lifetime / 2) };
  } catch {
    return null;
  }
}

/** In milliseconds. The API counts in seconds; a proxy may send a date, or nothing. */
function retryAfter(response: Response): number {
  const header = response.headers.get("Retry-After") ?? "";
  const seconds = /^\d+$/.test(header) ? Number(header) : 1;
  return Math.min(Math.max(seconds, 1), MAX_WAIT_SECONDS) * 1000;
}
