"use client";

/** The form for a new task. An attempt whose answer was lost may be repeated: the API makes one task of it. */
import { useState } from "react";
import type { NewTask as NewTaskInput } from "../lib/api-client";
import { createSubmission } from "../lib/submission";
import { emptyDraft, newTaskFrom, type TaskDraft } from "../lib/task-draft";
import { TaskForm } from "./task-form";

export function NewTask({ onAdd }: { onAdd: (task: NewTaskInput, idempotencyKey: string) => Promise<unknown> }) {
  const [submission] = useState(createSubmission);

  async function add(draft: TaskDraft) {
    const task = newTaskFrom(draft);
    await onAdd(task, submission.keyFor(task));
    submission.succeeded();
  }

  return (
    <section className="card" aria-label="New task">
      <TaskForm label="New task" initial={emptyDraft} submitLabel="Add task" pendingLabel="Adding…" onSave={add} />
    </section>
  );
}
