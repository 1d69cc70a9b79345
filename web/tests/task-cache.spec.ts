/** The pages of the list, and what is shown of them while something is pending. */
import { expect, test } from "@playwright/test";
import type { Task } from "taskbridge-auth/client";
import type { Pending } from "taskbridge-auth/live";
import { addTask, tasksOf, totalOf, type TaskPages } from "../lib/task-cache";

import { withPending, type Operation } from "../lib/task-operations";
import { plainView } from "../lib/task-view";

const task = (id: number, title = `Task ${id}`): Task => ({
  id,
  user_id: "ada",
  title,
  description: null,
  completed: false,
  priority: "medium",
  tags: [],
  due_date: null,
  created_at: "2026-11-20T08:00:00Z",
  updated_at: "2026-11-20T08:00:00Z",
  version: 1,
});

/** Pages of tasks with these ids; the first one knows the total. */
const pagesOf = (...ids: number[][]): TaskPages => ({
  pages: ids.map((page, index) => ({ tasks: page.map((id) => task(id)), nextCursor: null, total: index === 0 ? ids.flat().length : null })),
  pageParams: ids.map((_, index) => (index === 0 ? null : `page-${index}`)),
});
const shape = (pages: TaskPages) => pages.pages.map(({ tasks }) => tasks.map(({ id }) => id));

test("a task that two pages contain is shown once", () => {
  expect(tasksOf(pagesOf([1, 2], [2, 3])).map(({ id }) => id)).toEqual([1, 2, 3]);
  expect(tasksOf(undefined)).toEqual([]);
});

test("a new task goes on top and counts", () => {
  const pages = addTask(pagesOf([2, 1], [0]), task(3));
  expect(shape(pages)).toEqual([[3, 2, 1], [0]]);
  expect(totalOf(pages)).toBe(4);
});

test("a task that was made by an attempt whose answer was lost is not listed twice", () => {
  const pages = addTask(pagesOf([2, 1]), task(2, "Again"));
  expect(shape(pages)).toEqual([[2, 1]]);
  expect(totalOf(pages)).toBe(2);
});

test("a list without a count stays without one", () => {
  const uncounted: TaskPages = { pages: [{ tasks: [task(1)], nextCursor: null, total: null }], pageParams: [null] };
  expect(totalOf(addTask(uncounted, task(2)))).toBeNull();
});

const pending = (...operations: Operation[]): Pending<Operation>[] => operations.map((operation, index) => ({ key: String(index), operations: [operation], waiting: true, kept: true }));
const ids = (tasks: Task[]) => tasks.map(({ id }) => id);

test("what is pending is on top of the server's tasks, and taking it back is leaving it out", () => {
  const tasks = [task(3), task(2), task(1)];
  const view = plainView;
  expect(ids(withPending(tasks, pending({ op: "delete", id: 2, seen: task(2) }), view))).toEqual([3, 1]);
  expect(withPending(tasks, pending({ op: "complete", id: 2, completed: true }), view)[1]?.completed).toBe(true);
  expect(withPending(tasks, pending({ op: "update", id: 1, seen: task(1), task: { title: "New" } }), view)[2]?.title).toBe("New");
  expect(ids(withPending(tasks, pending({ op: "create", id: -1, task: { title: "Offline" } }), view))).toEqual([-1, 3, 2, 1]);
  expect(withPending(tasks, [], view)).toEqual(tasks);
});

test("a task that is ticked leaves the list of pending ones, and clearing hides what is done", () => {
  const tasks = [task(2), { ...task(1), completed: true }];
  expect(ids(withPending(tasks, pending({ op: "complete", id: 2, completed: true }), { ...plainView, status: "pending" }))).toEqual([]);
  expect(ids(withPending(tasks, pending({ op: "clear" }), plainView))).toEqual([2]);
});
