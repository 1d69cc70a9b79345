/**
 * The view of the list, kept in the page's address. Changing it asks nothing of the web server.
 *
 * Next.js is left out of it. Its router would follow each change and each step Back, ask the server for
 * the page once more, and on the late answer write the address as it was over one chosen since. An entry
 * of the history without its mark is one it leaves alone.
 */
import { useSearchParams } from "next/navigation";
import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import { addressOf, parseView, type TaskView } from "../lib/task-view";

/** `replace` writes over the present entry of the browser's history instead of adding one. */
export type SetView = (change: Partial<TaskView>, how?: "push" | "replace") => void;

const CHANGED = "taskbridge:address";

function write(url: string, how: "push" | "replace"): void {
  // Next.js has put functions of its own before these two.
  const { pushState, replaceState } = History.prototype;
  (how === "push" ? pushState : replaceState).call(window.history, null, "", url);
  window.dispatchEvent(new Event(CHANGED));
}

function subscribe(listener: () => void): () => void {
  for (const event of ["popstate", CHANGED]) window.addEventListener(event, listener);
  return () => {
    for (const event of ["popstate", CHANGED]) window.removeEventListener(event, listener);
  };
}

export function useTaskView(): [TaskView, SetView] {
  // What the server renders by, and the browser for the first time.
  const first = useSearchParams().toString();
  const address = useSyncExternalStore(
    subscribe,
    () => window.location.search,
    () => first,
  );
  const view = useMemo(() => parseView(new URLSearchParams(address)), [address]);

  useEffect(() => write(window.location.href, "replace"), []);

  const setView = useCallback<SetView>((change, how = "push") => {
    // From the address as it is now: a search typed a moment ago must not undo a filter set since.
    const next = { ...parseView(new URLSearchParams(window.location.search)), ...change };
    write(window.location.pathname + addressOf(next), how);
  }, []);
  return [view, setView];
}
