"use client";

/** The one place for what has happened, in sight wherever the list is scrolled to. */
import { useEffect, useRef } from "react";
import { ProblemNote } from "./problem-note";
import type { Notices } from "./use-notices";

export function Toasts({ notices: { problem, text, undo, report, hold } }: { notices: Notices }) {
  const before = useRef<HTMLElement | null>(null);

  /** Does what a button here says. The button goes, and the focus returns to where it was, so that the user need not start at the top again. */
  function press(action: () => void): void {
    const target = before.current?.isConnected ? before.current : document.querySelector<HTMLElement>("h1[tabindex]");
    target?.focus({ preventScroll: true });
    hold(false);
    action();
  }

  useEffect(() => {
    if (!undo) return;
    const onKeyDown = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
      if (typing || event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      undo();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [undo]);

  return (
    <div
      className="toasts"
      onPointerEnter={() => hold(true)}
      onPointerLeave={() => hold(false)}
      onFocus={({ relatedTarget }) => {
        if (relatedTarget instanceof HTMLElement && !relatedTarget.closest(".toasts")) before.current = relatedTarget;
        hold(true);
      }}
      onBlur={() => hold(false)}
    >
      <div className={problem ? "toast" : "no-toast"}>
        <div role="alert">{problem && <ProblemNote problem={problem} />}</div>
        {problem && (
          <button type="button" onClick={() => press(() => report(null))}>
            Dismiss
          </button>
        )}
      </div>
      <div className={undo ? "toast" : "no-toast"}>
        <p className={undo ? undefined : "visually-hidden"} role="status" aria-live="polite">
          {text}
        </p>
        {undo && (
          <button type="button" aria-keyshortcuts="Control+Z Meta+Z" onClick={() => press(undo)}>
            Undo
          </button>
        )}
      </div>
    </div>
  );
}
