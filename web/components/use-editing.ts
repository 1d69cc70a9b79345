"use client";

/** Which tasks are being edited. Their rows stay, whatever the list says meanwhile: what is typed there is the person's. */
import { useState } from "react";
import type { Task } from "../lib/api-client";

/** The state that the form began with, and where in the list it was. */
interface Base {
  task: Task;
  index: number;
}

export function useEditing(tasks: Task[] | undefined) {
  const [open, setOpen] = useState<ReadonlyMap<number, Base>>(new Map());
  const missing = [...open.values()].filter(({ task }) => !tasks?.some(({ id }) => id === task.id));

  return {
    bases: new Map([...open].map(([id, { task }]) => [id, task])),
    tasks: missing.length === 0 ? tasks : missing.reduce((all, { task, index }) => all.toSpliced(index, 0, task), tasks ?? []),
    open: (task: Task) => setOpen((now) => new Map(now).set(task.id, { task, index: tasks?.findIndex(({ id }) => id === task.id) ?? 0 })),
    close: (task: Task) =>
      setOpen((now) => {
        const rest = new Map(now);
        rest.delete(task.id);
        return rest;
      }),
  };
}
