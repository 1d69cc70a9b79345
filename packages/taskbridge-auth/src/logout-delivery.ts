/**
 * Brings logout tokens to the task API, and goes on trying while it is away. Nothing about Better Auth is in here.
 *
 * What waits is kept in the memory of this process: when it stops, the sessions that the API was not told of yet end at
 * the API as they would without all this, when their last token expires.
 */
export interface LogoutDeliveryOptions {
  /** Where logout tokens go. */
  url: string;
  /** Makes a logout token for this session. Asked for each attempt, because one is good for two minutes at most. */
  sign: (sessionId: string) => Promise<string>;
  /** For how long the API could take a token of an ended session, in milliseconds; after that there is nothing left to end. */
  horizon: number;
  fetch?: typeof globalThis.fetch;
  now?: () => number;
  wait?: (milliseconds: number) => Promise<void>;
  log?: Pick<Console, "warn" | "error">;
}

/** How one attempt went. `refused`: another one would go the same way. */
type Outcome = { kind: "told" } | { kind: "refused" | "failed"; why: string; retryAfter?: number };

export interface Ending {
  /** After the first attempt, whatever came of it. */
  attempted: Promise<void>;
  /** When the API knows, or there is no more to be done. */
  settled: Promise<void>;
}

export type LogoutDelivery = ReturnType<typeof createLogoutDelivery>;

const ATTEMPT_TIMEOUT_MS = 5_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** How many sessions may wait at once. People sign out one at a time; so many do only in a long outage. */
const MAX_WAITING = 10_000;

export function createLogoutDelivery({
  url,
  sign,
  horizon,
  fetch = (input, init) => globalThis.fetch(input, init),
  now = Date.now,
  wait = (milliseconds) => new Promise((resolve) => void setTimeout(resolve, milliseconds).unref()),
  log = console,
}: LogoutDeliveryOptions) {
  const { origin } = new URL(url);
  const endings = new Map<string, Ending>();
  let away = false;

  async function attempt(sessionId: string): Promise<Outcome> {
    try {
      const response = await fetch(url, {
        method: "POST",
        body: new URLSearchParams({ logout_token: await sign(sessionId) }),
        // Followed, a redirect could answer 200 without having ended anything.
        redirect: "manual",
        signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS),
      });
      // 204 is what some frameworks make of a 200 without a body, as the specification says.
      if (response.status === 200 || response.status === 204) return { kind: "told" };
      const why = await reasonOf(response);
      return response.status === 400 ? { kind: "refused", why } : { kind: "failed", why, retryAfter: retryAfter(response) };
    } catch (error) {
      return { kind: "failed", why: causeOf(error) };
    }
  }

  /** Once per outage, and not for each session in it. */
  function noteOutage(outcome: Outcome): void {
    if (outcome.kind === "failed" && !away) {
      log.warn(`The task API at ${origin} could not be told that a session has ended (${outcome.why}). It is tried again for as long as a token of it can live.`);
    }
    away = outcome.kind === "failed";
  }

  async function deliver(sessionId: string, attempted: () => void): Promise<void> {
    const until = now() + horizon;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const outcome = await attempt(sessionId);
      noteOutage(outcome);
      attempted();
      if (outcome.kind === "told") return;
      // Random, so that the sessions that wait do not come all at once when the API is back.
      const longer = Math.max(pause * (0.5 + Math.random()), outcome.retryAfter ?? 0);
      if (outcome.kind === "refused" || now() + longer > until) {
        return log.error(`The session ${sessionId} could not be ended at the task API at ${origin}: ${outcome.why}. Its tokens end when they expire.`);
      }
      await wait(longer);
    }
  }

  return {
    /** Never rejects. A session that is being ended already is not ended twice. */
    end(sessionId: string): Ending {
      const known = endings.get(sessionId);
      if (known) return known;
      if (endings.size >= MAX_WAITING) {
        log.error(`The session ${sessionId} was not ended at the task API at ${origin}, because ${MAX_WAITING} others wait for it already.`);
        return { attempted: Promise.resolve(), settled: Promise.resolve() };
      }
      let attempted = () => {};
      const first = new Promise<void>((resolve) => (attempted = resolve));
      const settled = deliver(sessionId, attempted).finally(() => endings.delete(sessionId));
      const ending = { attempted: first, settled };
      endings.set(sessionId, ending);
      return ending;
    },
  };
}

/** The status and, for an answer as OpenID Connect describes it, its words; never more than a line of them. */
async function reasonOf(response: Response): Promise<string> {
  const answer = (await response.json().catch(() => null)) as { error_description?: unknown } | null;
  const text = typeof answer?.error_description === "string" ? `: ${answer.error_description.replace(/\s+/g, " ").slice(0, 200)}` : "";
  return `it answered ${response.status}${text}`;
}

/** What `fetch` says is "fetch failed"; the reason is behind it. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  return first instanceof Error ? first.message : String(first);
}

/** In milliseconds. The API counts in seconds; a proxy may send a date, or nothing. */
function retryAfter(response: Response): number {
  const header = response.headers.get("Retry-After") ?? "";
  return /^\d+$/.test(header) ? Math.min(Number(header) * 1_000, LONGEST_PAUSE_MS) : 0;
}
