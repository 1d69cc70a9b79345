"use client";

/** What every page of a signed-in user shares: the client, the connection, the header, and the toasts. */
import { notifyManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { ApiProblem, createTaskbridgeClient, type TaskbridgeClient } from "taskbridge-auth/client";
import { signedInUser } from "../lib/account-client";
import { authClient } from "../lib/auth-client";
import { forgetTyped } from "../lib/kept-draft";
import { createLiveTasks, type LiveTasks } from "../lib/live-tasks";
import { createRefresh, type Refresh } from "../lib/refresh";
import { createRenewal, type Renewal } from "../lib/renewal";
import { AccountMenu } from "./account-menu";
import { Brand } from "./brand";
import { RenewSession } from "./renew-session";
import { Toasts } from "./toasts";
import { useNotices, type Notices } from "./use-notices";

// Before the browser paints again: a box that has been ticked must not look unticked for a moment.
notifyManager.setScheduler(queueMicrotask);

export interface Props {
  apiUrl: string;
  user: { id: string; name: string; email: string };
}

export interface App {
  api: TaskbridgeClient;
  live: LiveTasks;
  notices: Notices;
  refresh: Refresh;
  renewal: Renewal;
  userId: string;
}

let leaving = false;

/** To the sign-in page, which brings people back to the list they had. */
export function toSignIn(reason?: string): void {
  // Once: requests that are under way when a person leaves are refused, which is no reason to tell.
  if (leaving) return;
  leaving = true;
  const address = new URLSearchParams();
  if (reason) address.set("reason", reason);
  if (reason && window.location.search !== "") address.set("view", window.location.search.slice(1));
  const query = address.toString();
  window.location.replace(query === "" ? "/sign-in" : `/sign-in?${query}`);
}

export function AppShell({ apiUrl, user, children }: Props & { children: (app: App) => ReactNode }) {
  const [renewal] = useState(() => createRenewal({ userId: user.id, signedIn: signedInUser, onOther: () => window.location.replace("/") }));
  const [api] = useState(() =>
    createTaskbridgeClient({
      apiUrl,
      userId: user.id,
      renew: () => renewal.ask("ended"),
      leave(to) {
        // It is left already, or will be when the answer is there.
        if (renewal.isPaused()) return;
        if (to === "reload") return window.location.replace("/");
        if (to === "erased") forgetTyped(user.id);
        toSignIn(to === "erased" ? to : "session");
      },
    }),
  );
  const [live] = useState(() => createLiveTasks(api, apiUrl, user.id));
  const [queries] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          // The connection says when to ask again. A page that is offline says so instead of waiting silently.
          queries: { retry: false, networkMode: "always", refetchOnWindowFocus: false, refetchOnReconnect: false },
          mutations: { networkMode: "always" },
        },
      }),
  );
  const [refresh] = useState(() => createRefresh(queries));
  const notices = useNotices();

  // The other tabs have the same session, and would find out later.
  useEffect(() => {
    let told = renewal.state();
    return renewal.subscribe(() => {
      const state = renewal.state();
      if (state !== told) live.tellSession(state);
      told = state;
    });
  }, [live, renewal]);

  /** In all tabs of this browser. */
  function forgetPerson() {
    leaving = true;
    api.forgetToken();
    forgetTyped(user.id);
    live.signOut();
  }

  async function signOut() {
    notices.report(null);
    // The API hears of it before this page does, and ends its stream.
    renewal.pause();
    try {
      const { error } = await authClient.signOut();
      if (error) throw error;
    } catch {
      void renewal.resume();
      notices.report(new ApiProblem(0, "sign_out_failed", "Signing out did not work. Please try again."));
      return;
    }
    forgetPerson();
    window.location.replace("/sign-in");
  }

  return (
    <QueryClientProvider client={queries}>
      <div className="board">
        <header className="topbar">
          <Brand />
          <div className="who">
            <span className="name" title={user.name}>
              {user.name}
            </span>
            <AccountMenu api={api} renewal={renewal} announce={notices.announce} report={notices.report} onDeleted={forgetPerson} />
            <button type="button" onClick={() => void signOut()}>
              Sign out
            </button>
          </div>
        </header>
        {children({ api, live, notices, refresh, renewal, userId: user.id })}
        <Toasts notices={notices} />
        <RenewSession renewal={renewal} email={user.email} onLeave={() => toSignIn("session")} />
      </div>
    </QueryClientProvider>
  );
}
