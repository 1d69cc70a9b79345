/**
 * One stream for all tabs of a browser. The tab that holds the lock listens to the server and hands on what it hears;
 * when it is closed the browser gives the lock to another one, which goes on from where it was.
 */
import type { Changes, Connection, TaskSync } from "taskbridge-auth/live";

/** What the tab that listens hands on, and `hello`, which asks it how things stand. */
type Message<T> =
  | { type: "hello" }
  | { type: "page"; page: Changes<T> }
  | { type: "reset"; since: string | null }
  | { type: "connection"; connection: Connection; since: string | null }
  | { type: "signed-out" }
  | { type: "session"; state: SessionState };

/** A tab ends the session or exchanges it for another one; has found it ended; has one again. */
export type SessionState = "changing" | "ended" | "back";

export interface TabShareOptions<T> {
  userId: string;
  /** Makes what follows the server, from this place on; asked in the tab that listens only. */
  follow: (since: string | null, hear: { onChanges: (page: Changes<T>) => void; onReset: (since: string | null) => void; onConnection: (connection: Connection) => void }) => TaskSync;
  onChanges: (page: Changes<T>) => void;
  /** Read again what is shown: something may have been missed. */
  onReset: () => void;
  onConnection: (connection: Connection) => void;
  /** Another tab has signed this user out. */
  onSignedOut: () => void;
  /** What another tab has found of the session. */
  onSession: (state: SessionState) => void;
}

export function shareAmongTabs<T>({ userId, follow, onChanges, onReset, onConnection, onSignedOut, onSession }: TabShareOptions<T>) {
  const name = `taskbridge:${userId}`;
  const channel = new BroadcastChannel(name);
  const left = new AbortController();
  let since: string | null = null;
  let joined = false;
  let connection: Connection = "connecting";
  let sync: TaskSync | null = null;
  const post = (message: Message<T>) => channel.postMessage(message);

  function take(message: Message<T>): void {
    if (message.type === "page") {
      since = message.page.next;
      onChanges(message.page);
    } else if (message.type === "reset") {
      since = message.since;
      joined = true;
      onReset();
    } else if (message.type === "connection") {
      connection = message.connection;
      since = message.since ?? since;
      onConnection(connection);
      // What this tab has read may be from before it could hear the other one.
      if (!joined && connection === "live") {
        joined = true;
        onReset();
      }
    } else if (message.type === "signed-out") {
      onSignedOut();
    } else if (message.type === "session") {
      onSession(message.state);
    }
  }

  channel.onmessage = ({ data }: MessageEvent<Message<T>>) => {
    if (data.type === "hello") {
      if (sync) post({ type: "connection", connection, since });
    } else take(data);
  };

  /** Until this tab is left. */
  function lead(): Promise<void> {
    const hear = (message: Message<T>) => {
      take(message);
      post(message);
    };
    sync = follow(since, {
      onChanges: (page) => hear({ type: "page", page }),
      onReset: (to) => hear({ type: "reset", since: to }),
      onConnection: (now) => hear({ type: "connection", connection: now, since }),
    });
    sync.start();
    return new Promise((resolve) => left.signal.addEventListener("abort", () => resolve()));
  }

  if (typeof navigator.locks === "undefined") {
    // Without HTTPS there are no locks; then each tab has a stream of its own.
    void lead();
  } else {
    navigator.locks.request(name, { signal: left.signal }, lead).catch(() => {});
    post({ type: "hello" });
  }

  const retry = () => sync?.retry();
  window.addEventListener("online", retry);

  return {
    /** Tells the other tabs that this user has gone. */
    signOut: () => post({ type: "signed-out" }),
    tellSession: (state: SessionState) => post({ type: "session", state }),
    leave(): void {
      window.removeEventListener("online", retry);
      left.abort();
      sync?.stop();
      channel.close();
    },
  };
}
