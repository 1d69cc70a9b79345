/** What is pending: in which order it is sent, what waits, and what becomes of what is refused. */
import { expect, test } from "@playwright/test";
import { createTaskMemory, createTaskQueue, type Pending } from "taskbridge-auth/live";

interface Op {
  id: number;
}

function setUp() {
  const sent: string[] = [];
  const answers = new Map<string, { resolve: (value: string) => void; reject: (error: unknown) => void }>();
  const refused: string[] = [];
  const queue = createTaskQueue<Op, string>({
    send: ({ key }) => {
      sent.push(key);
      return new Promise((resolve, reject) => answers.set(key, { resolve, reject }));
    },
    mustWait: (error) => error === "offline",
    idsOf: ({ id }) => [id],
    onLate: ({ key }, error) => void (error && refused.push(key)),
  });
  const shown = () => queue.pending().map(({ key, waiting }) => (waiting ? `${key} waits` : key));
  return { queue, sent, answers, refused, shown };
}

test("operations on one task go in their order, those on others side by side", async () => {
  const { queue, sent, answers, shown } = setUp();
  const first = queue.add([{ id: 1 }], "a");
  const second = queue.add([{ id: 1 }], "b");
  void queue.add([{ id: 2 }], "c");
  expect(sent).toEqual(["a", "c"]);
  expect(shown()).toEqual(["a", "b", "c"]);
  answers.get("a")?.resolve("done");
  expect(await first).toBe("done");
  expect(sent).toEqual(["a", "c", "b"]);
  expect(shown()).toEqual(["b", "c"]);
  answers.get("b")?.resolve("too");
  expect(await second).toBe("too");
});

test("what is refused is dropped, and the one after it is sent all the same", async () => {
  const { queue, sent, answers, shown } = setUp();
  const first = queue.add([{ id: 1 }], "a");
  void queue.add([{ id: 1 }], "b");
  answers.get("a")?.reject(new Error("no"));
  await expect(first).rejects.toThrow("no");
  expect(shown()).toEqual(["b"]);
  expect(sent).toEqual(["a", "b"]);
});

test("without a connection it waits, keeps its order, and is sent when there is one again", async () => {
  const { queue, sent, answers, refused, shown } = setUp();
  const first = queue.add([{ id: 1 }], "a");
  answers.get("a")?.reject("offline");
  expect(await first).toBeNull();
  // After something that waits it waits as well, and its caller is not kept.
  expect(await queue.add([{ id: 1 }], "b")).toBeNull();
  expect(sent).toEqual(["a"]);
  expect(shown()).toEqual(["a waits", "b waits"]);
  queue.resume();
  expect(sent).toEqual(["a", "a"]);
  answers.get("a")?.reject("changed elsewhere");
  await expect.poll(() => refused).toEqual(["a"]);
  expect(sent).toEqual(["a", "a", "b"]);
});

test("what an earlier page could not send goes first, and what waits can be taken back", () => {
  const { queue, sent, shown } = setUp();
  const kept: Pending<Op>[] = [{ key: "old", operations: [{ id: 1 }], waiting: true, kept: true }];
  queue.adopt(kept);
  queue.adopt(kept);
  void queue.add([{ id: 2 }], "new");
  expect(shown()).toEqual(["old waits", "new"]);
  queue.drop("old");
  queue.resume();
  expect(sent).toEqual(["new"]);
});

test("of two states of a task the newer one counts, whichever comes first", () => {
  const memory = createTaskMemory<{ id: number; version: number }>();
  const [old, now] = [{ id: 7, version: 3 }, { id: 7, version: 5 }];
  memory.learn([now]);
  memory.learn([old]);
  expect(memory.newest(old)).toBe(now);
  expect(memory.apply({ changed: [now], deleted: [] })).toBe(false);
  memory.forget([7]);
  expect(memory.newest(now)).toBeNull();
  // Restored: the same task with a greater version.
  const back = { id: 7, version: 9 };
  expect(memory.apply({ changed: [back], deleted: [] })).toBe(true);
  expect(memory.newest(now)).toBe(back);
});
