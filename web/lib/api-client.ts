/**
 * The browser's way to the task API: one typed function per operation, and all the token handling.
 *
 * The token lives in this closure and nowhere else: not in localStorage, where any injected script
 * finds it, and not in a cookie, which the API refuses anyway. Every rule that keeps a client from
 * looping is here, so that pages need not know tokens exist.
 */

export interface Task {
  id: number;
  user_id: string;
  title: string;
  description: string | null;
  completed: boolean;
  priority: "low" | "medium" | "high";
  tags: string[];
  due_date: string | null;
  created_at: string;
  updated_at: string;
}

export interface TaskPage {
  tasks: Task[];
  /** Hand back to `listTasks` for the following page; null on the last one. */
  nextCursor: string | null;
}

export interface TaskInput {
  title: string;
  description: string | null;
}

export interface FieldError {
  field: string;
  code: string;
  detail: string;
}

/** Any answer other than success, the API's own (RFC 9457) or one made here when none arrived. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";

  constructor(
    /** The HTTP status, or 0 if there was no answer at all. */
    readonly status: number,
    /** Stable and meant for programs; `detail` may be reworded. */
    readonly code: string,
    readonly detail: string,
    readonly retry: "refresh" | "login" | "never" | null = null,
    readonly errors: FieldError[] = [],
    readonly requestId: string | null = null,
  ) {
    super(detail);
  }
}

export interface ApiClientOptions {
  /** The API's address, without a trailing slash. */
  apiUrl: string;
  /** Whose page this is. A token for anybody else means that another tab signed in as them. */
  userId: string;
  /** Leaves the page. "sign-in": the session is of no use any more; "reload": somebody else is signed in now. */
  leave: (to: "sign-in" | "reload") => void;
  fetch?: typeof globalThis.fetch;
  now?: () => number;
  wait?: (milliseconds: number) => Promise<void>;
}

export type ApiClient = ReturnType<typeof createApiClient>;

interface HeldToken {
  value: string;
  userId: string;
  staleAt: number;
}

const REFRESH_AHEAD_MS = 30_000;
const TIMEOUT_MS = 15_000;
/** How often, and how long at the most, one call waits for an API that cannot check tokens yet. */
const MAX_WAITS = 2;
const MAX_WAIT_SECONDS = 10;

export function createApiClient({
  apiUrl,
  userId,
  leave,
  fetch = (input, init) => globalThis.fetch(input, init),
  now = Date.now,
  wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
}: ApiClientOptions) {
  let held: HeldToken | null = null;
  let refreshing: Promise<HeldToken> | null = null;

  async function reach(url: string, init: RequestInit, who: string): Promise<Response> {
    try {
      return await fetch(url, { ...init, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch {
      // The browser hides why: a stopped server, a wrong address and a CORS refusal look the same.
      throw new ApiProblem(0, "unreachable", `${who} cannot be reached. Check your connection, then try again.`);
    }
  }

  async function fetchToken(): Promise<HeldToken> {
    const response = await reach("/api/auth/token", { credentials: "same-origin" }, "The sign-in service");
    if (response.status === 401) {
      leave("sign-in");
      throw new ApiProblem(401, "signed_out", "Your session has ended. Please sign in again.");
    }
    const answer: unknown = response.ok ? await response.json().catch(() => null) : null;
    const token = isRecord(answer) && typeof answer.token === "string" ? readToken(answer.token, now()) : null;
    if (!token) {
      throw new ApiProblem(response.status, "token_unavailable", "The sign-in service did not issue a token. Please try again.");
    }
    if (token.userId !== userId) {
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

  async function call(method: string, path: string, body?: unknown): Promise<Response> {
    const send = (token: HeldToken) =>
      reach(
        `${apiUrl}/api/${encodeURIComponent(token.userId)}${path}`,
        {
          method,
          // The bearer token is the whole credential, so cookies stay at home.
          credentials: "omit",
          headers: {
            Accept: "application/json, application/problem+json",
            Authorization: `Bearer ${token.value}`,
            ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          },
          body: body === undefined ? null : JSON.stringify(body),
        },
        `The task API at ${apiUrl}`,
      );

    let token = await usableToken();
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
      } else if (problem.code === "keys_unavailable" && waits < MAX_WAITS) {
        // The API has not fetched the keys yet, as in the first seconds after a start.
        waits += 1;
        await wait(retryAfter(response));
        token = await usableToken();
      } else {
        if (problem.retry === "login") leave("sign-in");
        throw problem;
      }
    }
  }

  async function bodyOf<T>(response: Response): Promise<T> {
    try {
      return (await response.json()) as T;
    } catch {
      throw new ApiProblem(response.status, "unreadable_answer", `The task API at ${apiUrl} sent an answer this page cannot read.`);
    }
  }

  const json = async <T>(response: Promise<Response>) => bodyOf<T>(await response);
  const one = (id: number) => `/tasks/${id}`;

  return {
    async listTasks(cursor: string | null = null): Promise<TaskPage> {
      const query = cursor ? `?cursor=${encodeURIComponent(cursor)}` : "";
      const response = await call("GET", `/tasks${query}`);
      return { tasks: await bodyOf<Task[]>(response), nextCursor: readNextCursor(response.headers.get("Link")) };
    },
    createTask: (input: TaskInput) => json<Task>(call("POST", "/tasks", input)),
    updateTask: (id: number, changes: Partial<TaskInput>) => json<Task>(call("PUT", one(id), changes)),
    /** Sets rather than flips, so that a repeated request cannot undo itself. */
    setCompleted: (id: number, completed: boolean) => json<Task>(call("PATCH", `${one(id)}/complete`, { completed })),
    async deleteTask(id: number): Promise<void> {
      await call("DELETE", one(id));
    },
    /** For sign-out. The API would go on accepting the token until it expires. */
    forgetToken(): void {
      held = null;
      refreshing = null;
    },
  };
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
    return { value, userId: claims.sub, staleAt: receivedAt + lifetime - Math.min(REFRESH_AHEAD_MS, lifetime / 2) };
  } catch {
    return null;
  }
}

async function readProblem(response: Response): Promise<ApiProblem> {
  const body: unknown = await response.json().catch(() => null);
  // A proxy in between answers in its own format, so nothing about the body is taken for granted.
  const problem = isRecord(body) ? body : {};
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);
  const retry = problem.retry;
  return new ApiProblem(
    response.status,
    text(problem.code) ?? `http_${response.status}`,
    text(problem.detail) ?? `The task API answered with status ${response.status}.`,
    retry === "refresh" || retry === "login" || retry === "never" ? retry : null,
    Array.isArray(problem.errors) ? problem.errors.filter(isFieldError) : [],
    text(problem.request_id) ?? response.headers.get("X-Request-Id"),
  );
}

/** In milliseconds. The API counts in seconds; a proxy may send a date, or nothing. */
function retryAfter(response: Response): number {
  const header = response.headers.get("Retry-After") ?? "";
  const seconds = /^\d+$/.test(header) ? Number(header) : 1;
  return Math.min(Math.max(seconds, 1), MAX_WAIT_SECONDS) * 1000;
}

/** Only the cursor is taken from the link: following its address would let an answer choose who gets the token. */
function readNextCursor(link: string | null): string | null {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(link ?? "")?.[1];
  if (!target) return null;
  const query = target.includes("?") ? target.slice(target.indexOf("?")) : "";
  return new URLSearchParams(query).get("cursor");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFieldError(value: unknown): value is FieldError {
  return isRecord(value) && typeof value.field === "string" && typeof value.detail === "string";
}
