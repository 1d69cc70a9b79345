/**
 * Follows the changes of one user's tasks: `/events` says that there is something new, `/changes` says what.
 * What is asked, and from where on, is decided here; what to do with the answer is the caller's.
 */
import { readEvents } from "./event-stream.js";

/** A page of `/changes`. */
export interface Changes<T> {
  changed: T[];
  deleted: number[];
  /** Where to go on from. */
  next: string;
  more: boolean;
}

/** `live`: whatever changes is heard of. `offline`: it is tried again every few seconds. */
export type Connection = "connecting" | "live" | "offline";

export interface TaskSyncOptions<T> {
  /** The address of the API and the path of the user, without a slash at the end: `https://…/api/<user id>`. */
  base: string;
  /**
   * `fetch` that adds the Bearer token, such as [`bearerFetch`]. It resolves with a success only; an answer of any other
   * kind it throws as an error that has the `status`.
   */
  fetch: (request: Request) => Promise<Response>;
  /** Forgets the token, which has expired, so that the next request gets a new one. */
  renewToken: () => void;
  /**
   * `all`: begin with every task, in pages. `now`: begin with what changes from now on, for a client that has
   * other ways to read what is there already.
   */
  begin: "all" | "now";
  /** The token to go on from, if one was kept. */
  since?: string | null;
  /** To be applied in order. A client that applies every page has what the server has. */
  onChanges: (page: Changes<T>) => void;
  /** What was known before may be wrong: forget it (`all`) or read it again (`now`), then go on. `since` is the new place. */
  onReset: (since: string | null) => void;
  onConnection: (connection: Connection) => void;
  /** How long to wait before the next attempt, in milliseconds. */
  pause?: () => number;
  /** How long a stream may be silent, in milliseconds. The server sends a comment every 20 seconds. */
  silence?: number;
}

const SILENCE_MS = 60_000;
/** Random, so that the clients of a server that restarts do not come back all at once. */
const randomPause = () => 1_000 + Math.random() * 4_000;

export type TaskSync = ReturnType<typeof createTaskSync>;

export function createTaskSync<T>({ base, fetch, renewToken, begin, onChanges, onReset, onConnection, pause = randomPause, silence = SILENCE_MS, ...kept }: TaskSyncOptions<T>) {
  const stopped = new AbortController();
  let since = kept.since ?? null;
  let connection: Connection = "connecting";
  let wake = () => {};
  let attempt = new AbortController();
  let hurry = false;

  function report(now: Connection): void {
    if (now === connection || stopped.signal.aborted) return;
    connection = now;
    onConnection(now);
  }

  async function readChanges(): Promise<Changes<T>> {
    // Not in the query: the browser would ask for permission (CORS preflight) before each request.
    const headers = since === null ? undefined : { "Changes-Since": since };
    return (await fetch(new Request(`${base}/changes`, { headers, signal: stopped.signal }))).json() as Promise<Changes<T>>;
  }

  function reset(to: string | null): void {
    since = to;
    onReset(to);
  }

  /** Asks for everything up to `newest`, which is where the server is. */
  async function pull(newest: string): Promise<void> {
    if (since === null && begin === "now") return reset(newest);
    while (since !== newest) {
      try {
        const page = await readChanges();
        since = page.next;
        onChanges(page);
        if (!page.more) return;
      } catch (error) {
        if (statusOf(error) !== 410 || since === null) throw error;
        reset(begin === "now" ? newest : null);
      }
    }
  }

  /** Resolves with true when the stream ended because the token has expired. */
  async function listen(): Promise<boolean> {
    const mine = new AbortController();
    attempt = mine;
    let timer = setTimeout(() => mine.abort(), silence);
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => mine.abort(), silence);
    };
    try {
      const signal = AbortSignal.any([stopped.signal, mine.signal]);
      const { body } = await fetch(new Request(`${base}/events`, { signal, headers: { Accept: "text/event-stream, application/problem+json" } }));
      if (!body) return false;
      for await (const { type, data } of readEvents(body, heard)) {
        if (type === "reauth") return true;
        if (type !== "change") continue;
        await pull((JSON.parse(data) as { next: string }).next);
        report("live");
      }
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  async function follow(): Promise<void> {
    let [short, refused] = [0, 0];
    while (!stopped.signal.aborted) {
      const begun = Date.now();
      let expired = false;
      try {
        expired = await listen();
        if (expired) renewToken();
      } catch (error) {
        // A token is refused, and a new one was as well: asking again and again would be asking for ever.
        refused = [401, 403].includes(statusOf(error)) ? refused + 1 : 0;
        if (refused > 2) return report("offline");
      }
      // At once after an expiry; but not in a circle, should new tokens arrive expired because clocks differ.
      short = expired && Date.now() - begun < 1_000 ? short + 1 : 0;
      if (expired && short < 2) continue;
      report("offline");
      if (hurry) {
        hurry = false;
        continue;
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause());
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  return {
    start: (): void => void follow(),
    /** Begins anew at once: the network is another one, on which the old stream would only be silent. */
    retry(): void {
      hurry = true;
      attempt.abort();
      wake();
    },
    stop(): void {
      stopped.abort();
      wake();
    },
    since: (): string | null => since,
  };
}

/** A `fetch` for the options: with the token that `token` gives, and once more with a new one after a 401. */
export function bearerFetch(token: (renew: boolean) => Promise<string>) {
  return async (request: Request): Promise<Response> => {
    for (let attempt = 0; ; attempt += 1) {
      const copy = request.clone();
      copy.headers.set("Authorization", `Bearer ${await token(attempt > 0)}`);
      const response = await globalThis.fetch(copy);
      if (response.ok) return response;
      if (response.status === 401 && attempt === 0) continue;
      throw Object.assign(new Error(`The task API answered with status ${response.status}.`), { status: response.status });
    }
  };
}

/** 0 when there was no answer. */
function statusOf(error: unknown): number {
  const status = typeof error === "object" && error !== null && "status" in error ? error.status : 0;
  return typeof status === "number" ? status : 0;
}
