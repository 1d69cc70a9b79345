/** What the follower does when the server says no, says nothing, or says “begin anew”; against a made-up server. */
import { expect, test } from "@playwright/test";
import { type Changes, type Connection, createTaskSync, readEvents, type TaskSyncOptions } from "taskbridge-auth/live";

interface Row {
  id: number;
  version: number;
}

const hint = (next: string) => `event: change\ndata: {"next": "${next}"}\n\n`;
const page = (next: string, ids: number[], more = false): Changes<Row> => ({ changed: ids.map((id) => ({ id, version: id })), deleted: [], next, more });
const failure = (status: number) => Object.assign(new Error(`status ${status}`), { status });

/** A stream with these parts, which then stays open or ends. */
function streamOf(parts: string[], open: boolean, signal: AbortSignal): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      if (!open) return controller.close();
      signal.addEventListener("abort", () => controller.error(signal.reason));
    },
  });
  return new Response(body);
}

function follow(
  answers: { events: ((signal: AbortSignal) => Response)[]; changes: (Changes<Row> | Error)[] },
  options: Partial<TaskSyncOptions<Row>> = {},
) {
  const log: string[] = [];
  const states: Connection[] = [];
  const { events, changes } = answers;
  const sync = createTaskSync<Row>({
    base: "http://api.test/api/ada",
    async fetch(request) {
      const url = new URL(request.url);
      const since = request.headers.get("Changes-Since");
      log.push(url.pathname.replace("/api/ada/", "") + url.search + (since === null ? "" : ` since ${since}`));
      if (url.pathname.endsWith("/events")) {
        const next = events.shift();
        // The last one is the state that lasts.
        return next ? next(request.signal) : streamOf([], true, request.signal);
      }
      const answer = changes.shift();
      if (!answer || answer instanceof Error) throw answer ?? new Error("nothing left");
      return Response.json(answer);
    },
    renewToken: () => log.push("renew"),
    begin: "all",
    onChanges: ({ changed }) => log.push(`apply ${changed.map(({ id }) => id).join()}`),
    onReset: (to) => log.push(`reset ${to}`),
    onConnection: (state) => states.push(state),
    pause: () => 1,
    ...options,
  });
  sync.start();
  return { sync, log, states };
}

const open = (...parts: string[]) => (signal: AbortSignal) => streamOf(parts, true, signal);
const ended = (...parts: string[]) => (signal: AbortSignal) => streamOf(parts, false, signal);
const no = (status: number) => () => {
  throw failure(status);
};

test("a token that leads nowhere any more: all is forgotten and read again in pages", async () => {
  const { sync, log, states } = follow({ events: [open(hint("c"))], changes: [failure(410), page("b", [1, 2], true), page("c", [3])] }, { since: "old" });
  await expect.poll(() => states).toEqual(["live"]);
  expect(log).toEqual(["events", "changes since old", "reset null", "changes", "apply 1,2", "changes since b", "apply 3"]);
  sync.stop();
});

test("a client with lists of its own begins at the first hint, and after a 410 at the newest one", async () => {
  const { sync, log, states } = follow({ events: [open(hint("a"), hint("a"), hint("b"))], changes: [failure(410)] }, { begin: "now" });
  await expect.poll(() => log).toEqual(["events", "reset a", "changes since a", "reset b"]);
  expect(states).toEqual(["live"]);
  expect(sync.since()).toBe("b");
  sync.stop();
});

test("an expired token is replaced at once, but not in a circle", async () => {
  const reauth = "event: reauth\ndata: {}\n\n";
  const { sync, log, states } = follow({ events: [ended(reauth), ended(reauth), open(hint("a"))], changes: [] }, { begin: "now" });
  await expect.poll(() => log).toEqual(["events", "renew", "events", "renew", "events", "reset a"]);
  // Two in a row were new and expired all the same: from then on it waits.
  expect(states).toEqual(["offline", "live"]);
  sync.stop();
});

test("a stream that is silent for too long is given up", async () => {
  const { sync, log, states } = follow({ events: [open(hint("a"), ": still here\n\n"), open(hint("a"))], changes: [] }, { begin: "now", silence: 30 });
  await expect.poll(() => states.slice(0, 3)).toEqual(["live", "offline", "live"]);
  expect(log.slice(0, 3)).toEqual(["events", "reset a", "events"]);
  sync.stop();
});

test("a change that could not be read is asked for again with the next stream", async () => {
  const { sync, log } = follow({ events: [open(hint("a"), hint("b")), open(hint("b"))], changes: [failure(503), page("b", [7])] }, { begin: "now" });
  await expect.poll(() => log).toEqual(["events", "reset a", "changes since a", "events", "changes since a", "apply 7"]);
  sync.stop();
});

test("a client that is refused does not ask for ever", async () => {
  const { log, states } = follow({ events: [no(401), no(401), no(403), open(hint("a"))], changes: [] });
  await expect.poll(() => log).toEqual(["events", "events", "events"]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(log).toHaveLength(3);
  expect(states).toEqual(["offline"]);
});

test("an event may arrive in pieces, and a comment is none", async () => {
  const pieces = ["event: cha", 'nge\r\ndata: {"next"', ': "ä"}\r\n\r', "\n: comment\n\nevent: empty\n\n"];
  const bytes = pieces.flatMap((piece) => [...new TextEncoder().encode(piece)]);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      // Byte by byte, which also splits characters.
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
      controller.close();
    },
  });
  const events = [];
  let heard = 0;
  for await (const event of readEvents(body, () => (heard += 1))) events.push(event);
  expect(events).toEqual([{ type: "change", data: '{"next": "ä"}' }]);
  expect(heard).toBe(bytes.length);
});
