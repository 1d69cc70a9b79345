/** Which token the API client sends, and what it does when one is refused, against a made-up fetch. */
import { expect, test } from "@playwright/test";
import { inTurn, noKeys, ofSession, problem, problemOf, refused, revoked, setUp, signedOut, tasks, token } from "./support/client";

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
  await expect.poll(() => log.tokens).toBe(1);
  client.forgetToken();
  release(Response.json({ token: token("ada", 900) }));
  await call;
  const next = client.listTasks();
  await expect.poll(() => log.tokens).toBe(2);
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
