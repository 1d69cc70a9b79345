/** What the page does to its list ahead of the API, and how each change is taken back without the others. */
import { expect, test } from "@playwright/test";
import type { Task } from "../lib/api-client";
import { addTask, removeTasks, replaceTask, restoreTask, tasksOf, totalOf, type TaskPages } from "../lib/task-cache";

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
});

/** Pages of tasks with these ids; the first one knows the total. */
const pagesOf = (...ids: number[][]): TaskPages => ({
  pages: ids.map((page, index) => ({ tasks: page.map((id) => task(id)), nextCursor: null, total: index === 0 ? ids.flat().length : null })),
  pageParams: ids.map((_, index) => (index === 0 ? null : `page-${index}`)),
});
const shape = (pages: TaskPages) => pages.pages.map(({ tasks }) => tasks.map(({ id }) => id));
const only = (...ids: number[]) => new Set(ids);

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
  expect(tasksOf(pages)[0]?.title).toBe("Again");
  expect(totalOf(pages)).toBe(2);
});

test("removing counts what was there, and only once", () => {
  const pages = removeTasks(pagesOf([3, 2], [2, 1]), only(2, 9));
  expect(shape(pages)).toEqual([[3], [1]]);
  expect(totalOf(pages)).toBe(3);
});

test("a removed task comes back where it was, in whichever page that is", () => {
  const before = pagesOf([5, 4], [3, 2]);
  for (const id of [5, 4, 3, 2]) {
    const back = restoreTask(removeTasks(before, only(id)), before, id);
    expect(tasksOf(back), String(id)).toEqual(tasksOf(before));
    expect(totalOf(back)).toBe(4);
  }
});

test("when its neighbour has gone meanwhile, it comes back behind the nearest one left", () => {
  const before = pagesOf([5, 4, 3, 2]);
  expect(shape(restoreTask(removeTasks(before, only(4, 3)), before, 3))).toEqual([[5, 3, 2]]);
  expect(shape(restoreTask(removeTasks(before, only(5, 4, 3)), before, 3))).toEqual([[3, 2]]);
});

test("several that were removed together all come back in order", () => {
  const before = pagesOf([5, 4], [3, 2]);
  const back = [5, 3, 2].reduce((pages, id) => restoreTask(pages, before, id), removeTasks(before, only(5, 3, 2)));
  expect(tasksOf(back)).toEqual(tasksOf(before));
});

test("taking one change back leaves the others alone", () => {
  const before = pagesOf([3, 2, 1]);
  const meanwhile = addTask(replaceTask(replaceTask(before, task(2, "Wrong")), task(1, "Right")), task(4));
  const back = restoreTask(meanwhile, before, 2);
  expect(tasksOf(back).map(({ title }) => title)).toEqual(["Task 4", "Task 3", "Task 2", "Right"]);
  expect(totalOf(back)).toBe(4);
});

test("a task that was never there is not brought back", () => {
  const pages = pagesOf([1]);
  expect(restoreTask(pages, pages, 9)).toBe(pages);
});

test("a list without a count stays without one", () => {
  const uncounted: TaskPages = { pages: [{ tasks: [task(1)], nextCursor: null, total: null }], pageParams: [null] };
  expect(totalOf(addTask(uncounted, task(2)))).toBeNull();
});
