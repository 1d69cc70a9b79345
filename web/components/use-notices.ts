"use client";

/** What the page has to say: what came of an action, with a way back where there is one, and what went wrong. */
import { useCallback, useEffect, useMemo, useState } from "react";
import type { ApiProblem } from "taskbridge-auth/client";

/** How long a deletion can be taken back with one press; after that there is the trash. */
export const UNDO_MS = 10_000;

export interface Notices {
  problem: ApiProblem | null;
  text: string;
  undo: (() => void) | null;
  announce: (text: string, undo?: () => void) => void;
  report: (problem: ApiProblem | null) => void;
  /** Keeps the way back open, for as long as somebody is about to take it. */
  hold: (held: boolean) => void;
}

export function useNotices(): Notices {
  const [problem, report] = useState<ApiProblem | null>(null);
  const [said, setSaid] = useState<{ text: string; undo: (() => void) | null }>({ text: "", undo: null });
  const [held, hold] = useState(false);

  const announce = useCallback((text: string, undo: (() => void) | null = null) => {
    report(null);
    // What was held is gone, and perhaps without a word from the pointer.
    hold(false);
    setSaid({ text, undo });
  }, []);

  useEffect(() => {
    if (!said.undo || held) return;
    const timer = setTimeout(() => setSaid((now) => (now === said ? { ...now, undo: null } : now)), UNDO_MS);
    return () => clearTimeout(timer);
  }, [said, held]);

  const undo = useMemo(
    () =>
      said.undo &&
      (() => {
        setSaid({ text: "", undo: null });
        hold(false);
        said.undo?.();
      }),
    [said],
  );
  return { problem, text: said.text, undo, announce, report, hold };
}
