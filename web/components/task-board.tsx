"use client";

/** The page of the tasks: says what has come of each action, and asks where the server knows better. */
import { useEffect, useRef, useState } from "react";
import type { Task } from "taskbridge-auth/client";
import { keepEdit } from "../lib/kept-draft";
import type { Operation } from "../lib/task-operations";
import { isFiltered, type TaskView } from "../lib/task-view";
import { AppShell, type App, type Props } from "./app-shell";
import { ClearCompleted } from "./clear-completed";
import { ConnectionSign } from "./connection-sign";
import { NewTask } from "./new-task";
import { PendingConflict } from "./pending-conflict";
import type { ItemActions } from "./task-item";
import { SelectionBar } from "./selection-bar";
import { TaskList } from "./task-list";
import { Toolbar } from "./toolbar";
import { useEditing } from "./use-editing";
import { useLive } from "./use-live";
import { useSelection } from "./use-selection";
import { useTasks } from "./use-tasks";
import { useTaskView } from "./use-task-view";

export function TaskBoard(props: Props) {
  return <AppShell {...props}>{(app) => <Board app={app} />}</AppShell>;
}

function Board({ app }: { app: App }) {
  const { api, live, notices } = app;
  const [view, setView] = useTaskView();
  const [conflict, setConflict] = useState<{ operation: Operation; theirs: Task } | null>(null);
  const page = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const state = useTasks(app, view, (operation, theirs) => setConflict({ operation, theirs }));
  const { list, total } = state;
  const editing = useEditing(state.tasks, app.userId);
  const { tasks } = editing;
  const selection = useSelection(tasks);
  useLive(app, list, ({ operations }, error) => state.explain(operations, error));

  const knownTags = [...new Set(tasks?.flatMap((task) => task.tags))].sort((a, b) => a.localeCompare(b));
  const summary = tasks && summaryOf(tasks, total, list.hasNextPage, view);
  useSummary(notices.announce, summary, list.isSuccess && !list.isPlaceholderData ? view : null);

  const actions: ItemActions = {
    save: state.save,
    show: state.show,
    open: (task) => {
      notices.report(null);
      editing.begin(task);
    },
    close: editing.end,
    typed: (task, draft) => keepEdit(app.userId, task, draft),
    toggle: state.toggle,
    remove: state.remove,
    choose: selection.choose,
    leaving: (row) => moveFocusFrom(row, page.current),
    showTag: (tag) => !view.tags.includes(tag) && setView({ tags: [...view.tags, tag] }),
  };

  return (
    <main ref={page}>
      <div className="heading">
        <h1 ref={heading} tabIndex={-1}>
          Your tasks
        </h1>
        {summary && <p className="count">{summary}</p>}
        <ConnectionSign live={live} />
      </div>
      <NewTask userId={app.userId} onAdd={state.add} />
      <Toolbar view={view} onChange={setView} knownTags={knownTags} />
      {tasks && tasks.length > 0 && (
        <SelectionBar selection={selection} onComplete={(chosen) => void state.completeAll(chosen)} onDelete={(chosen) => void state.removeAll(chosen)} />
      )}
      <TaskList state={{ ...state, tasks }} view={view} setView={setView} actions={actions} editing={editing.open} selection={selection} heading={heading} />
      <div className="below">
        <a href="/trash">Trash</a>
        {tasks?.some(({ completed }) => completed) && <ClearCompleted api={api} onClear={() => void state.clearCompleted()} />}
      </div>
      {conflict && <PendingConflict {...conflict} state={state} edit={editing.begin} onClose={() => setConflict(null)} />}
    </main>
  );
}

/** Says what another view has found; for the first list the page itself says that, and what others change is not read out. */
function useSummary(announce: (text: string) => void, summary: string | undefined, settled: TaskView | null): void {
  const announced = useRef<TaskView | null>(null);
  useEffect(() => {
    if (!settled || settled === announced.current) return;
    if (announced.current && summary) announce(summary);
    announced.current = settled;
  }, [announce, settled, summary]);
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
