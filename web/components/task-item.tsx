"use client";

/** One task: a checkbox, its text, and the buttons to edit and delete it. */
import { useEffect, useRef, useState } from "react";
import type { Task } from "../lib/api-client";
import { TaskForm, type TaskInput } from "./task-form";

interface Props {
  task: Task;
  busy: boolean;
  onToggle: () => void;
  onSave: (input: TaskInput) => Promise<void>;
  onDelete: () => void;
}

const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

export function TaskItem({ task, busy, onToggle, onSave, onDelete }: Props) {
  const [editing, setEditing] = useState(false);
  const wasEditing = useRef(false);
  const editButton = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    // The form that had the focus is gone; without this a keyboard user would start at the top again.
    if (wasEditing.current && !editing) editButton.current?.focus();
    wasEditing.current = editing;
  }, [editing]);

  if (editing) {
    return (
      <li className="task editing" data-task-id={task.id}>
        <TaskForm
          label={`Edit ${task.title}`}
          initial={task}
          submitLabel="Save"
          pendingLabel="Saving…"
          onSave={async (input) => {
            await onSave(input);
            setEditing(false);
          }}
          onCancel={() => setEditing(false)}
        />
      </li>
    );
  }

  return (
    <li className={task.completed ? "task done" : "task"} data-task-id={task.id} aria-busy={busy}>
      <label className="check">
        <input type="checkbox" checked={task.completed} onChange={onToggle} />
        <span className="title">{task.title}</span>
      </label>
      {task.description && <p className="description">{task.description}</p>}
      <div className="meta">
        <time dateTime={task.created_at}>{day.format(new Date(task.created_at))}</time>
        <button ref={editButton} type="button" className="quiet" aria-label={`Edit ${task.title}`} onClick={() => setEditing(true)}>
          Edit
        </button>
        <button
          type="button"
          className="quiet danger"
          data-action="delete"
          aria-label={`Delete ${task.title}`}
          aria-disabled={busy}
          onClick={onDelete}
        >
          Delete
        </button>
      </div>
    </li>
  );
}
