/** All tasks of the user, kept up to date: the simplest way to show them. */
import type { Task, TaskbridgeClient } from "./client.js";
import { createTaskMemory, type TaskMemory } from "./task-memory.js";
import { createTaskSync, type Connection } from "./task-sync.js";

export interface TaskFollower {
  /** Called with all tasks, the newest first, whenever one of them has changed, and once when the first are there. */
  onTasks: (tasks: Task[]) => void;
  onConnection?: (connection: Connection) => void;
  /** It cannot begin, since there is no session or no way to reach Better Auth. */
  onProblem?: (problem: unknown) => void;
}

export interface FollowedTasks {
  /** Shows a task that an answer has brought before the server tells of it. */
  learn: TaskMemory<Task>["learn"];
  /** The same for tasks that were deleted. */
  forget: TaskMemory<Task>["forget"];
  stop: () => void;
}

export function followTasks(client: TaskbridgeClient, { onTasks, onConnection = () => {}, onProblem = () => {} }: TaskFollower): FollowedTasks {
  const memory = createTaskMemory<Task>();
  let stop = () => {};
  let stopped = false;
  let complete = false;

  function tell(): void {
    if (complete && !stopped) onTasks(memory.tasks().sort((a, b) => b.id - a.id));
  }

  async function begin(): Promise<void> {
    const base = await client.base();
    if (stopped) return;
    const sync = createTaskSync<Task>({
      base,
      fetch: client.follow,
      renewToken: client.forgetToken,
      begin: "all",
      onChanges(page) {
        memory.apply(page);
        // Not while there is only a part of them.
        if (page.more || complete) return;
        complete = true;
        tell();
      },
      onReset() {
        complete = false;
        memory.clear();
      },
      onConnection,
    });
    const retry = () => sync.retry();
    globalThis.addEventListener?.("online", retry);
    stop = () => {
      globalThis.removeEventListener?.("online", retry);
      sync.stop();
    };
    sync.start();
  }

  memory.subscribe(tell);
  begin().catch((problem: unknown) => {
    if (!stopped) onProblem(problem);
  });
  return {
    learn: memory.learn,
    forget: memory.forget,
    stop() {
      stopped = true;
      stop();
    },
  };
}
