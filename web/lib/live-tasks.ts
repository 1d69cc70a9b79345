/** Everything about tasks that outlives a list: what is known of them, what is pending, and the connection to the server. */
import { ApiProblem, type Task, type TaskbridgeClient } from "taskbridge-auth/client";
import { type Connection, createTaskMemory, createTaskQueue, createTaskSync, type Pending } from "taskbridge-auth/live";
import { createPendingStore } from "./pending-store";
import { shareAmongTabs, type SessionState } from "./tab-share";
import { idsOf, perform, rebase, type Operation, type Outcome } from "./task-operations";

export interface LiveHandlers {
  /** Something that is new here has happened on the server: lists may have other tasks now. */
  onNews: () => void;
  /** Another tab has signed this user out. */
  onSignedOut: () => void;
  /** What another tab knows of the session. */
  onSession: (state: SessionState) => void;
  /** What had to wait was refused. */
  onRefused: (pending: Pending<Operation>, error: unknown) => void;
}

export type LiveTasks = ReturnType<typeof createLiveTasks>;

export function createLiveTasks(api: TaskbridgeClient, apiUrl: string, userId: string) {
  const memory = createTaskMemory<Task>();
  const listeners = new Set<() => void>();
  const store = createPendingStore(userId);
  let connection: Connection = "connecting";
  let handlers: LiveHandlers | null = null;
  let share: ReturnType<typeof shareAmongTabs<Task>> | null = null;

  // The stream may be the last to notice.
  const current = (): Connection => (navigator.onLine ? connection : "offline");
  const queue = createTaskQueue<Operation, Outcome>({
    send: (pending) => perform(api, memory, pending),
    mustWait: (error) => error instanceof ApiProblem && error.status === 0 && current() !== "live",
    idsOf,
    onLate(pending, error) {
      if (error === undefined) handlers?.onNews();
      else handlers?.onRefused(pending, error);
    },
    rebase,
    onChange: (pending) => store.save(pending.filter(({ kept }) => kept)),
  });

  const tell = () => {
    for (const listener of listeners) listener();
  };

  function onConnection(now: Connection): void {
    connection = now;
    tell();
    if (now === "live") queue.resume();
  }

  return {
    memory,
    queue,
    connection: current,
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** Begins to follow the server. Resolves nothing: what comes of it is told to the handlers. */
    start(to: LiveHandlers): () => void {
      handlers = to;
      void store.adopt().then((kept) => {
        if (kept.length === 0) return;
        queue.adopt(kept);
        if (connection === "live") queue.resume();
      });
      share = shareAmongTabs<Task>({
        userId,
        follow: (since, hear) =>
          createTaskSync<Task>({ base: `${apiUrl}/api/${encodeURIComponent(userId)}`, fetch: api.follow, renewToken: api.forgetToken, begin: "now", since, ...hear }),
        onChanges: (page) => memory.apply(page) && to.onNews(),
        onReset: to.onNews,
        onConnection,
        onSignedOut: to.onSignedOut,
        onSession: to.onSession,
      });
      for (const event of ["online", "offline"]) window.addEventListener(event, tell);
      return () => {
        for (const event of ["online", "offline"]) window.removeEventListener(event, tell);
        share?.leave();
      };
    },
    /** For the other tabs of this browser. */
    tellSession: (state: SessionState): void => share?.tellSession(state),
    /** For all tabs of this browser. */
    signOut(): void {
      share?.signOut();
      share?.leave();
    },
  };
}
