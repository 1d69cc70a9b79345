"use client";

/** The form for a new task. An attempt whose answer was lost may be repeated: the API makes one task of it. */
import { useCallback, useMemo, useState } from "react";
import type { NewTask as NewTaskInput } from "taskbridge-auth/client";
import { keepComposer, readKept } from "../lib/kept-draft";
import { createSubmission } from "../lib/submission";
import { emptyDraft, newTaskFrom, type TaskDraft } from "../lib/task-draft";
import { TaskForm } from "./task-form";
import { useHydrated } from "./use-hydrated";

interface Props {
  userId: string;
  onAdd: (task: NewTaskInput, idempotencyKey: string) => Promise<unknown>;
}

export function NewTask({ userId, onAdd }: Props) {
  const [submission] = useState(createSubmission);
  const hydrated = useHydrated();
  // After the first drawing, which must be the one that the server has sent.
  const kept = useMemo(() => (hydrated ? readKept(userId).composer : null), [hydrated, userId]);
  const keep = useCallback((draft: TaskDraft) => keepComposer(userId, draft), [userId]);

  async function add(draft: TaskDraft) {
    const task = newTaskFrom(draft);
    await onAdd(task, submission.keyFor(task));
    submission.succeeded();
  }

  return (
    <section className="card composer" aria-label="New task">
      <TaskForm
        key={kept ? "kept" : "new"}
        label="New task"
        initial={emptyDraft}
        begin={kept ?? emptyDraft}
        submitLabel="Add task"
        pendingLabel="Adding…"
        onSave={add}
        onLeave={keep}
      />
    </section>
  );
}
