"use client";

/** The whole task page: header, form, list, and the states in between. Talks to the API through one client. */
import { useCallback, useEffect, useRef, useState } from "react";
import { createApiClient, type ApiClient, type Task } from "../lib/api-client";
import { ApiProblem, asProblem } from "../lib/api-problem";
import { authClient } from "../lib/auth-client";
import { Brand } from "./brand";
import { ProblemNote, TaskForm, type TaskInput } from "./task-form";
import { TaskItem } from "./task-item";

interface Props {
  apiUrl: string;
  user: { id: string; name: string };
}

export function TaskBoard({ apiUrl, user }: Props) {
  const api = useApi(apiUrl, user.id);
  const [tasks, setTasks] = useState<Task[] | null>(null);
  const [nextCursor, setNextCursor] = useState<string | null>(null);
  const [loading, setLoading] = useState(true);
  const [loadProblem, setLoadProblem] = useState<ApiProblem | null>(null);
  const [actionProblem, setActionProblem] = useState<ApiProblem | null>(null);
  const [announcement, setAnnouncement] = useState("");
  const [busy, setBusy] = useState<ReadonlySet<number>>(new Set());
  const page = useRef<HTMLDivElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  const load = useCallback(
    async (cursor: string | null) => {
      setLoading(true);
      try {
        const next = await api.listTasks({}, cursor);
        setTasks((known) => {
          // What is known stays on top (it is newer, or an earlier page), and nothing is listed twice.
          const before = (known ?? []).filter(({ id }) => !next.tasks.some((task) => task.id === id));
          return [...before, ...next.tasks];
        });
        setNextCursor(next.nextCursor);
        setLoadProblem(null);
        // The button just pressed, "Try again" or "Show more", may be about to vanish with the focus on it.
        if (pressed(document.activeElement)) heading.current?.focus();
      } catch (error) {
        setLoadProblem(asProblem(error));
      } finally {
        setLoading(false);
      }
    },
    [api],
  );

  useEffect(() => {
    void load(null);
  }, [load]);

  const replace = (task: Task) => setTasks((all) => all?.map((one) => (one.id === task.id ? task : one)) ?? null);

  /** Runs one change to one task; a second click while it is under way is ignored. */
  async function change(task: Task, work: () => Promise<void>, undo?: () => void) {
    if (busy.has(task.id)) return;
    setBusy((ids) => new Set(ids).add(task.id));
    setActionProblem(null);
    try {
      await work();
    } catch (error) {
      if (isGone(error)) return forget(task);
      undo?.();
      setActionProblem(asProblem(error));
    } finally {
      setBusy((ids) => new Set([...ids].filter((id) => id !== task.id)));
    }
  }

  async function add(input: TaskInput) {
    const { task } = await api.createTask(input, crypto.randomUUID());
    setTasks((all) => [task, ...(all ?? [])]);
    setAnnouncement(`Added “${task.title}”.`);
  }

  async function save(task: Task, input: TaskInput) {
    try {
      const { task: saved } = await api.updateTask(task.id, input, null);
      replace(saved);
      setAnnouncement(`Saved “${saved.title}”.`);
    } catch (error) {
      if (!isGone(error)) throw error;
      forget(task);
    }
  }

  const toggle = (task: Task) =>
    change(
      task,
      async () => {
        // Shown at once and taken back on failure, so that ticking a box feels immediate.
        replace({ ...task, completed: !task.completed });
        const { task: saved } = await api.setCompleted(task.id, !task.completed);
        replace(saved);
        setAnnouncement(saved.completed ? `Completed “${saved.title}”.` : `Reopened “${saved.title}”.`);
      },
      () => replace(task),
    );

  const remove = (task: Task) =>
    change(task, async () => {
      try {
        await api.deleteTask(task.id, null);
      } catch (error) {
        // Deleted elsewhere in the meantime: the wish is fulfilled.
        if (!isGone(error)) throw error;
      }
      drop(task);
      setAnnouncement(`Deleted “${task.title}”.`);
    });

  function drop(task: Task) {
    moveFocusFrom(task);
    setTasks((all) => all?.filter(({ id }) => id !== task.id) ?? null);
  }

  /** For a task deleted in another window, which the API then answers with 404. */
  function forget(task: Task) {
    drop(task);
    setActionProblem(new ApiProblem(404, "task_gone", "This task no longer exists."));
  }

  /** To the neighbour's delete button or, when the list is now empty, to the form. */
  function moveFocusFrom(task: Task) {
    const item = page.current?.querySelector(`[data-task-id="${task.id}"]`);
    if (!item?.contains(document.activeElement)) return;
    const neighbour = item.nextElementSibling ?? item.previousElementSibling;
    const target = neighbour?.querySelector<HTMLElement>("[data-action=delete]") ?? page.current?.querySelector<HTMLElement>("form input");
    target?.focus();
  }

  async function signOut() {
    setActionProblem(null);
    try {
      const { error } = await authClient.signOut();
      if (error) throw error;
    } catch {
      setActionProblem(new ApiProblem(0, "sign_out_failed", "Signing out did not work. Please try again."));
      return;
    }
    api.forgetToken();
    window.location.replace("/sign-in");
  }

  const done = tasks?.filter(({ completed }) => completed).length ?? 0;

  return (
    <div className="board" ref={page}>
      <header className="topbar">
        <Brand />
        <div className="who">
          <span className="name" title={user.name}>
            {user.name}
          </span>
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
          {tasks && tasks.length > 0 && (
            <p className="count">
              {done} of {tasks.length}
              {nextCursor ? " shown" : ""} done
            </p>
          )}
        </div>
        <section className="card" aria-label="New task">
          <TaskForm label="New task" submitLabel="Add task" pendingLabel="Adding…" onSave={add} />
        </section>
        <div role="alert">{actionProblem && <ProblemNote problem={actionProblem} />}</div>
        <p className="visually-hidden" role="status" aria-live="polite">
          {announcement}
        </p>
        {tasks && tasks.length > 0 && (
          <ul className="tasks" aria-label="Tasks">
            {tasks.map((task) => (
              <TaskItem
                key={task.id}
                task={task}
                busy={busy.has(task.id)}
                onToggle={() => void toggle(task)}
                onSave={(input) => save(task, input)}
                onDelete={() => void remove(task)}
              />
            ))}
          </ul>
        )}
        {tasks?.length === 0 && !loading && !loadProblem && (
          <div className="empty">
            <p className="empty-title">Nothing to do yet</p>
            <p>Add your first task above and it will show up here.</p>
          </div>
        )}
        {loading && !loadProblem && !nextCursor && (
          <p className="loading" role="status">
            <span className="spinner" aria-hidden="true" />
            Loading your tasks…
          </p>
        )}
        {loadProblem && (
          <div className="failed">
            <div role="alert">
              <ProblemNote problem={loadProblem} />
            </div>
            <LoadButton label="Try again" loading={loading} onPress={() => void load(tasks ? nextCursor : null)} />
          </div>
        )}
        {nextCursor && !loadProblem && <LoadButton label="Show more" loading={loading} onPress={() => void load(nextCursor)} />}
      </main>
    </div>
  );
}

/** Stays in place while it works, so that the focus stays with it. */
function LoadButton({ label, loading, onPress }: { label: string; loading: boolean; onPress: () => void }) {
  return (
    <button type="button" data-action="load" aria-disabled={loading} onClick={() => !loading && onPress()}>
      {loading ? "Loading…" : label}
    </button>
  );
}

const pressed = (element: Element | null) => element instanceof HTMLElement && element.dataset.action === "load";

/** One client for the lifetime of the page, because the client is what holds the token. */
function useApi(apiUrl: string, userId: string): ApiClient {
  const [api] = useState(() =>
    createApiClient({
      apiUrl,
      userId,
      leave: (to) => window.location.replace(to === "sign-in" ? "/sign-in?reason=session" : "/"),
    }),
  );
  return api;
}

function isGone(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 404;
}
