/** Requests and answers of the API client, against a made-up fetch. */
import { expect, test } from "@playwright/test";
import { etagOf } from "taskbridge-auth/client";
import { type Answer, apiUrl, inTurn, noKeys, problemOf, refused, setUp, token } from "./support/client";

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
