"use client";

/** Deletes every completed task, after saying how many there are. */
import { useState } from "react";
import type { TaskbridgeClient } from "taskbridge-auth/client";
import { ConfirmDialog } from "./confirm-dialog";

export function ClearCompleted({ api, onClear }: { api: TaskbridgeClient; onClear: () => void }) {
  const [asking, setAsking] = useState(false);
  const [count, setCount] = useState<number | null>(null);

  function ask() {
    setCount(null);
    setAsking(true);
    // For the question only. Without an answer it is asked without a number, and a real problem will show with the deed.
    api.listTasks({ status: "completed", limit: 1, include_total: true }).then(
      ({ total }) => setCount(total),
      () => {},
    );
  }

  return (
    <>
      <button type="button" className="clear" onClick={ask}>
        Clear completed
      </button>
      {asking && (
        <ConfirmDialog title="Clear completed tasks?" action="Delete them" onConfirm={onClear} onDismiss={() => setAsking(false)}>
          <p aria-live="polite">
            {count === null ? "All completed tasks" : count === 1 ? "1 completed task" : `All ${count} completed tasks`} will be deleted, also those
            that are not shown. They go to the trash.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}
