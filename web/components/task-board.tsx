"use client";

/** The whole task page. Holds the one client of the visit, and says what has come of each action. */
import { notifyManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { createApiClient, type ApiClient, type Task, type VersionedTask } from "../lib/api-client";
import { ApiProblem } from "../lib/api-problem";
import { authClient } from "../lib/auth-client";
import { isFiltered, type TaskView } from "../lib/task-view";
import { AccountMenu } from "./account-menu";
import { Brand } from "./brand";
import { ClearCompleted } from "./clear-completed";
import { ConflictDialog } from "./conflict-dialog";
import { NewTask } from "./new-task";
import { ProblemNote } from "./problem-note";
import { TaskList } from "./task-list";
import type { ItemActions } from "./task-item";
import { Toolbar } from "./toolbar";
import { useTasks } from "./use-tasks";
import { useTaskView } from "./use-task-view";

// Before the browser paints again: a box that has been ticked must not look unticked for a moment.
notifyManager.setScheduler(queueMicrotask);

interface Props {
  apiUrl: string;
  user: { id: string; name: string };
}

export function TaskBoard({ apiUrl, user }: Props) {
  const [api] = useState(() =>
    createApiClient({
      apiUrl,
      userId: user.id,
      leave: (to) => window.location.replace(to === "sign-in" ? "/sign-in?reason=session" : "/"),
    }),
  );
  const [queries] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          // The client knows when to ask again. A page that is offline says so instead of waiting silently,
          // and a list that refreshes itself could pull an open editor away.
          queries: { retry: false, networkMode: "always", refetchOnWindowFocus: false, refetchOnReconnect: false },
          mutations: { networkMode: "always" },
        },
      }),
  );
  return (
    <QueryClientProvider client={queries}>
      <Board api={api} userName={user.name} />
    </QueryClientProvider>
  );
}

function Board({ api, userName }: { api: ApiClient; userName: string }) {
  const [view, setView] = useTaskView();
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [announcement, setAnnouncement] = useState("");
  const [conflict, setConflict] = useState<{ shown: Task; theirs: VersionedTask } | null>(null);
  const page = useRef<HTMLDivElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  function announce(text: string) {
    setProblem(null);
    setAnnouncement(text);
  }

  const state = useTasks(api, view, {
    announce,
    report: setProblem,
    deletionConflict: (shown, theirs) => setConflict({ shown, theirs }),
  });
  const { list, tasks, total } = state;
  const knownTags = [...new Set(tasks?.flatMap((task) => task.tags))].sort((a, b) => a.localeCompare(b));
  const summary = tasks && summaryOf(tasks, total, list.hasNextPage, view);

  const settledView = list.isSuccess && !list.isPlaceholderData ? view : null;
  const announced = useRef<TaskView | null>(null);
  useEffect(() => {
    if (!settledView || settledView === announced.current) return;
    // Not for the first list: the page itself says that.
    if (announced.current && summary) setAnnouncement(summary);
    announced.current = settledView;
  }, [settledView, summary]);

  async function signOut() {
    setProblem(null);
    try {
      const { error } = await authClient.signOut();
      if (error) throw error;
    } catch {
      setProblem(new ApiProblem(0, "sign_out_failed", "Signing out did not work. Please try again."));
      return;
    }
    api.forgetToken();
    window.location.replace("/sign-in");
  }

  const actions: ItemActions = {
    save: state.save,
    show: state.show,
    open: (task) => {
      setProblem(null);
      return state.open(task);
    },
    toggle: (task) => {
      setProblem(null);
      state.toggle(task);
    },
    remove: (task) => {
      setProblem(null);
      state.remove(task);
    },
    leaving: (row) => moveFocusFrom(row, page.current),
    showTag: (tag) => !view.tags.includes(tag) && setView({ tags: [...view.tags, tag] }),
  };

  return (
    <div className="board" ref={page}>
      <header className="topbar">
        <Brand />
        <div className="who">
          <span className="name" title={userName}>
            {userName}
          </span>
          <AccountMenu api={api} announce={announce} report={setProblem} />
          <button type="button" onClick={signOut}>
            Sign out
          </button>
        </div>
      </header>
      <main>
        <div className="heading">
          <h1 ref={heading} tabIndex={-1}>
            Your tasks
          </h1>
          {summary && <p className="count">{summary}</p>}
        </div>
        <NewTask onAdd={state.add} />
        <Toolbar view={view} onChange={setView} knownTags={knownTags} />
        <div role="alert">{problem && <ProblemNote problem={problem} />}</div>
        <p className="visually-hidden" role="status" aria-live="polite">
          {announcement}
        </p>
        <TaskList state={state} view={view} setView={setView} actions={actions} heading={heading} />
        {tasks?.some(({ completed }) => completed) && <ClearCompleted api={api} onClear={state.clearCompleted} />}
      </main>
      {conflict && (
        <ConflictDialog
          title="This task was changed elsewhere"
          explanation="It is not the task you saw when you chose to delete it."
          yours={{
            heading: "What you saw",
            task: conflict.shown,
            action: "Delete it anyway",
            onChoose: () => {
              setConflict(null);
              state.show(conflict.theirs);
              state.remove(conflict.theirs.task);
            },
          }}
          theirs={{ heading: "What it is now", task: conflict.theirs.task, action: "Keep it", onChoose: keepTheirs }}
          dismiss={{ label: "Cancel", onDismiss: keepTheirs }}
        />
      )}
    </div>
  );

  function keepTheirs() {
    if (conflict) state.show(conflict.theirs);
    setConflict(null);
  }
}

function summaryOf(tasks: Task[], total: number | null, more: boolean, view: TaskView): string {
  const all = total ?? tasks.length;
  if (more) return `${tasks.length} of ${Math.max(all, tasks.length)} shown`;
  if (isFiltered(view)) return tasks.length === 1 ? "1 task found" : `${tasks.length} tasks found`;
  return tasks.length === 0 ? "" : `${tasks.filter(({ completed }) => completed).length} of ${tasks.length} done`;
}

/** To the same control of the neighbouring task or, when the list is now empty, to the form. */
function moveFocusFrom(row: HTMLElement, page: HTMLElement | null): void {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || !row.contains(focused)) return;
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  const control = neighbour?.querySelector<HTMLElement>(`[data-action=${focused.dataset.action ?? "toggle"}]`);
  const target = control ?? page?.querySelector<HTMLElement>(".task-form input");
  target?.focus();
}
