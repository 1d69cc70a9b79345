"use client";

/** The list and the states in between: loading, empty, nothing found, failed, and more to come. */
import { useEffect, useRef, type RefObject } from "react";
import { asProblem } from "../lib/form-problem";
import { isFiltered, plainView, type TaskView } from "../lib/task-view";
import { ProblemNote } from "./problem-note";
import { TaskItem, type ItemActions } from "./task-item";
import type { Edit } from "./use-editing";
import type { SetView } from "./use-task-view";
import type { Selection } from "./use-selection";
import type { useTasks } from "./use-tasks";

interface Props {
  state: ReturnType<typeof useTasks>;
  view: TaskView;
  setView: SetView;
  actions: ItemActions;
  editing: ReadonlyMap<number, Edit>;
  selection: Selection;
  heading: RefObject<HTMLHeadingElement | null>;
}

export function TaskList({ state: { list, tasks, busy, waiting }, view, setView, actions, editing, selection, heading }: Props) {
  const rows = useRef<HTMLUListElement>(null);

  /** The page that failed; or all of them, for want of a list or because the API no longer takes our place in it. */
  function tryAgain() {
    const refused = list.error && asProblem(list.error).status === 422;
    void (list.isFetchNextPageError && !refused ? list.fetchNextPage() : list.refetch());
  }

  return (
    <>
      {tasks && tasks.length > 0 && (
        <ul ref={rows} className={list.isPlaceholderData ? "tasks outdated" : "tasks"} aria-label="Tasks" aria-busy={list.isPlaceholderData}>
          {tasks.map((task) => (
            <TaskItem key={task.id} task={task} edit={editing.get(task.id)} busy={busy.has(task.id)} waiting={waiting.has(task.id)} choosing={selection.active} chosen={selection.has(task)} actions={actions} />
          ))}
        </ul>
      )}
      {tasks?.length === 0 && !list.hasNextPage && !list.error && !list.isPlaceholderData && (
        <div className="empty">
          {view.status === "pending" && !isFiltered({ ...view, status: "all" }) ? (
            <p className="empty-title">All done</p>
          ) : isFiltered(view) ? (
            <>
              <p className="empty-title">No task matches</p>
              <button type="button" onClick={() => setView({ ...plainView, sort: view.sort })}>
                Show all tasks
              </button>
            </>
          ) : (
            <>
              <p className="empty-title">Nothing to do yet</p>
              <p>Add your first task above and it will show up here.</p>
            </>
          )}
        </div>
      )}
      {list.isPending && (
        <p className="loading" role="status">
          <span className="spinner" aria-hidden="true" />
          Loading your tasks…
        </p>
      )}
      {list.error && (
        <div className="failed">
          <div role="alert">
            <ProblemNote problem={asProblem(list.error)} />
          </div>
          <LoadButton label="Try again" loading={list.isFetching} onPress={tryAgain} onVanish={() => heading.current?.focus()} />
        </div>
      )}
      {list.hasNextPage && !list.error && !list.isPlaceholderData && (
        <LoadButton
          label="Show more"
          loading={list.isFetchingNextPage}
          onPress={() => void list.fetchNextPage()}
          onVanish={(before) => rows.current?.children[before]?.querySelector("input")?.focus()}
          shown={tasks?.length}
        />
      )}
    </>
  );
}

interface LoadButtonProps {
  label: string;
  loading: boolean;
  onPress: () => void;
  /** Called when the button has gone with the focus on it. Receives how many tasks were shown when it was pressed. */
  onVanish: (before: number) => void;
  shown?: number | undefined;
}

/** Stays in place while it works, so that the focus stays with it. */
function LoadButton({ label, loading, onPress, onVanish, shown = 0 }: LoadButtonProps) {
  const before = useRef<number | null>(null);
  const vanish = useRef(onVanish);
  useEffect(() => {
    vanish.current = onVanish;
  });
  useEffect(
    () => () => {
      if (before.current !== null && document.activeElement === document.body) vanish.current(before.current);
    },
    [],
  );

  function press() {
    if (loading) return;
    before.current = shown;
    onPress();
  }

  return (
    <button type="button" aria-disabled={loading} onClick={press}>
      {loading ? "Loading…" : label}
    </button>
  );
}
