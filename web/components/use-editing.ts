"use client";

/** Which tasks are being edited. Their rows stay, whatever the list says meanwhile: what is typed there is the person's. */
import { useMemo, useState } from "react";
import type { Task } from "taskbridge-auth/client";
import { dropEdit, readKept } from "../lib/kept-draft";
import { draftOf, type TaskDraft } from "../lib/task-draft";
import { useHydrated } from "./use-hydrated";

/** A form that is open: the state of the task that it began with, what is in it at first, and where in the list it is. */
export interface Edit {
  task: Task;
  draft: TaskDraft;
  index: number;
}

export function useEditing(tasks: Task[] | undefined, userId: string) {
  const hydrated = useHydrated();
  const kept = useMemo(() => new Map((hydrated ? readKept(userId).edits : []).map((edit) => [edit.task.id, { ...edit, index: 0 }])), [hydrated, userId]);
  const [changed, setChanged] = useState<ReadonlyMap<number, Edit> | null>(null);
  const open = changed ?? kept;
  const missing = [...open.values()].filter(({ task }) => !tasks?.some(({ id }) => id === task.id));

  return {
    open,
    tasks: missing.length === 0 ? tasks : missing.reduce((all, { task, index }) => all.toSpliced(index, 0, task), tasks ?? []),
    begin(task: Task, draft = draftOf(task)): void {
      const index = tasks?.findIndex(({ id }) => id === task.id) ?? 0;
      setChanged(new Map(open).set(task.id, { task, draft, index: Math.max(index, 0) }));
    },
    end({ id }: Task): void {
      dropEdit(userId, id);
      setChanged((now) => new Map([...(now ?? kept)].filter(([one]) => one !== id)));
    },
  };
}
