"use client";

/** How things stand with the server, in a word. Announced only when the connection goes and when it is back. */
import { useSyncExternalStore } from "react";
import type { LiveTasks } from "../lib/live-tasks";

const words = { connecting: "Connecting…", live: "Up to date", offline: "Offline, trying again" } as const;

export function ConnectionSign({ live }: { live: LiveTasks }) {
  const connection = useSyncExternalStore(live.subscribe, live.connection, () => "connecting" as const);
  const pending = useSyncExternalStore(live.queue.subscribe, live.queue.pending, live.queue.pending);
  const waiting = pending.filter((one) => one.waiting).length;
  return (
    <p className={`connection ${connection}`}>
      <span role={connection === "connecting" ? undefined : "status"}>{words[connection]}</span>
      {waiting > 0 && <span className="waiting-count"> · {waiting === 1 ? "1 change waits" : `${waiting} changes wait`}</span>}
    </p>
  );
}
