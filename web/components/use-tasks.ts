"use client";

/**
 * The list and everything that changes it. What is shown is the server's list, each task as it is known to be now, with
 * what is pending on top. What is typed into a form waits for the answer, which may concern a field.
 */
import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { ApiProblem, type NewTask, randomKey, type Task, type TaskChanges, type TaskPage } from "taskbridge-auth/client";
import type { Pending } from "taskbridge-auth/live";
import { asProblem } from "../lib/form-problem";
import { addTask, tasksOf, totalOf, type TaskPages } from "../lib/task-cache";
import { changesFrom, type TaskDraft } from "../lib/task-draft";
import { BATCH_LIMIT, PartlyRefused, TaskConflict, withPending, type Operation } from "../lib/task-operations";
import { addressOf, isPlain, queryOf, type TaskView } from "../lib/task-view";
import type { App } from "./app-shell";
import { useKnown } from "./use-live";

const TASKS = "tasks";

/** A deletion of `seen`, which is no longer what the task is. */
export type OnConflict = (operation: Operation, theirs: Task) => void;

export function useTasks(app: App, view: TaskView, onConflict: OnConflict) {
  const { api, live, notices, refresh } = app;
  const client = useQueryClient();
  const key = useMemo(() => [TASKS, addressOf(view)] as const, [view]);
  const pending = useKnown(app);

  const list = useInfiniteQuery<TaskPage, Error, TaskPages, typeof key, string | null>({
    queryKey: key,
    async queryFn({ pageParam, signal }) {
      const page = await api.listTasks({ ...queryOf(view), ...(pageParam === null ? { include_total: true } : {}) }, pageParam, signal);
      live.memory.learn(page.tasks);
      return page;
    },
    initialPageParam: null,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
  });

  const known = list.data && tasksOf(list.data).flatMap((task) => live.memory.newest(task) ?? []);
  // What waits is shown even where the list cannot be read.
  const shown = known ?? (pending.some((one) => one.waiting) ? [] : undefined);
  const tasks = shown && withPending(shown, pending, view);
  const total = totalOf(list.data);

  /** Where the server must say what belongs into the list, or when the answer under way may be from before. */
  const settle = (always: boolean) => {
    if (always || client.isFetching() > 0) refresh();
  };

  /** What a person hears of a failure that is no answer to a form. */
  function explain(operations: readonly Operation[], error: unknown): void {
    const [first] = operations;
    if (error instanceof TaskConflict && first) return onConflict(first, error.theirs);
    if (error instanceof PartlyRefused) return notices.report(partly(operations.length, error));
    notices.report(asProblem(error));
  }

  async function run(operations: readonly Operation[], said: string, undo?: () => void): Promise<void> {
    notices.report(null);
    try {
      let waits = false;
      for (let at = 0; at < operations.length; at += BATCH_LIMIT) {
        if (!(await live.queue.add(operations.slice(at, at + BATCH_LIMIT), randomKey()))) waits = true;
      }
      notices.announce(waits ? `${said} It waits until the connection is back.` : said, undo);
    } catch (error) {
      explain(operations, error);
    } finally {
      settle(!isPlain(view) || operations.length > 1 || operations.some(({ op }) => op === "restore" || op === "clear"));
    }
  }

  async function restore(ids: readonly number[]): Promise<void> {
    const said = ids.length === 1 ? "Restored the task." : `Restored ${ids.length} tasks.`;
    const unsent = pendingOf(live, (one) => one.operations.every((operation) => operation.op === "delete" && ids.includes(operation.id)));
    if (!unsent) return run(ids.map((id) => ({ op: "restore", id })), said);
    live.queue.drop(unsent.key);
    notices.announce(said);
  }

  /** A task that is not sent yet is changed where it waits. Tells whether it was one. */
  function changeUnsent(id: number, change: (task: NewTask) => NewTask | null): boolean {
    const unsent = pendingOf(live, ({ operations: [first] }) => first?.op === "create" && first.id === id);
    const operation = unsent?.operations[0];
    if (!unsent || operation?.op !== "create") return false;
    const task = change(operation.task);
    if (task) live.queue.amend(unsent.key, [{ ...operation, task }], randomKey());
    else live.queue.drop(unsent.key);
    return true;
  }

  /** Deleted last first: those that were cleared are at the top. */
  async function restoreCleared(count: number): Promise<void> {
    const ids: number[] = [];
    let cursor: string | null = null;
    do {
      const page = await api.listTrash(cursor);
      ids.push(...page.tasks.filter(({ completed }) => completed).map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null && ids.length < count);
    await restore(ids.slice(0, count));
  }

  const busy = new Set(pending.filter(({ waiting }) => !waiting).flatMap(({ operations }) => operations.flatMap((one) => ("id" in one ? one.id : []))));
  const waiting = new Set(pending.filter((one) => one.waiting).flatMap(({ operations }) => operations.flatMap((one) => ("id" in one ? one.id : []))));

  return {
    list,
    tasks,
    /** Of the list, less what was deleted here since it was read. */
    total: total === null ? null : total - (tasksOf(list.data).length - (tasks?.length ?? 0)),
    /** Tasks with a change under way; a second click on one is ignored. */
    busy,
    /** Tasks with a change that waits for the connection. */
    waiting,
    explain,
    /** Rejects with an ApiProblem. */
    async add(task: NewTask, idempotencyKey: string): Promise<void> {
      const done = await live.queue.add([{ op: "create", id: provisionalId(), task }], idempotencyKey);
      const made = done?.tasks[0];
      if (!made) return notices.announce(`“${task.title.trim()}” waits until the connection is back.`);
      if (isPlain(view)) client.setQueryData<TaskPages>(key, (pages) => pages && addTask(pages, made));
      settle(!isPlain(view));
      notices.announce(`Added “${made.title}”.`);
    },
    /** Saves what `draft` changes in `base`, on top of `on`. Rejects with an ApiProblem or a TaskConflict. */
    async save(base: Task, draft: TaskDraft, on = base): Promise<void> {
      const changes = changesFrom(base, draft);
      if (Object.keys(changes).length === 0 || changeUnsent(base.id, (task) => ({ ...task, ...(changes as Partial<NewTask>) }))) return;
      const sent = await live.queue.add([{ op: "update", id: base.id, seen: on, task: changes }], randomKey());
      settle(!isPlain(view));
      notices.announce(sent ? `Saved “${draft.title.trim()}”.` : `The change of “${draft.title.trim()}” waits until the connection is back.`);
    },
    /** Changes this state of a task, without a form that waits for the answer. */
    change: (seen: Task, task: TaskChanges) => void run([{ op: "update", id: seen.id, seen, task }], `Saved “${task.title ?? seen.title}”.`),
    show: (task: Task) => live.memory.learn([task]),
    toggle(task: Task): void {
      const completed = !task.completed;
      if (busy.has(task.id) || changeUnsent(task.id, (unsent) => ({ ...unsent, completed }))) return;
      void run([{ op: "complete", id: task.id, completed }], `${completed ? "Completed" : "Reopened"} “${task.title}”.`);
    },
    remove(task: Task): void {
      if (busy.has(task.id) || changeUnsent(task.id, () => null)) return;
      void run([{ op: "delete", id: task.id, seen: task }], `Deleted “${task.title}”.`, () => void restore([task.id]));
    },
    completeAll: (chosen: readonly Task[]) =>
      run(
        chosen.map(({ id }) => ({ op: "complete", id, completed: true })),
        chosen.length === 1 ? "Completed 1 task." : `Completed ${chosen.length} tasks.`,
      ),
    removeAll: (chosen: readonly Task[]) =>
      run(
        chosen.map((task) => ({ op: "delete", id: task.id, seen: task })),
        chosen.length === 1 ? "Deleted 1 task." : `Deleted ${chosen.length} tasks.`,
        () => void restore(chosen.map(({ id }) => id)),
      ),
    async clearCompleted(): Promise<void> {
      notices.report(null);
      try {
        const count = (await live.queue.add([{ op: "clear" }], randomKey()))?.cleared ?? 0;
        notices.announce(count === 1 ? "Deleted 1 completed task." : `Deleted ${count} completed tasks.`, () => void restoreCleared(count));
      } catch (error) {
        explain([], error);
      }
      settle(true);
    },
  };
}

/** Below zero, and another one each time, also after a reload. */
const provisionalId = () => -1 - Math.floor(Math.random() * 2 ** 50);

const pendingOf = ({ queue }: App["live"], matches: (pending: Pending<Operation>) => boolean) => queue.pending().find((one) => one.waiting && matches(one));

function partly(all: number, { problems }: PartlyRefused): ApiProblem {
  const first = problems[0];
  const stale = problems.filter(({ status }) => status === 412).length;
  const why = stale === problems.length ? "changed elsewhere in the meantime; have a look at them first" : first?.detail;
  return new ApiProblem(first?.status ?? 0, "partly_refused", `${problems.length} of ${all} tasks stay as they are: ${why}.`);
}
