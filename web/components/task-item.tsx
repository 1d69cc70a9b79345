"use client";

/** One task: a checkbox, its text and marks, and the buttons to edit and delete it. */
import { useEffect, useLayoutEffect, useRef } from "react";
import type { Task } from "taskbridge-auth/client";
import { dueLabel, isOverdue } from "../lib/due-date";
import { priorityLabels } from "../lib/task-view";
import type { Edit } from "./use-editing";
import { TaskEditor, type EditorActions } from "./task-editor";

export interface ItemActions extends EditorActions {
  /** Begins and ends editing this state of the task. */
  open: (task: Task) => void;
  close: (task: Task) => void;
  toggle: (task: Task) => void;
  remove: (task: Task) => void;
  /** With `range` all from the one chosen last. */
  choose: (task: Task, range: boolean) => void;
  showTag: (tag: string) => void;
  /** Called just before a row goes, and the focus with it if that is inside. */
  leaving: (row: HTMLElement) => void;
}

interface Props {
  task: Task;
  /** The form on it, if it is open. */
  edit: Edit | undefined;
  busy: boolean;
  /** Something about it is not sent yet. */
  waiting: boolean;
  /** Whether rows are being chosen, and this one is. */
  choosing: boolean;
  chosen: boolean;
  actions: ItemActions;
}

export function TaskItem({ task, edit, busy, waiting, choosing, chosen, actions }: Props) {
  const wasEditing = useRef(false);
  const editButton = useRef<HTMLButtonElement>(null);
  const row = useRef<HTMLLIElement>(null);
  const { leaving } = actions;
  const leave = useRef(leaving);
  const editing = edit !== undefined;

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

  if (edit) {
    return (
      <li ref={row} className="task editing" data-task-id={task.id}>
        <TaskEditor base={edit.task} begin={edit.draft} actions={actions} onClose={() => actions.close(edit.task)} />
      </li>
    );
  }

  return (
    <li ref={row} className={task.completed ? "task done" : "task"} data-task-id={task.id} aria-busy={busy}>
      <div className="check">
        {choosing ? (
          <input
            type="checkbox"
            className="choose"
            data-action="choose"
            aria-label={`Select ${task.title}`}
            checked={chosen}
            onChange={(event) => actions.choose(task, (event.nativeEvent as MouseEvent).shiftKey)}
          />
        ) : (
          <input type="checkbox" data-action="toggle" aria-label={task.title} checked={task.completed} onChange={() => actions.toggle(task)} />
        )}
        <span className="title">{task.title}</span>
      </div>
      {waiting && <p className="waits">Waits to be sent</p>}
      {task.description && <p className="description">{task.description}</p>}
      <Marks task={task} onTag={actions.showTag} />
      <div className="meta">
        <button
          ref={editButton}
          type="button"
          className="quiet"
          data-action="edit"
          aria-label={`Edit ${task.title}`}
          onClick={() => actions.open(task)}
        >
          Edit
        </button>
        <button
          type="button"
          className="quiet danger"
          data-action="delete"
          aria-label={`Delete ${task.title}`}
          aria-disabled={busy}
          // A key that is held down would go on to delete the next row, which gets the focus.
          onKeyDown={(event) => event.repeat && event.preventDefault()}
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
  if (task.priority === "medium" && task.due_date === null && task.tags.length === 0) return null;
  return (
    <div className="marks">
      {task.priority !== "medium" && (
        <span className={`priority ${task.priority}`}>
          <span className="visually-hidden">Priority: </span>
          {priorityLabels[task.priority]}
        </span>
      )}
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
