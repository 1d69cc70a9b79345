/**
 * The newest state of each task that this client has heard of, from whatever answer. Every state has a `version`,
 * and a greater one is newer, so that an answer that comes late undoes nothing.
 */
import type { Changes } from "./task-sync.js";

export interface Versioned {
  id: number;
  version: number;
}

interface Known<T> {
  version: number;
  /** Null when it was deleted after this version. */
  task: T | null;
}

export type TaskMemory<T extends Versioned> = ReturnType<typeof createTaskMemory<T>>;

export function createTaskMemory<T extends Versioned>() {
  const known = new Map<number, Known<T>>();
  const listeners = new Set<() => void>();
  let revision = 0;

  function changed(): void {
    revision += 1;
    for (const listener of listeners) listener();
  }

  function note(task: T): boolean {
    const before = known.get(task.id);
    if (before && before.version >= task.version) return false;
    known.set(task.id, { version: task.version, task });
    return true;
  }

  function strike(id: number): boolean {
    const before = known.get(id);
    if (!before?.task) return false;
    known.set(id, { version: before.version, task: null });
    return true;
  }

  return {
    /** Takes in states from any answer; older ones change nothing. */
    learn(tasks: readonly T[]): void {
      if (tasks.filter(note).length > 0) changed();
    },
    /** These were deleted. One that is restored comes back with a greater version. */
    forget(ids: readonly number[]): void {
      if (ids.filter(strike).length > 0) changed();
    },
    /** Takes in a page of changes, and tells whether anything in it was new. */
    apply(page: Pick<Changes<T>, "changed" | "deleted">): boolean {
      const news = page.changed.filter(note).length + page.deleted.filter(strike).length > 0;
      if (news) changed();
      return news;
    },
    /** The newest state of this task, or null if it was deleted since. */
    newest(task: T): T | null {
      const now = known.get(task.id);
      return now && now.version >= task.version ? now.task : task;
    },
    /** Every task that is known and not deleted. With `begin: "all"` these are all there are. */
    tasks: (): T[] => [...known.values()].flatMap(({ task }) => task ?? []),
    clear(): void {
      known.clear();
      changed();
    },
    revision: (): number => revision,
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
