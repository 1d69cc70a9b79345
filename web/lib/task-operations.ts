/** What people do to tasks, as it is kept in the queue, sent to the API, and shown before the API has agreed. */
import { ApiProblem, type BatchOperation, type BatchResult, etagOf, type NewTask, problemFrom, type Task, type TaskbridgeClient, type TaskChanges } from "taskbridge-auth/client";
import type { createTaskMemory, Pending } from "taskbridge-auth/live";
import { draftOf, isApplied, sameDraft } from "./task-draft";
import { statusShows, type TaskView } from "./task-view";

/** `seen` is the state that the person had on the screen; its version goes along as `If-Match`. */
export type Operation =
  /** `id` is below zero: it stands for the task until the API has given it one. */
  | { op: "create"; id: number; task: NewTask }
  | { op: "update"; id: number; seen: Task; task: TaskChanges }
  | { op: "complete"; id: number; completed: boolean }
  | { op: "delete"; id: number; seen: Task }
  | { op: "restore"; id: number }
  /** Every completed task, also those that are not shown. */
  | { op: "clear" };

/** The most that one request takes. */
export const BATCH_LIMIT = 100;

/** Somebody else has changed the task since. Carries what it is now. */
export class TaskConflict extends Error {
  override readonly name = "TaskConflict";

  constructor(readonly theirs: Task) {
    super("The task has been changed elsewhere.");
  }
}

/** Some operations of a batch were refused; the others were done. */
export class PartlyRefused extends Error {
  override readonly name = "PartlyRefused";

  constructor(readonly problems: readonly ApiProblem[]) {
    super("Some operations were refused.");
  }
}

export const idsOf = (operation: Operation): number[] => ("id" in operation ? [operation.id] : []);

type Memory = ReturnType<typeof createTaskMemory<Task>>;

/** What the API has done: the tasks as they are now, and how many were cleared. */
export interface Outcome {
  tasks: Task[];
  cleared: number;
}

/** Sends what is pending, and takes in what the API answers. */
export async function perform(api: TaskbridgeClient, memory: Memory, { operations, key }: Pending<Operation>): Promise<Outcome> {
  const [first, ...more] = operations;
  if (first?.op === "clear") return { tasks: [], cleared: await clear(api, memory) };
  if (first && more.length === 0) {
    const task = await performOne(api, memory, first, key);
    if (task) memory.learn([task]);
    return { tasks: task ? [task] : [], cleared: 0 };
  }
  const results = await api.batch(operations.flatMap(wire), key);
  const problems = operations.flatMap((operation, index) => takeIn(memory, operation, results[index]) ?? []);
  if (problems.length > 0) throw new PartlyRefused(problems);
  return { tasks: results.flatMap(({ task }) => task ?? []), cleared: 0 };
}

async function performOne(api: TaskbridgeClient, memory: Memory, operation: Exclude<Operation, { op: "clear" }>, key: string): Promise<Task | null> {
  switch (operation.op) {
    case "create":
      return api.createTask(operation.task, key);
    case "update":
      return update(api, operation.seen, operation.task);
    case "complete":
      return orForget(memory, operation.id, api.setCompleted(operation.id, operation.completed));
    case "restore":
      return api.restoreTask(operation.id);
    case "delete":
      await remove(api, memory, operation.seen);
      return null;
  }
}

async function clear(api: TaskbridgeClient, memory: Memory): Promise<number> {
  const done = memory.tasks().filter(({ completed }) => completed);
  const count = await api.deleteCompleted();
  memory.forget(done.map(({ id }) => id));
  return count;
}

async function orForget<T>(memory: Memory, id: number, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof ApiProblem && error.gone)) throw error;
    memory.forget([id]);
    throw new ApiProblem(404, "task_gone", "This task no longer exists.");
  }
}

async function update(api: TaskbridgeClient, seen: Task, changes: TaskChanges): Promise<Task> {
  try {
    return await api.updateTask(seen.id, changes, etagOf(seen));
  } catch (error) {
    if (!(error instanceof ApiProblem && error.stale)) throw error;
    const theirs = await api.readTask(seen.id);
    // The answer to an earlier attempt was lost, not the change itself.
    if (isApplied(changes, theirs)) return theirs;
    throw new TaskConflict(theirs);
  }
}

async function remove(api: TaskbridgeClient, memory: Memory, seen: Task): Promise<void> {
  try {
    await api.deleteTask(seen.id, etagOf(seen));
  } catch (error) {
    const theirs = error instanceof ApiProblem && error.stale ? await readIfThere(api, seen.id) : null;
    if (theirs) throw new TaskConflict(theirs);
    // Deleted elsewhere in the meantime: the wish is fulfilled.
    if (!(error instanceof ApiProblem && (error.gone || error.stale))) throw error;
  }
  memory.forget([seen.id]);
}

async function readIfThere(api: TaskbridgeClient, id: number): Promise<Task | null> {
  try {
    return await api.readTask(id);
  } catch (error) {
    if (error instanceof ApiProblem && error.gone) return null;
    throw error;
  }
}

/** What was done on top of something pending is based on what came of that, unless somebody else has changed the task in between. */
export function rebase(operation: Operation, { tasks }: Outcome): Operation {
  if (!("seen" in operation)) return operation;
  const now = tasks.find(({ id }) => id === operation.id);
  const seen = { ...operation.seen, title: operation.seen.title.trim() };
  if (!now || now.completed !== seen.completed || !sameDraft(draftOf(now), draftOf(seen))) return operation;
  return { ...operation, seen: now };
}

function wire(operation: Operation): BatchOperation[] {
  switch (operation.op) {
    case "create":
      return [{ op: "create", task: operation.task }];
    case "update":
      return [{ op: "update", id: operation.id, if_match: etagOf(operation.seen), task: operation.task }];
    case "complete":
      return [{ op: "complete", id: operation.id, completed: operation.completed }];
    case "delete":
      return [{ op: "delete", id: operation.id, if_match: etagOf(operation.seen) }];
    case "restore":
      return [{ op: "restore", id: operation.id }];
    case "clear":
      return [];
  }
}

function takeIn(memory: Memory, operation: Operation, result: BatchResult | undefined): ApiProblem | null {
  if (result?.task) memory.learn([result.task]);
  if (operation.op === "delete" && (result?.status === 204 || result?.status === 404)) {
    memory.forget([operation.id]);
    return null;
  }
  return result?.problem ? problemFrom(result.status, result.problem) : null;
}

/** The tasks of a list as they are for the person here: the server's, with what is pending on top. */
export function withPending(tasks: readonly Task[], pending: readonly Pending<Operation>[], view: TaskView): Task[] {
  const shown = pending.reduce<readonly Task[]>((all, { operations, waiting }) => operations.reduce((now, operation) => applied(now, operation, waiting), all), tasks);
  return shown.filter((task) => statusShows(view, task));
}

function applied(tasks: readonly Task[], operation: Operation, waiting: boolean): readonly Task[] {
  switch (operation.op) {
    case "create":
      // While it is under way it stands in the form.
      return waiting ? [provisional(operation.id, operation.task), ...tasks] : tasks;
    case "update":
      return tasks.map((task) => (task.id === operation.id ? { ...task, ...definedOf(operation.task) } : task));
    case "complete":
      return tasks.map((task) => (task.id === operation.id ? { ...task, completed: operation.completed } : task));
    case "delete":
      return tasks.filter(({ id }) => id !== operation.id);
    case "clear":
      return tasks.filter(({ completed }) => !completed);
    case "restore":
      return tasks;
  }
}

const definedOf = (changes: TaskChanges) => Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as Partial<Task>;

function provisional(id: number, task: NewTask): Task {
  const now = new Date().toISOString();
  const { title, description = null, completed = false, priority = "medium", tags = [] } = task;
  const due = task.due_date ? new Date(task.due_date).toISOString() : null;
  return { id, user_id: "", title, description, completed, priority, tags, due_date: due, created_at: now, updated_at: now, version: 0 };
}
