"use client";

/** What was deleted: to bring it back, or to forget it for good. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { type DeletedTask, randomKey } from "taskbridge-auth/client";
import { asProblem } from "../lib/form-problem";
import { AppShell, type App, type Props } from "./app-shell";
import { ConfirmDialog } from "./confirm-dialog";
import { ConnectionSign } from "./connection-sign";
import { Loading, LoadFailed } from "./load-state";
import { useKnown, useLive } from "./use-live";

export function TrashBoard(props: Props) {
  return <AppShell {...props}>{(app) => <Trash app={app} />}</AppShell>;
}

const moment = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

function Trash({ app }: { app: App }) {
  const { api, live, notices, refresh } = app;
  const [asking, setAsking] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const pending = useKnown(app);
  const list = useInfiniteQuery({
    queryKey: ["trash"],
    queryFn: ({ pageParam, signal }) => api.listTrash(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
  useLive(app, list, (_pending, error) => notices.report(asProblem(error)));

  const leaving = new Set(pending.flatMap(({ operations }) => operations.flatMap((one) => (one.op === "restore" ? one.id : []))));
  const tasks = list.data?.pages.flatMap((page) => page.tasks).filter(({ id }) => !leaving.has(id));

  async function attempt(work: () => Promise<string>): Promise<void> {
    notices.report(null);
    // The row or the button with the focus is about to go.
    heading.current?.focus();
    try {
      notices.announce(await work());
    } catch (error) {
      notices.report(asProblem(error));
    }
    refresh();
  }

  const restore = ({ id, title }: DeletedTask) =>
    attempt(async () => {
      const done = await live.queue.add([{ op: "restore", id }], randomKey());
      return done ? `Restored “${title}”.` : `“${title}” comes back when the connection does.`;
    });

  const empty = () =>
    attempt(async () => {
      const count = await api.emptyTrash();
      return count === 1 ? "Deleted 1 task for good." : `Deleted ${count} tasks for good.`;
    });

  return (
    <main>
      <div className="heading">
        <h1 ref={heading} tabIndex={-1}>
          Trash
        </h1>
        <ConnectionSign live={live} />
      </div>
      {/* A link and not Next.js's: the history of the task page is its own. */}
      <p className="lead">
        Deleted tasks stay here for a while, and go by themselves then. <a href="/">Back to your tasks</a>
      </p>
      {tasks && tasks.length > 0 && (
        <ul className="tasks" aria-label="Deleted tasks">
          {tasks.map((task) => (
            <li key={task.id} className="task">
              <span className="title">{task.title}</span>
              <p className="description">
                Deleted <time dateTime={task.deleted_at}>{moment.format(new Date(task.deleted_at))}</time>
              </p>
              <div className="meta">
                <button type="button" className="quiet" aria-label={`Restore ${task.title}`} onClick={() => void restore(task)}>
                  Restore
                </button>
              </div>
            </li>
          ))}
        </ul>
      )}
      {tasks?.length === 0 && !list.hasNextPage && (
        <div className="empty">
          <p className="empty-title">The trash is empty</p>
        </div>
      )}
      {list.isPending && <Loading />}
      {list.error && <LoadFailed error={list.error} onRetry={() => void list.refetch()} />}
      {list.hasNextPage && !list.error && (
        <button type="button" aria-disabled={list.isFetchingNextPage} onClick={() => !list.isFetchingNextPage && void list.fetchNextPage()}>
          {list.isFetchingNextPage ? "Loading…" : "Show more"}
        </button>
      )}
      {tasks && tasks.length > 0 && (
        <button type="button" className="clear" onClick={() => setAsking(true)}>
          Empty the trash
        </button>
      )}
      {asking && (
        <ConfirmDialog title="Empty the trash?" action="Delete for good" onConfirm={() => void empty()} onDismiss={() => setAsking(false)}>
          <p>What is in the trash will be deleted for good. This cannot be undone.</p>
        </ConfirmDialog>
      )}
    </main>
  );
}
