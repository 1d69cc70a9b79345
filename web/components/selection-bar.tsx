"use client";

/** What can be done with the chosen tasks. It stays in sight while the list is scrolled. */
import type { Task } from "taskbridge-auth/client";
import type { Selection } from "./use-selection";

interface Props {
  selection: Selection;
  onComplete: (tasks: Task[]) => void;
  onDelete: (tasks: Task[]) => void;
}

export function SelectionBar({ selection, onComplete, onDelete }: Props) {
  const { active, chosen, begin, end, chooseAll } = selection;
  const none = chosen.length === 0;
  const act = (action: (tasks: Task[]) => void) => {
    if (none) return;
    action(chosen);
    end();
  };

  // The same button begins and ends it, so that the focus stays where it is.
  return (
    <div className={active ? "selection active" : "selection"} role="group" aria-label="Select tasks">
      <button type="button" className="quiet" aria-pressed={active} onClick={active ? end : begin}>
        {active ? "Stop selecting" : "Select…"}
      </button>
      {active && (
        <>
          <span className="selected">{chosen.length} selected</span>
          <button type="button" className="quiet" onClick={chooseAll}>
            Select all shown
          </button>
          <button type="button" aria-disabled={none} onClick={() => act(onComplete)}>
            Complete
          </button>
          <button type="button" className="danger-action" aria-disabled={none} onClick={() => act(onDelete)}>
            Delete
          </button>
        </>
      )}
    </div>
  );
}
