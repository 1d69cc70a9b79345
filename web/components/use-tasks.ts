/**
 * The list and everything that changes it. Ticking, deleting and clearing show at once and are taken
 * back if the API refuses; what is typed into a form waits for the answer, which may concern a field.
 */
import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useMutationState,
  useQueryClient,
} from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { ApiClient, NewTask, Task, TaskPage, VersionedTask } from "../lib/api-client";
import { ApiProblem, asProblem } from "../lib/api-problem";
import { addTask, removeTasks, replaceTask, restoreTask, tasksOf, totalOf, type TaskPages } from "../lib/task-cache";
import type { TaskDraft } from "../lib/task-draft";
import { createVersions, TaskConflict } from "../lib/task-versions";
import { addressOf, isPlain, queryOf, statusShows, type TaskView } from "../lib/task-view";

/** How the page tells people what has come of an action. */
export interface Outcome {
  announce: (text: string) => void;
  report: (problem: ApiProblem) => void;
  /** The task to be deleted is no longer the one on show. */
  deletionConflict: (shown: Task, theirs: VersionedTask) => void;
}

/** Where to take a change back to, whatever the page shows by then. */
interface Undo {
  key: readonly unknown[];
  before: TaskPages | undefined;
}

const TASKS = "tasks";

export function useTasks(api: ApiClient, view: TaskView, outcome: Outcome) {
  const client = useQueryClient();
  const [versions] = useState(() => createVersions(api));
  const key = useMemo(() => [TASKS, addressOf(view)] as const, [view]);

  const list = useInfiniteQuery<TaskPage, Error, TaskPages, typeof key, string | null>({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      api.listTasks({ ...queryOf(view), ...(pageParam === null ? { include_total: true } : {}) }, pageParam, signal),
    initialPageParam: null,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
  });

  const update = (where: readonly unknown[], change: (pages: TaskPages) => TaskPages) =>
    client.setQueryData<TaskPages>(where, (pages) => pages && change(pages));

  /** Shows a change before the API has agreed. */
  async function ahead(change: (pages: TaskPages) => TaskPages): Promise<Undo> {
    // A list that is under way would arrive later and show the state before the change.
    await client.cancelQueries({ queryKey: key });
    const before = client.getQueryData<TaskPages>(key);
    update(key, change);
    return { key, before };
  }

  function undo(undo: Undo | undefined, ids: Iterable<number>): void {
    const before = undo?.before;
    if (before) update(undo.key, (pages) => [...ids].reduce((all, id) => restoreTask(all, before, id), pages));
  }

  /** Other views are fetched anew when somebody looks at them; this one only where the server must say what belongs into it. */
  function settle(refetch: boolean): void {
    // The last of several changes fetches, so that it does not undo the others on the screen.
    const last = client.isMutating() <= 1;
    void client.invalidateQueries({ queryKey: [TASKS], refetchType: refetch && last ? "active" : "none" });
  }

  /** For a task deleted in another window, which the API then answers with 404. */
  function forget(task: Task): void {
    update(key, (pages) => removeTasks(pages, new Set([task.id])));
    outcome.report(new ApiProblem(404, "task_gone", "This task no longer exists."));
  }

  function show(version: VersionedTask): void {
    versions.remember(version);
    update(key, (pages) => replaceTask(pages, version.task));
  }

  const create = useMutation({
    mutationFn: (input: { task: NewTask; idempotencyKey: string }) => api.createTask(input.task, input.idempotencyKey),
    onSuccess: (version) => {
      versions.remember(version);
      if (isPlain(view)) update(key, (pages) => addTask(pages, version.task));
      settle(!isPlain(view));
      outcome.announce(`Added “${version.task.title}”.`);
    },
  });

  const edit = useMutation({
    mutationFn: ({ base, draft, on }: { base: VersionedTask; draft: TaskDraft; on: VersionedTask }) => versions.save(base, draft, on),
    onSuccess: (version) => {
      show(version);
      settle(!isPlain(view));
      outcome.announce(`Saved “${version.task.title}”.`);
    },
  });

  const toggle = useMutation({
    mutationKey: ["change"],
    mutationFn: ({ task }: { task: Task }) => api.setCompleted(task.id, !task.completed),
    onMutate: ({ task }) => {
      const wanted = { ...task, completed: !task.completed };
      const stays = statusShows(view, wanted);
      return ahead((pages) => (stays ? replaceTask(pages, wanted) : removeTasks(pages, new Set([task.id]))));
    },
    onSuccess: (version) => {
      show(version);
      settle(!isPlain(view));
      const { completed, title } = version.task;
      outcome.announce(completed ? `Completed “${title}”.` : `Reopened “${title}”.`);
    },
    onError: (error, { task }, context) => {
      if (error instanceof ApiProblem && error.gone) return forget(task);
      undo(context, [task.id]);
      outcome.report(asProblem(error));
    },
  });

  const remove = useMutation({
    mutationKey: ["change"],
    mutationFn: ({ task }: { task: Task }) => versions.remove(task),
    onMutate: ({ task }) => ahead((pages) => removeTasks(pages, new Set([task.id]))),
    onSuccess: (_nothing, { task }) => {
      settle(false);
      outcome.announce(`Deleted “${task.title}”.`);
    },
    onError: (error, { task }, context) => {
      undo(context, [task.id]);
      if (error instanceof TaskConflict) outcome.deletionConflict(task, error.theirs);
      else outcome.report(asProblem(error));
    },
  });

  const clear = useMutation({
    mutationFn: () => api.deleteCompleted(),
    onMutate: async () => {
      const done = tasksOf(client.getQueryData<TaskPages>(key)).filter(({ completed }) => completed);
      const ids = new Set(done.map(({ id }) => id));
      return { ids, undo: await ahead((pages) => removeTasks(pages, ids)) };
    },
    onSuccess: (deleted) => {
      settle(true);
      outcome.announce(deleted === 1 ? "Deleted 1 completed task." : `Deleted ${deleted} completed tasks.`);
    },
    onError: (error, _nothing, context) => {
      if (context) undo(context.undo, context.ids);
      outcome.report(asProblem(error));
    },
  });

  const busy = new Set(
    useMutationState({
      filters: { mutationKey: ["change"], status: "pending" },
      select: ({ state }) => (state.variables as { task: Task }).task.id,
    }),
  );

  return {
    list,
    tasks: list.data && tasksOf(list.data),
    total: totalOf(list.data),
    /** Tasks with a change under way; a second click on one is ignored. */
    busy,
    add: (task: NewTask, idempotencyKey: string) => create.mutateAsync({ task, idempotencyKey }),
    /** Rejects with an ApiProblem or a TaskConflict. A task that is gone disappears instead. */
    async save(base: VersionedTask, draft: TaskDraft, on = base): Promise<void> {
      try {
        await edit.mutateAsync({ base, draft, on });
      } catch (error) {
        if (!(error instanceof ApiProblem && error.gone)) throw error;
        forget(base.task);
      }
    },
    /** The task in a state that can be edited, or null, which has been explained then. */
    async open(task: Task): Promise<VersionedTask | null> {
      try {
        const version = await versions.open(task);
        show(version);
        return version;
      } catch (error) {
        const problem = asProblem(error);
        if (problem.gone) forget(task);
        else outcome.report(problem);
        return null;
      }
    },
    show,
    toggle: (task: Task) => !busy.has(task.id) && toggle.mutate({ task }),
    remove: (task: Task) => !busy.has(task.id) && remove.mutate({ task }),
    clearCompleted: () => clear.mutate(),
  };
}
