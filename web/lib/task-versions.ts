/**
 * Which version of a task this page has seen, so that it never overwrites or deletes a state nobody
 * here has looked at. Lists carry no entity tags; answers about a single task do, and each is kept
 * together with the very state it names. For a row whose state has no tag yet, the task is read first.
 */
import type { ApiClient, Task, VersionedTask } from "./api-client";
import { ApiProblem } from "./api-problem";
import { changesFrom, sameState, type TaskDraft } from "./task-draft";

/** Somebody else has changed the task since. Carries what it is now. */
export class TaskConflict extends Error {
  override readonly name = "TaskConflict";

  constructor(readonly theirs: VersionedTask) {
    super("The task has been changed elsewhere.");
  }
}

export type Versions = ReturnType<typeof createVersions>;

export function createVersions(api: Pick<ApiClient, "readTask" | "updateTask" | "deleteTask">) {
  const seen = new Map<number, VersionedTask>();

  function remember(version: VersionedTask): VersionedTask {
    seen.set(version.task.id, version);
    return version;
  }

  function versionOf(shown: Task): VersionedTask | undefined {
    const version = seen.get(shown.id);
    return version && sameState(version.task, shown) ? version : undefined;
  }

  const read = async (id: number) => remember(await api.readTask(id));

  /** Runs a write that names a version; where that is not the current one any more, finds out what is. */
  async function guarded<T>(id: number, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (error instanceof ApiProblem && error.stale) throw new TaskConflict(await read(id));
      throw error;
    }
  }

  return {
    remember,

    /** The state to edit, with its tag: the one on show, or the current one if that is all there is a tag for. */
    open: async (shown: Task): Promise<VersionedTask> => versionOf(shown) ?? read(shown.id),

    /**
     * Saves what differs between `base` and `draft`, on `on` if somebody has seen that newer state and
     * wants to write over it. Throws a TaskConflict if the task has changed once more.
     */
    async save(base: VersionedTask, draft: TaskDraft, on: VersionedTask = base): Promise<VersionedTask> {
      const changes = changesFrom(base.task, draft);
      if (Object.keys(changes).length === 0) return base;
      try {
        return await guarded(base.task.id, async () => remember(await api.updateTask(base.task.id, changes, on.etag)));
      } catch (error) {
        // The answer to an earlier attempt was lost, not the change itself.
        if (error instanceof TaskConflict && isApplied(base.task, draft, error.theirs.task)) return error.theirs;
        throw error;
      }
    },

    /** Deletes the task as it is on show. Throws a TaskConflict if it has become another one. */
    async remove(shown: Task): Promise<void> {
      try {
        const version = versionOf(shown) ?? (await read(shown.id));
        if (!sameState(version.task, shown)) throw new TaskConflict(version);
        await guarded(shown.id, () => api.deleteTask(shown.id, version.etag));
      } catch (error) {
        // Deleted elsewhere in the meantime: the wish is fulfilled.
        if (!(error instanceof ApiProblem && error.gone)) throw error;
      }
      seen.delete(shown.id);
    },
  };
}

/** Whether every change between `base` and `draft` is in `now`. The API trims titles and tags. */
function isApplied(base: Task, draft: TaskDraft, now: Task): boolean {
  const trimmed = { ...draft, title: draft.title.trim(), tags: draft.tags.map((tag) => tag.trim()) };
  const missing = changesFrom(now, trimmed);
  return Object.keys(changesFrom(base, draft)).every((member) => !(member in missing));
}
