"use client";

/** One task: a checkbox, its text and marks, and the buttons to edit and delete it. */
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Task, VersionedTask } from "../lib/api-client";
import { dueLabel, isOverdue } from "../lib/due-date";
import { priorityLabels } from "../lib/task-view";
import { TaskEditor, type EditorActions } from "./task-editor";

export interface ItemActions extends EditorActions {
  /** The task in a state that can be edited, or null, which has been explained then. */
  open: (task: Task) => Promise<VersionedTask | null>;
  toggle: (task: Task) => void;
  remove: (task: Task) => void;
  showTag: (tag: string) => void;
  /** Called just before a row goes, and the focus with it if that is inside. */
  leaving: (row: HTMLElement) => void;
}

const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

export function TaskItem({ task, busy, actions }: { task: Task; busy: boolean; actions: ItemActions }) {
  const [opening, setOpening] = useState(false);
  const [base, setBase] = useState<VersionedTask | null>(null);
  const wasEditing = useRef(false);
  const editButton = useRef<HTMLButtonElement>(null);
  const row = useRef<HTMLLIElement>(null);
  const { leaving } = actions;
  const leave = useRef(leaving);
  const editing = base !== null;

  useLayoutEffect(() => {
    leave.current = leaving;
  });
  // A layout effect is undone while the row is still there, whatever takes it away: a deletion, a filter, another window.
  useLayoutEffect(() => {
    const element = row.current;
    return () => {
      if (element) leave.current(element);
    };
  }, []);

  useEffect(() => {
    // The form that had the focus is gone; without this a keyboard user would start at the top again.
    if (wasEditing.current && !editing) editButton.current?.focus();
    wasEditing.current = editing;
  }, [editing]);

  async function open() {
    if (opening) return;
    setOpening(true);
    setBase(await actions.open(task));
    setOpening(false);
  }

  if (base) {
    return (
      <li ref={row} className="task editing" data-task-id={task.id}>
        <TaskEditor base={base} actions={actions} onClose={() => setBase(null)} />
      </li>
    );
  }

  return (
    <li ref={row} className={task.completed ? "task done" : "task"} data-task-id={task.id} aria-busy={busy || opening}>
      <label className="check">
        <input type="checkbox" data-action="toggle" checked={task.completed} onChange={() => actions.toggle(task)} />
        <span className="title">{task.title}</span>
      </label>
      {task.description && <p className="description">{task.description}</p>}
      <Marks task={task} onTag={actions.showTag} />
      <div className="meta">
        <time dateTime={task.created_at}>{day.format(new Date(task.created_at))}</time>
        <button
          ref={editButton}
          type="button"
          className="quiet"
          data-action="edit"
          aria-label={`Edit ${task.title}`}
          aria-disabled={opening}
          onClick={() => void open()}
        >
          Edit
        </button>
        <button
          type="button"
          className="quiet danger"
          data-action="delete"
          aria-label={`Delete ${task.title}`}
          aria-disabled={busy}
          onClick={() => actions.remove(task)}
        >
          Delete
        </button>
      </div>
    </li>
  );
}

function Marks({ task, onTag }: { task: Task; onTag: (tag: string) => void }) {
  const overdue = task.due_date !== null && !task.completed && isOverdue(task.due_date, new Date());
  return (
    <div className="marks">
      <span className={`priority ${task.priority}`}>
        <span className="visually-hidden">Priority: </span>
        {priorityLabels[task.priority]}
      </span>
      {task.due_date !== null && (
        <span className={overdue ? "due overdue" : "due"}>
          {overdue ? "Overdue: " : "Due "}
          <time dateTime={task.due_date}>{dueLabel(task.due_date)}</time>
        </span>
      )}
      {task.tags.map((tag) => (
        <button key={tag} type="button" className="tag" aria-label={`Show tasks tagged ${tag}`} onClick={() => onTag(tag)}>
          #{tag}
        </button>
      ))}
    </div>
  );
}
