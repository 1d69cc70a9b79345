/**
 * What is typed and not sent yet, kept in this tab while the page is away: for a reload, and for a sign-in when the
 * session has ended. Signing out forgets it.
 */
import type { Task } from "taskbridge-auth/client";
import { draftOf, emptyDraft, sameDraft, type TaskDraft } from "./task-draft";

/** A form on a task that was open, with the state of the task that it began with. */
export interface KeptEdit {
  task: Task;
  draft: TaskDraft;
}

interface Kept {
  /** For a new task. */
  composer: TaskDraft | null;
  edits: KeptEdit[];
}

const nameFor = (userId: string) => `taskbridge:typed:${userId}`;
let forgotten = false;

/** What was kept. It stays until the page goes away, which keeps what is typed then. */
export function readKept(userId: string): Kept {
  try {
    const kept = JSON.parse(sessionStorage.getItem(nameFor(userId)) ?? "") as Kept;
    return { composer: kept.composer, edits: kept.edits };
  } catch {
    // Nothing, or what another version of this page has left.
    return { composer: null, edits: [] };
  }
}

function write(userId: string, kept: Kept): void {
  if (!forgotten) sessionStorage.setItem(nameFor(userId), JSON.stringify(kept));
}

export function keepComposer(userId: string, draft: TaskDraft): void {
  write(userId, { ...readKept(userId), composer: sameDraft(draft, emptyDraft) ? null : draft });
}

export function keepEdit(userId: string, task: Task, draft: TaskDraft): void {
  const { composer, edits } = readKept(userId);
  const others = edits.filter((one) => one.task.id !== task.id);
  write(userId, { composer, edits: sameDraft(draft, draftOf(task)) ? others : [...others, { task, draft }] });
}

export function dropEdit(userId: string, id: number): void {
  const { composer, edits } = readKept(userId);
  write(userId, { composer, edits: edits.filter(({ task }) => task.id !== id) });
}

/** Nothing more is kept until the page is loaded again. */
export function forgetTyped(userId: string): void {
  forgotten = true;
  sessionStorage.removeItem(nameFor(userId));
}
