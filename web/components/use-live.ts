"use client";

/** Follows the server while a page is open: its lists are read again when something has happened, and only then. */
import { useEffect, useRef, useSyncExternalStore } from "react";
import { ApiProblem } from "taskbridge-auth/client";
import { forgetTyped } from "../lib/kept-draft";
import type { LiveHandlers } from "../lib/live-tasks";
import { toSignIn, type App } from "./app-shell";

/** Begins once the page has its first answer, so that a page that is refused asks once and not twice. */
export function useLive({ api, live, refresh, renewal, userId }: App, list: { isSuccess: boolean; error: Error | null }, onRefused: LiveHandlers["onRefused"]): void {
  const isRefused = list.error instanceof ApiProblem && [401, 403].includes(list.error.status);
  const ready = list.isSuccess || (list.error !== null && !isRefused);
  const refused = useRef(onRefused);
  useEffect(() => {
    refused.current = onRefused;
  });
  useEffect(() => {
    if (!ready) return;
    return live.start({
      onNews: refresh,
      onSignedOut: () => {
        api.forgetToken();
        forgetTyped(userId);
        toSignIn();
      },
      onSession: (state) => {
        if (state === "changing") renewal.pauseForOther();
        else if (state === "back") void renewal.resumeForOther();
        // The other tab may have asked for a token just before there was another session.
        else void api.checkSession().then((there) => there && live.tellSession("back"));
      },
      onRefused: (pending, error) => refused.current(pending, error),
    });
  }, [api, live, ready, refresh, renewal, userId]);
}

/** What is known and what is pending; a component that shows tasks is drawn again when one of the two changes. */
export function useKnown({ live: { memory, queue } }: App) {
  useSyncExternalStore(memory.subscribe, memory.revision, memory.revision);
  return useSyncExternalStore(queue.subscribe, queue.pending, queue.pending);
}
