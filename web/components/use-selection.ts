"use client";

/** Several tasks chosen at once, with the keyboard or the pointer; Shift takes all from the last one on. */
import { useEffect, useRef, useState } from "react";
import type { Task } from "taskbridge-auth/client";

export interface Selection {
  /** Whether rows are being chosen at present. */
  active: boolean;
  has: (task: Task) => boolean;
  chosen: Task[];
  choose: (task: Task, range: boolean) => void;
  chooseAll: () => void;
  begin: () => void;
  end: () => void;
}

export function useSelection(tasks: Task[] | undefined): Selection {
  const [ids, setIds] = useState<ReadonlySet<number> | null>(null);
  const last = useRef<number | null>(null);
  // Only what is on show: nothing that a filter or another tab has taken away is deleted along.
  const chosen = tasks?.filter(({ id }) => ids?.has(id)) ?? [];
  const active = ids !== null;

  useEffect(() => {
    if (!active) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.isComposing && !document.querySelector("dialog[open]")) setIds(null);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [active]);

  function choose({ id }: Task, range: boolean): void {
    const order = tasks?.map((task) => task.id) ?? [];
    const [from, to] = [order.indexOf(last.current ?? id), order.indexOf(id)];
    const between = range && from >= 0 ? order.slice(Math.min(from, to), Math.max(from, to) + 1) : [id];
    last.current = id;
    setIds((now) => {
      const next = new Set(now);
      const on = !next.has(id);
      for (const one of between) {
        if (on) next.add(one);
        else next.delete(one);
      }
      return next;
    });
  }

  return {
    active,
    has: ({ id }) => ids?.has(id) ?? false,
    chosen,
    choose,
    chooseAll: () => setIds(new Set(tasks?.map(({ id }) => id))),
    begin: () => {
      last.current = null;
      setIds(new Set());
    },
    end: () => setIds(null),
  };
}
