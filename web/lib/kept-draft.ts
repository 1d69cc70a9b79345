/**
 * The text for a new task that is not sent yet, kept in this tab while the page is away: for a reload, and for a
 * sign-in when the session has ended. Signing out forgets it.
 */
import type { TaskDraft } from "./task-draft";

const nameFor = (userId: string) => `taskbridge:draft:${userId}`;
let forgotten = false;

export function keepDraft(userId: string, draft: TaskDraft): void {
  if (forgotten || draft.title + draft.description + draft.due + draft.tags.join("") === "") sessionStorage.removeItem(nameFor(userId));
  else sessionStorage.setItem(nameFor(userId), JSON.stringify(draft));
}

/** What was kept, once. */
export function takeDraft(userId: string): TaskDraft | null {
  const text = sessionStorage.getItem(nameFor(userId));
  sessionStorage.removeItem(nameFor(userId));
  try {
    return text === null ? null : (JSON.parse(text) as TaskDraft);
  } catch {
    return null;
  }
}

/** Nothing more is kept until the page is loaded again. */
export function forgetDraft(userId: string): void {
  forgotten = true;
  sessionStorage.removeItem(nameFor(userId));
}
