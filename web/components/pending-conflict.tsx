"use client";

/** The question when the task was changed elsewhere before what was done here arrived. */
import type { Task } from "taskbridge-auth/client";
import type { Operation } from "../lib/task-operations";
import { draftOf, type TaskDraft } from "../lib/task-draft";
import { ConflictDialog } from "./conflict-dialog";
import type { useTasks } from "./use-tasks";

interface Props {
  operation: Operation;
  theirs: Task;
  state: Pick<ReturnType<typeof useTasks>, "show" | "remove" | "change">;
  /** Opens a form on this state of the task, with this in it. */
  edit: (task: Task, draft: TaskDraft) => void;
  onClose: () => void;
}

export function PendingConflict({ operation, theirs, state, edit, onClose }: Props) {
  function keepTheirs() {
    state.show(theirs);
    onClose();
  }

  if (operation.op === "update") {
    const { seen, task: changes } = operation;
    return (
      <ConflictDialog
        title="This task was changed elsewhere"
        explanation="Your change had to wait, and meanwhile another version was saved. Keeping yours changes only what you edited."
        yours={{
          heading: "Yours",
          task: { ...theirs, ...(changes as Partial<Task>) },
          action: "Keep mine",
          onChoose: () => {
            state.show(theirs);
            onClose();
            state.change(theirs, changes);
          },
        }}
        theirs={{ heading: "Theirs", task: theirs, action: "Take theirs", onChoose: keepTheirs }}
        dismiss={{
          label: "Go on editing",
          // On what the person saw, so that saving asks again.
          onDismiss: () => {
            onClose();
            edit(seen, draftOf({ ...seen, ...(changes as Partial<Task>) }));
          },
        }}
      />
    );
  }
  if (operation.op !== "delete") return null;
  return (
    <ConflictDialog
      title="This task was changed elsewhere"
      explanation="It is not the task you saw when you chose to delete it."
      yours={{
        heading: "What you saw",
        task: operation.seen,
        action: "Delete it anyway",
        onChoose: () => {
          onClose();
          state.show(theirs);
          state.remove(theirs);
        },
      }}
      theirs={{ heading: "What it is now", task: theirs, action: "Keep it", onChoose: keepTheirs }}
      dismiss={{ label: "Cancel", onDismiss: keepTheirs }}
    />
  );
}
