/** How long and how often the web server tries to tell the API that a session has ended, on a clock of the test. */
import { expect, test } from "@playwright/test";
import { createLogoutDelivery } from "../../packages/taskbridge-auth/src/logout-delivery";

type Answer = () => Response | Promise<Response>;
const ok: Answer = () => new Response(null, { status: 200 });
const status = (code: number, headers: Record<string, string> = {}, body: string | null = null): Answer => () => new Response(body, { status: code, headers });
const gone: Answer = () => Promise.reject(Object.assign(new TypeError("fetch failed"), { cause: new Error("connect ECONNREFUSED ::1:8000") }));

/** One answer after the other; the last one stays. */
function setUp(...answers: Answer[]) {
  const log = { sent: [] as { at: number; form: string; redirect: string | undefined }[], lines: [] as string[], signed: 0, now: 0 };
  const delivery = createLogoutDelivery({
    url: "http://api.test/backchannel-logout",
    sign: async (session) => `${session}.${(log.signed += 1)}`,
    horizon: 1_000_000,
    now: () => log.now,
    wait: async (milliseconds) => void (log.now += milliseconds),
    fetch: async (_url, init) => {
      log.sent.push({ at: log.now, form: String(init?.body), redirect: init?.redirect });
      return (answers.length > 1 ? answers.shift() : answers[0])!();
    },
    log: { warn: (line: string) => void log.lines.push(line), error: (line: string) => void log.lines.push(line) },
  });
  return { delivery, log };
}

test("a session is ended by one request, and nothing is said about it", async () => {
  for (const answer of [ok, status(204)]) {
    const { delivery, log } = setUp(answer);
    await delivery.end("s1").settled;
    expect(log.sent).toEqual([{ at: 0, form: "logout_token=s1.1", redirect: "manual" }]);
    expect(log.lines).toEqual([]);
  }
});

for (const [what, answer, says] of [
  ["an API that is away", gone, "connect ECONNREFUSED ::1:8000"],
  ["a database that is away", status(503), "it answered 503"],
  ["an older API", status(404), "it answered 404"],
  ["a redirect", status(302, { Location: "http://api.test/" }), "it answered 302"],
] as const) {
  test(`after ${what} it is tried again with a fresh token and growing pauses, until it is told`, async () => {
    const { delivery, log } = setUp(answer, answer, answer, answer, ok);
    await delivery.end("s1").settled;
    expect(log.sent.map(({ form }) => form)).toEqual([1, 2, 3, 4, 5].map((token) => `logout_token=s1.${token}`));
    const pauses = log.sent.slice(1).map(({ at }, index) => at - log.sent[index]!.at);
    for (const [index, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual(250 * 2 ** index);
      expect(pause).toBeLessThanOrEqual(750 * 2 ** index);
    }
    // Once for the outage, and not for each attempt.
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toContain(says);
    expect(log.lines[0]).not.toContain("s1");
  });
}

test("the API's Retry-After is obeyed, but not for hours", async () => {
  for (const [header, least, most] of [["7", 7_000, 7_000], ["86400", 30_000, 30_000], ["Fri, 27 Nov 2026 18:00:00 GMT", 0, 1_000]] as const) {
    const { delivery, log } = setUp(status(503, { "Retry-After": header }), ok);
    await delivery.end("s1").settled;
    expect(log.sent[1]!.at, header).toBeGreaterThanOrEqual(least);
    expect(log.sent[1]!.at, header).toBeLessThanOrEqual(most);
  }
});

test("it ends when no token of the session can live any more, with one line that names the session", async () => {
  const { delivery, log } = setUp(gone);
  await delivery.end("s1").settled;
  expect(log.now).toBeLessThanOrEqual(1_000_000);
  expect(log.now).toBeGreaterThan(950_000);
  expect(log.sent.length).toBeGreaterThan(20);
  expect(log.sent.length).toBeLessThan(80);
  expect(log.lines).toHaveLength(2);
  expect(log.lines[1]).toContain("The session s1 could not be ended at the task API at http://api.test: connect ECONNREFUSED ::1:8000.");
});

test("a refusal is not tried again, but said, in the API's own words", async () => {
  const { delivery, log } = setUp(status(400, {}, JSON.stringify({ error: "invalid_request", error_description: `the signature\nis wrong${"!".repeat(500)}` })));
  await delivery.end("s1").settled;
  expect(log.sent).toHaveLength(1);
  expect(log.lines).toHaveLength(1);
  expect(log.lines[0]).toContain("The session s1 could not be ended");
  expect(log.lines[0]).toContain("it answered 400: the signature is wrong!");
  expect(log.lines[0]!.length).toBeLessThan(400);
  expect(log.lines[0]).not.toContain("\n");
});

test("a token that cannot be signed now, as without the database of the keys, is made later", async () => {
  const sent: string[] = [];
  let signed = 0;
  const delivery = createLogoutDelivery({
    url: "http://api.test/backchannel-logout",
    sign: async () => ((signed += 1) < 3 ? Promise.reject(new Error("no database")) : "token"),
    horizon: 60_000,
    wait: async () => {},
    fetch: async (_url, init) => (sent.push(String(init?.body)), ok()),
    log: { warn: () => {}, error: () => {} },
  });
  await delivery.end("s1").settled;
  expect(sent).toEqual(["logout_token=token"]);
});

test("whoever waits for the first attempt does not wait for the others", async () => {
  let answer = (_: Response) => {};
  const held: Answer = () => new Promise<Response>((resolve) => (answer = resolve));
  const { delivery, log } = setUp(gone, held);
  const { attempted, settled } = delivery.end("s1");
  await attempted;
  // The same session once more: it is being ended already.
  expect(delivery.end("s1").settled).toBe(settled);
  await expect.poll(() => log.sent.length).toBe(2);
  answer(new Response());
  await settled;
  expect(log.sent).toHaveLength(2);
  const again = delivery.end("s1");
  await expect.poll(() => log.sent.length).toBe(3);
  answer(new Response());
  await again.settled;
});

test("no more than ten thousand sessions wait, and one that is left out is named", async () => {
  const lines: string[] = [];
  let sent = 0;
  const delivery = createLogoutDelivery({
    url: "http://api.test/backchannel-logout",
    sign: async () => "token",
    horizon: 60_000,
    wait: () => new Promise(() => {}),
    fetch: () => ((sent += 1), gone() as Promise<Response>),
    log: { warn: () => {}, error: (line: string) => void lines.push(line) },
  });
  await Promise.all(Array.from({ length: 10_000 }, (_, index) => delivery.end(`s${index}`).attempted));
  await delivery.end("one too many").settled;
  expect(sent).toBe(10_000);
  expect(lines).toEqual([expect.stringContaining("The session one too many was not ended")]);
});
