/** The API client on its own, against a made-up fetch: the corners a browser can hardly be driven into. */
import { expect, test } from "@playwright/test";
import { createApiClient, etagOf } from "../lib/api-client";
import { ApiProblem } from "../lib/api-problem";

const apiUrl = "http://api.test";

function token(userId: string, lifetime: number, sid?: string): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "HS256" })}.${part({ sub: userId, sid, iat: 1_000, exp: 1_000 + lifetime })}.signature`;
}

type Answer = () => Response | Promise<Response>;
const tasks: Answer = () => Response.json([]);
const refused = (retry: string): Answer => () => Response.json({ code: "token_expired", detail: "Expired.", retry }, { status: 401 });

const problem = (status: number, code: string, retry: string): Answer => () => Response.json({ code, detail: `It is ${code}.`, retry }, { status });
const revoked = problem(401, "session_revoked", "login");
/** What the front end answers: a token of this session, or that there is none. */
const ofSession = (sid: string): Answer => () => Response.json({ token: token("ada", 900, sid) });
const signedOut: Answer = () => Response.json({}, { status: 401 });

const noKeys = (retryAfter?: string): Answer => () =>
  Response.json({ code: "keys_unavailable", detail: "Not yet." }, { status: 503, headers: retryAfter === undefined ? {} : { "Retry-After": retryAfter } });

/** One answer after the other; the last one stays. */
function inTurn(...answers: Answer[]): Answer {
  return () => (answers.length > 1 ? answers.shift() : answers[0])!();
}

function setUp({ userId = "ada", lifetime = 900, api = tasks, issue, renew = async () => {} }: { userId?: string; lifetime?: number; api?: Answer; issue?: Answer; renew?: () => Promise<void> } = {}) {
  const log = { tokens: 0, renewals: 0, calls: [] as { url: string; init: RequestInit }[], left: [] as string[], waited: [] as number[], now: 0 };
  const client = createApiClient({
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

const problemOf = (work: Promise<unknown>): Promise<ApiProblem> =>
  work.then(
    () => Promise.reject(new Error("expected an ApiProblem")),
    (error: unknown) => {
      expect(error).toBeInstanceOf(ApiProblem);
      return error as ApiProblem;
    },
  );

test("ten calls at once cost one token", async () => {
  const { client, log } = setUp();
  await Promise.all(Array.from({ length: 10 }, () => client.listTasks()));
  expect(log.tokens).toBe(1);
  expect(log.calls).toHaveLength(10);
});

test("a token is renewed thirty seconds before it expires", async () => {
  const { client, log } = setUp({ lifetime: 900 });
  await client.listTasks();
  log.now = 869_000;
  await client.listTasks();
  expect(log.tokens).toBe(1);
  log.now = 870_000;
  await client.listTasks();
  expect(log.tokens).toBe(2);
});

test("a short-lived token is used for half its life, not renewed on every call", async () => {
  const { client, log } = setUp({ lifetime: 10 });
  await client.listTasks();
  log.now = 4_900;
  await client.listTasks();
  expect(log.tokens).toBe(1);
  log.now = 5_000;
  await client.listTasks();
  expect(log.tokens).toBe(2);
});

test("any user id becomes one path segment", async () => {
  const { client, log } = setUp({ userId: "a/b c?d#é%" });
  await client.deleteTask(7, null);
  expect(log.calls[0]?.url).toBe(`${apiUrl}/api/a%2Fb%20c%3Fd%23%C3%A9%25/tasks/7`);
});

test("every call carries the bearer token and no cookies", async () => {
  const { client, log } = setUp({ api: () => Response.json({}) });
  await client.createTask({ title: "x", description: null }, "key");
  const init = log.calls[0]?.init;
  expect(new Headers(init?.headers).get("Authorization")).toBe(`Bearer ${token("ada", 900)}`);
  expect(init?.credentials).toBe("omit");
  expect(init?.body).toBe('{"title":"x","description":null}');
});

test("“refresh” is obeyed once", async () => {
  const { client, log } = setUp({ api: refused("refresh") });
  const problem = await problemOf(client.listTasks());
  expect(problem).toMatchObject({ status: 401, code: "token_expired", retry: "refresh" });
  expect(log.calls).toHaveLength(2);
  expect(log.tokens).toBe(2);
  expect(log.left).toEqual([]);
});

test("“login” leaves for the sign-in page, “never” does not", async () => {
  for (const [retry, left] of [["login", ["sign-in"]], ["never", []]] as const) {
    const { client, log } = setUp({ api: refused(retry) });
    await problemOf(client.listTasks());
    expect(log.calls).toHaveLength(1);
    expect(log.left).toEqual(left);
  }
});

test("an API without keys yet is asked again after Retry-After, by reads and writes alike", async () => {
  const { client, log } = setUp({ api: inTurn(noKeys("2"), tasks) });
  expect(await client.listTasks()).toEqual({ tasks: [], nextCursor: null, total: null });
  expect(log.waited).toEqual([2_000]);

  const { client: writer, log: writes } = setUp({ api: inTurn(noKeys("2"), noKeys("3"), () => Response.json({ id: 1 })) });
  await writer.createTask({ title: "x", description: null }, "key");
  expect(writes.waited).toEqual([2_000, 3_000]);
  expect(writes.calls.map(({ init }) => init.body)).toEqual(Array(3).fill('{"title":"x","description":null}'));
  expect(writes.tokens).toBe(1);
});

test("it is asked three times, not for ever", async () => {
  const { client, log } = setUp({ api: noKeys("1") });
  expect(await problemOf(client.listTasks())).toMatchObject({ status: 503, code: "keys_unavailable" });
  expect(log.calls).toHaveLength(3);
  expect(log.waited).toEqual([1_000, 1_000]);
  expect(log.left).toEqual([]);
});

test("however the answers alternate, one call ends after four requests", async () => {
  const { client, log } = setUp({ api: inTurn(noKeys("1"), refused("refresh"), noKeys("1"), refused("refresh")) });
  expect((await problemOf(client.listTasks())).code).toBe("token_expired");
  expect(log.calls).toHaveLength(4);
  expect(log.tokens).toBe(2);
});

test("the wait is at least one second and at most ten, whatever Retry-After says", async () => {
  for (const [header, waited] of [["0", 1_000], ["86400", 10_000], ["soon", 1_000], ["Wed, 21 Oct 2026 07:28:00 GMT", 1_000], [undefined, 1_000]] as const) {
    const { client, log } = setUp({ api: inTurn(noKeys(header), tasks) });
    await client.listTasks();
    expect(log.waited, header).toEqual([waited]);
  }
});

test("a token that goes stale during the wait is renewed", async () => {
  const { client, log } = setUp({ lifetime: 10, api: inTurn(noKeys("9"), tasks) });
  await client.listTasks();
  expect(log.tokens).toBe(2);
});

test("any other 503 is shown at once", async () => {
  const { client, log } = setUp({ api: () => Response.json({ code: "unavailable" }, { status: 503, headers: { "Retry-After": "1" } }) });
  await problemOf(client.listTasks());
  await problemOf(client.createTask({ title: "x", description: null }, "key"));
  expect(log.calls).toHaveLength(2);
  expect(log.waited).toEqual([]);
});

test("without a session nothing is asked of the API until there is one again, and then everything goes on", async () => {
  let back = () => {};
  const { client, log } = setUp({ issue: inTurn(signedOut, ofSession("s2")), renew: () => new Promise((resolve) => (back = resolve)) });
  const calls = [client.createTask({ title: "typed before", description: null }, "key"), client.listTasks()];
  await expect.poll(() => log.renewals).toBe(1);
  expect(log.calls).toHaveLength(0);
  back();
  await Promise.all(calls);
  expect(log.calls.map(({ init }) => init.body ?? null)).toContain('{"title":"typed before","description":null}');
  expect(log.tokens).toBe(2);
  expect(log.renewals).toBe(1);
  expect(log.left).toEqual([]);
});

test("a token of a session that has been ended is exchanged for one of the next session, and nobody is asked", async () => {
  const { client, log } = setUp({ issue: inTurn(ofSession("s1"), ofSession("s2")), api: inTurn(revoked, revoked, tasks) });
  await Promise.all([client.listTasks(), client.listTasks()]);
  expect(log.calls.map(({ init }) => new Headers(init.headers).get("Authorization"))).toEqual(
    ["s1", "s1", "s2", "s2"].map((sid) => `Bearer ${token("ada", 900, sid)}`),
  );
  expect(log.tokens).toBe(2);
  expect(log.renewals).toBe(0);
});

test("where the session is gone altogether, the person is asked once, and the call goes on", async () => {
  const { client, log } = setUp({ issue: inTurn(ofSession("s1"), signedOut, ofSession("s2")), api: inTurn(revoked, tasks) });
  await client.listTasks();
  expect(log.renewals).toBe(1);
  expect(log.calls).toHaveLength(2);
  expect(log.left).toEqual([]);
});

test("a front end that still believes in an ended session makes nobody go round in circles", async () => {
  const { client, log } = setUp({ issue: inTurn(ofSession("s1"), ofSession("s1"), ofSession("s2")), api: inTurn(revoked, tasks) });
  await client.listTasks();
  expect(log.renewals).toBe(1);
  expect(log.calls).toHaveLength(2);

  const { client: other, log: circles } = setUp({ issue: ofSession("s1"), api: revoked });
  expect(await problemOf(other.listTasks())).toMatchObject({ code: "session_revoked" });
  expect(circles.renewals).toBe(1);
  expect(circles.calls).toHaveLength(2);
  expect(circles.left).toEqual(["sign-in"]);
});

test("an erased account is left when it is gone, and shown what happened when it is still there", async () => {
  const erased = problem(401, "account_erased", "login");
  for (const [next, left] of [[signedOut, ["erased"]], [ofSession("s1"), []]] as const) {
    const { client, log } = setUp({ issue: inTurn(ofSession("s1"), next), api: erased });
    expect(await problemOf(client.listTasks())).toMatchObject({ code: "account_erased", detail: "It is account_erased." });
    expect(log.calls).toHaveLength(1);
    expect(log.renewals).toBe(0);
    expect(log.left).toEqual(left);
  }
});

test("somebody else who signs in meanwhile gets nothing of what was waiting", async () => {
  const { client, log } = setUp({ issue: inTurn(signedOut, () => Response.json({ token: token("bob", 900) })) });
  expect((await problemOf(client.createTask({ title: "Ada's", description: null }, "key"))).code).toBe("user_changed");
  expect(log.calls).toHaveLength(0);
  expect(log.left).toEqual(["reload"]);
});

test("somebody else's token is never used", async () => {
  const { client, log } = setUp({ issue: () => Response.json({ token: token("bob", 900) }) });
  expect((await problemOf(client.listTasks())).code).toBe("user_changed");
  expect(log.calls).toHaveLength(0);
  expect(log.left).toEqual(["reload"]);
});

test("a token that arrives after the sign-out is not kept", async () => {
  let release = (_response: Response) => {};
  const { client, log } = setUp({ issue: () => new Promise<Response>((resolve) => (release = resolve)) });
  const call = client.listTasks();
  client.forgetToken();
  release(Response.json({ token: token("ada", 900) }));
  await call;
  const next = client.listTasks();
  expect(log.tokens).toBe(2);
  release(Response.json({ token: token("ada", 900) }));
  await next;
});

test("a token endpoint that fails is asked again by the next call", async () => {
  let works = false;
  const { client, log } = setUp({
    issue: () => (works ? Response.json({ token: token("ada", 900) }) : new Response("oops", { status: 500 })),
  });
  expect((await problemOf(client.listTasks())).code).toBe("token_unavailable");
  works = true;
  await client.listTasks();
  expect(log.calls).toHaveLength(1);
});

test("an unreachable API is named", async () => {
  const { client } = setUp({ api: () => Promise.reject(new TypeError("Failed to fetch")) });
  const problem = await problemOf(client.listTasks());
  expect(problem).toMatchObject({ status: 0, code: "unreachable" });
  expect(problem.detail).toContain(apiUrl);
});

test("field errors and the request id reach the caller, whatever else is in the body", async () => {
  const { client } = setUp({
    api: () =>
      Response.json(
        { detail: "Invalid.", code: "invalid", errors: [{ field: "title", code: "too_long", detail: "Too long." }, 5], request_id: "r-1" },
        { status: 422 },
      ),
  });
  const problem = await problemOf(client.createTask({ title: "", description: null }, "key"));
  expect(problem.errors).toEqual([{ field: "title", code: "too_long", detail: "Too long." }]);
  expect(problem.requestId).toBe("r-1");
});

test("an answer from a proxy in between is still an understandable problem", async () => {
  const { client } = setUp({ api: () => new Response("<h1>Bad Gateway</h1>", { status: 502 }) });
  expect(await problemOf(client.listTasks())).toMatchObject({ status: 502, code: "http_502", errors: [], retry: null });
  const { client: other } = setUp({ api: () => new Response("<h1>Welcome</h1>") });
  expect((await problemOf(other.listTasks())).code).toBe("unreadable_answer");
});

test("of a next link only the cursor is followed, never its address", async () => {
  const link = '<http://elsewhere.test/x?limit=100&cursor=a%2Bb>; rel="next"';
  const { client, log } = setUp({ api: () => Response.json([], { headers: { Link: link } }) });
  const { nextCursor } = await client.listTasks();
  expect(nextCursor).toBe("a+b");
  await client.listTasks({}, nextCursor);
  expect(log.calls[1]?.url).toBe(`${apiUrl}/api/ada/tasks?cursor=a%2Bb`);
});

const one = { id: 7, title: "x", version: 5 };
const tagged: Answer = () => Response.json(one, { headers: { ETag: '"5"' } });

test("the version of a task is its tag, which goes with what changes that state", async () => {
  const { client, log } = setUp({ api: tagged });
  expect(etagOf(await client.readTask(7))).toBe('"5"');
  expect(await client.updateTask(7, { title: "y" }, '"4"')).toEqual(one);
  await client.deleteTask(7, '"5"');
  await client.deleteTask(7, null);
  const sent = log.calls.map(({ init }) => [init.method, new Headers(init.headers).get("If-Match")]);
  expect(sent).toEqual([["GET", null], ["PATCH", '"4"'], ["DELETE", '"5"'], ["DELETE", null]]);
});

test("a stale tag is told from other problems", async () => {
  const { client } = setUp({ api: () => Response.json({ code: "precondition_failed" }, { status: 412 }) });
  const problem = await problemOf(client.updateTask(7, { title: "y" }, '"4"'));
  expect([problem.stale, problem.gone]).toEqual([true, false]);
});

test("every attempt of one creation carries the same key", async () => {
  const { client, log } = setUp({ api: inTurn(refused("refresh"), noKeys("1"), tagged) });
  await client.createTask({ title: "x" }, "key-1");
  expect(log.calls.map(({ init }) => new Headers(init.headers).get("Idempotency-Key"))).toEqual(["key-1", "key-1", "key-1"]);
});

test("a completion says which way, so that repeating it undoes nothing", async () => {
  const { client, log } = setUp({ api: tagged });
  await client.setCompleted(7, false);
  expect(log.calls[0]).toMatchObject({ url: `${apiUrl}/api/ada/tasks/7/complete`, init: { method: "PATCH", body: '{"completed":false}' } });
});

test("filters become parameters, several of one kind repeated, and the total is read where it is sent", async () => {
  const { client, log } = setUp({ api: () => Response.json([], { headers: { "X-Total-Count": "250" } }) });
  const page = await client.listTasks({ priority: ["high", "low"], tag: ["a&b", "c"], search: "50%", include_total: true });
  expect(page.total).toBe(250);
  expect(new URL(log.calls[0]?.url ?? "").search).toBe("?priority=high&priority=low&tag=a%26b&tag=c&search=50%25&include_total=true");
});

test("clearing what is completed says so, for without that the API refuses", async () => {
  const { client, log } = setUp({ api: () => Response.json({ deleted: 3 }) });
  expect(await client.deleteCompleted()).toBe(3);
  expect(log.calls[0]).toMatchObject({ url: `${apiUrl}/api/ada/tasks?completed=true`, init: { method: "DELETE" } });
});

test("an export is handed on as it is", async () => {
  const { client } = setUp({ api: () => new Response("[1,2]") });
  expect(await (await client.exportTasks()).text()).toBe("[1,2]");
});

test("a list called off by the page is not reported as an API that is away", async () => {
  const { client } = setUp({ api: () => Promise.reject(new DOMException("The user aborted a request.", "AbortError")) });
  const error = await client.listTasks({}, null, AbortSignal.abort()).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DOMException);
});
