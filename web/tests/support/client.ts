/** The API client on its own, against a made-up fetch: the corners a browser can hardly be driven into. */
import { expect } from "@playwright/test";
import { ApiProblem, createTaskbridgeClient } from "taskbridge-auth/client";

export const apiUrl = "http://api.test";

export function token(userId: string, lifetime: number, sid?: string): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "HS256" })}.${part({ sub: userId, sid, iat: 1_000, exp: 1_000 + lifetime })}.signature`;
}

export type Answer = () => Response | Promise<Response>;
export const tasks: Answer = () => Response.json([]);
export const refused = (retry: string): Answer => () => Response.json({ code: "token_expired", detail: "Expired.", retry }, { status: 401 });

export const problem = (status: number, code: string, retry: string): Answer => () => Response.json({ code, detail: `It is ${code}.`, retry }, { status });
export const revoked = problem(401, "session_revoked", "login");
/** What the front end answers: a token of this session, or that there is none. */
export const ofSession = (sid: string): Answer => () => Response.json({ token: token("ada", 900, sid) });
export const signedOut: Answer = () => Response.json({}, { status: 401 });

export const noKeys = (retryAfter?: string): Answer => () =>
  Response.json({ code: "keys_unavailable", detail: "Not yet." }, { status: 503, headers: retryAfter === undefined ? {} : { "Retry-After": retryAfter } });

/** One answer after the other; the last one stays. */
export function inTurn(...answers: Answer[]): Answer {
  return () => (answers.length > 1 ? answers.shift() : answers[0])!();
}

export function setUp({ userId = "ada", lifetime = 900, api = tasks, issue, renew = async () => {} }: { userId?: string; lifetime?: number; api?: Answer; issue?: Answer; renew?: () => Promise<void> } = {}) {
  const log = { tokens: 0, renewals: 0, calls: [] as { url: string; init: RequestInit }[], left: [] as string[], waited: [] as number[], now: 0 };
  const client = createTaskbridgeClient({
    apiUrl,
    userId,
    renew() {
      log.renewals += 1;
      return renew();
    },
    leave: (to) => log.left.push(to),
    now: () => log.now,
    wait: async (milliseconds) => {
      log.waited.push(milliseconds);
      log.now += milliseconds;
    },
    fetch: async (input, init = {}) => {
      if (String(input) === "/api/auth/token") {
        log.tokens += 1;
        return issue ? issue() : Response.json({ token: token(userId, lifetime) });
      }
      log.calls.push({ url: String(input), init });
      return api();
    },
  });
  return { client, log };
}

export const problemOf = (work: Promise<unknown>): Promise<ApiProblem> =>
  work.then(
    () => Promise.reject(new Error("expected an ApiProblem")),
    (error: unknown) => {
      expect(error).toBeInstanceOf(ApiProblem);
      return error as ApiProblem;
    },
  );
