/**
 * The loaded pages of the list, and the changes made to them before the API has agreed: each with its
 * way back. Pure functions, because several changes may be under way at once, and one that fails must
 * take back itself and nothing else.
 */
import type { InfiniteData } from "@tanstack/react-query";
import type { Task, TaskPage } from "./api-client";

export type TaskPages = InfiniteData<TaskPage, string | null>;

/** All that is loaded, each task once: one that has moved to a later page meanwhile may be on both. */
export function tasksOf(pages: TaskPages | undefined): Task[] {
  const seen = new Map<number, Task>();
  for (const task of pages?.pages.flatMap(({ tasks }) => tasks) ?? []) if (!seen.has(task.id)) seen.set(task.id, task);
  return [...seen.values()];
}

/** The count that came with the first page, corrected by what has been done here since. */
export function totalOf(pages: TaskPages | undefined): number | null {
  return pages?.pages[0]?.total ?? null;
}

function mapTasks(pages: TaskPages, change: (tasks: Task[], page: number) => Task[], difference: number): TaskPages {
  return {
    ...pages,
    pages: pages.pages.map((page, index) => ({
      ...page,
      tasks: change(page.tasks, index),
      total: page.total === null ? null : page.total + difference,
    })),
  };
}

const has = (pages: TaskPages, id: number) => pages.pages.some(({ tasks }) => tasks.some((task) => task.id === id));

export function replaceTask(pages: TaskPages, task: Task): TaskPages {
  return mapTasks(pages, (tasks) => tasks.map((one) => (one.id === task.id ? task : one)), 0);
}

/** On top; or in place of itself, if the list has been fetched since it was made. */
export function addTask(pages: TaskPages, task: Task): TaskPages {
  if (has(pages, task.id)) return replaceTask(pages, task);
  return mapTasks(pages, (tasks, page) => (page === 0 ? [task, ...tasks] : tasks), 1);
}

export function removeTasks(pages: TaskPages, ids: ReadonlySet<number>): TaskPages {
  const gone = tasksOf(pages).filter(({ id }) => ids.has(id)).length;
  return mapTasks(pages, (tasks) => tasks.filter(({ id }) => !ids.has(id)), -gone);
}

/** Puts a task back as and where it was in `before`: behind its nearest predecessor that is still there. */
export function restoreTask(pages: TaskPages, before: TaskPages, id: number): TaskPages {
  const order = tasksOf(before);
  const position = order.findIndex((task) => task.id === id);
  const task = order[position];
  if (!task) return pages;
  if (has(pages, id)) return replaceTask(pages, task);
  const predecessor = order.slice(0, position).findLast((one) => has(pages, one.id));
  return mapTasks(
    pages,
    (tasks, page) => {
      const at = tasks.findIndex((one) => one.id === predecessor?.id);
      if (predecessor ? at < 0 : page > 0) return tasks;
      return tasks.toSpliced(at + 1, 0, task);
    },
    1,
  );
}
