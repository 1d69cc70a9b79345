/** Which entity tag goes with which write, against a made-up API that keeps one task. */
import { expect, test } from "@playwright/test";
import type { Task, TaskChanges, VersionedTask } from "../lib/api-client";
import { ApiProblem } from "../lib/api-problem";
import { draftOf } from "../lib/task-draft";
import { createVersions, TaskConflict } from "../lib/task-versions";

const original: Task = {
  id: 7,
  user_id: "ada",
  title: "Buy milk",
  description: null,
  completed: false,
  priority: "medium",
  tags: [],
  due_date: null,
  created_at: "2026-11-20T08:00:00Z",
  updated_at: "v1",
};

function setUp() {
  let version = 1;
  let task: Task | null = original;
  const log: string[] = [];
  const current = (): VersionedTask => {
    if (!task) throw new ApiProblem(404, "not_found", "No such task.");
    return { task, etag: `"${version}"` };
  };
  const change = (changes: TaskChanges) => {
    version += 1;
    task = { ...current().task, ...changes, title: (changes.title ?? current().task.title).trim(), updated_at: `v${version}` };
  };
  const check = (etag: string | null) => {
    if (etag !== null && etag !== current().etag) throw new ApiProblem(412, "precondition_failed", "Changed meanwhile.");
  };
  const api = {
    async readTask() {
      log.push("GET");
      return current();
    },
    async updateTask(_id: number, changes: TaskChanges, etag: string | null) {
      log.push(`PATCH ${etag}`);
      check(etag);
      change(changes);
      return current();
    },
    async deleteTask(_id: number, etag: string | null) {
      log.push(`DELETE ${etag}`);
      check(etag);
      current();
      task = null;
    },
  };
  return { api, versions: createVersions(api), log, current, change, vanish: () => (task = null) };
}

const conflictOf = (work: Promise<unknown>): Promise<VersionedTask> =>
  work.then(
    () => Promise.reject(new Error("expected a TaskConflict")),
    (error: unknown) => {
      expect(error).toBeInstanceOf(TaskConflict);
      return (error as TaskConflict).theirs;
    },
  );

test("a row of the list is read before it is edited, and a state with a tag is not", async () => {
  const { versions, log } = setUp();
  const base = await versions.open(original);
  expect(base.etag).toBe('"1"');
  expect(await versions.open(base.task)).toEqual(base);
  expect(log).toEqual(["GET"]);
});

test("edit after edit needs no reading in between", async () => {
  const { versions, log } = setUp();
  let base = await versions.open(original);
  for (const title of ["One", "Two", "Three"]) {
    await versions.save(base, { ...draftOf(base.task), title });
    base = await versions.open({ ...base.task, title, updated_at: `v${log.length}` });
  }
  expect(log).toEqual(["GET", 'PATCH "1"', 'PATCH "2"', 'PATCH "3"']);
});

test("a row that shows another state than the one with the tag is read again", async () => {
  const { versions, log, change } = setUp();
  const base = await versions.open(original);
  change({ title: "Theirs" });
  await versions.open({ ...base.task, title: "Theirs", updated_at: "v2" });
  expect(log).toEqual(["GET", "GET"]);
});

test("saving nothing sends nothing", async () => {
  const { versions, log } = setUp();
  const base = await versions.open(original);
  expect(await versions.save(base, draftOf(base.task))).toBe(base);
  expect(log).toEqual(["GET"]);
});

test("a conflict brings what the task is now; keeping mine is sent with that tag and leaves their other changes", async () => {
  const { versions, log, change, current } = setUp();
  const base = await versions.open(original);
  change({ title: "Theirs", priority: "high" });
  const draft = { ...draftOf(base.task), title: "Mine" };
  const theirs = await conflictOf(versions.save(base, draft));
  expect(theirs).toEqual({ task: expect.objectContaining({ title: "Theirs" }), etag: '"2"' });
  await versions.save(base, draft, theirs);
  expect(log).toEqual(["GET", 'PATCH "1"', "GET", 'PATCH "2"']);
  expect(current().task).toMatchObject({ title: "Mine", priority: "high" });
});

test("keeping mine conflicts again if they have changed it once more", async () => {
  const { versions, change } = setUp();
  const base = await versions.open(original);
  const draft = { ...draftOf(base.task), title: "Mine" };
  change({ title: "Theirs" });
  const theirs = await conflictOf(versions.save(base, draft));
  change({ title: "Theirs again" });
  expect((await conflictOf(versions.save(base, draft, theirs))).task.title).toBe("Theirs again");
});

test("an edit whose answer was lost is no conflict with itself", async () => {
  const { versions, change } = setUp();
  const base = await versions.open(original);
  change({ title: "Mine", tags: ["home"] });
  const saved = await versions.save(base, { ...draftOf(base.task), title: " Mine ", tags: ["home "] });
  expect(saved).toMatchObject({ etag: '"2"', task: { title: "Mine" } });
});

test("what was deleted is the state on show, with its tag", async () => {
  const { versions, log } = setUp();
  await versions.remove(original);
  expect(log).toEqual(["GET", 'DELETE "1"']);
});

test("a row that shows an old state is not deleted, nor one that changes in the last moment", async () => {
  const { versions, log, change } = setUp();
  change({ title: "Theirs" });
  expect((await conflictOf(versions.remove(original))).task.title).toBe("Theirs");
  expect(log).toEqual(["GET"]);

  const other = setUp();
  const { task } = await other.versions.open(original);
  other.change({ title: "Theirs" });
  const theirs = await conflictOf(other.versions.remove(task));
  expect(theirs.etag).toBe('"2"');
  await other.versions.remove(theirs.task);
  expect(other.log).toEqual(["GET", 'DELETE "1"', "GET", 'DELETE "2"']);
});

test("deleting what is gone already has succeeded", async () => {
  const { versions, vanish, log } = setUp();
  const { task } = await versions.open(original);
  vanish();
  await versions.remove(task);
  await versions.remove(original);
  expect(log).toEqual(["GET", 'DELETE "1"', "GET"]);
});
