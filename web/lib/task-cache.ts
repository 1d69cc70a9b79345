/** The loaded pages of the list. Which tasks it has and in which order is the server's to say; what they are now, `task-memory` knows. */
import type { InfiniteData } from "@tanstack/react-query";
import type { Task, TaskPage } from "taskbridge-auth/client";

export type TaskPages = InfiniteData<TaskPage, string | null>;

/** All that is loaded, each task once: one that has moved to a later page meanwhile may be on both. */
export function tasksOf(pages: TaskPages | undefined): Task[] {
  const seen = new Map<number, Task>();
  for (const task of pages?.pages.flatMap(({ tasks }) => tasks) ?? []) if (!seen.has(task.id)) seen.set(task.id, task);
  return [...seen.values()];
}

/** The count that came with the first page. */
export function totalOf(pages: TaskPages | undefined): number | null {
  return pages?.pages[0]?.total ?? null;
}

/** With a task on top, unless the list has been fetched since it was made. */
export function addTask(pages: TaskPages, task: Task): TaskPages {
  if (tasksOf(pages).some(({ id }) => id === task.id)) return pages;
  return {
    ...pages,
    pages: pages.pages.map((page, index) => ({
      ...page,
      tasks: index === 0 ? [task, ...page.tasks] : page.tasks,
      total: page.total === null ? null : page.total + 1,
    })),
  };
}
