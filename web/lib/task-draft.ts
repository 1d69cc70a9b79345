/** What a form holds, and the difference between that and a task: only what somebody changed is sent. */
import type { NewTask, Priority, Task, TaskChanges } from "taskbridge-auth/client";
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

export function sameDraft(a: TaskDraft, b: TaskDraft): boolean {
  return a.title === b.title && a.description === b.description && a.priority === b.priority && a.due === b.due && sameTags(a.tags, b.tags);
}

/** Whether a task has everything that these changes ask for. The API trims titles and tags. */
export function isApplied(changes: TaskChanges, now: Task): boolean {
  const { title, description, priority, tags, due_date: due } = changes;
  return (
    (title === undefined || title.trim() === now.title) &&
    (description === undefined || description === now.description) &&
    (priority === undefined || priority === now.priority) &&
    (tags === undefined || sameTags(tags.map((tag) => tag.trim()), now.tags)) &&
    (due === undefined || (due || "") === dayOf(now.due_date))
  );
}
