/** What a form holds, and the difference between that and a task: only what somebody changed is sent. */
import type { NewTask, Priority, Task, TaskChanges } from "./api-client";
import { dayOf } from "./due-date";

export interface TaskDraft {
  title: string;
  description: string;
  priority: Priority;
  tags: string[];
  /** `YYYY-MM-DD`, or empty. */
  due: string;
}

export const emptyDraft: TaskDraft = { title: "", description: "", priority: "medium", tags: [], due: "" };

export function draftOf(task: Task): TaskDraft {
  const { title, description, priority, tags, due_date } = task;
  return { title, description: description ?? "", priority, tags, due: dayOf(due_date) };
}

export function newTaskFrom({ title, description, priority, tags, due }: TaskDraft): NewTask {
  return {
    title,
    description: description.trim() === "" ? null : description,
    priority,
    tags,
    due_date: due === "" ? null : due,
  };
}

/**
 * The members that differ from `base`. What nobody touched stays out of the request: another window's
 * change to it survives, and so does a time of day that a date field cannot show.
 */
export function changesFrom(base: Task, draft: TaskDraft): TaskChanges {
  const wanted = newTaskFrom(draft);
  const before = draftOf(base);
  const changes: TaskChanges = {};
  if (draft.title !== before.title) changes.title = wanted.title;
  if (draft.description !== before.description) changes.description = wanted.description;
  if (draft.priority !== before.priority) changes.priority = wanted.priority;
  if (!sameTags(draft.tags, before.tags)) changes.tags = wanted.tags;
  if (draft.due !== before.due) changes.due_date = wanted.due_date;
  return changes;
}

export function sameTags(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((tag, index) => tag === b[index]);
}

/** Whether two answers show the same state of a task. */
export function sameState(a: Task, b: Task): boolean {
  const members = ["title", "description", "completed", "priority", "due_date", "updated_at"] as const;
  return sameTags(a.tags, b.tags) && members.every((member) => a[member] === b[member]);
}
