"use client";

/** The form for a task that exists, and the dialogue for when somebody else has changed it meanwhile. */
import { useCallback, useState } from "react";
import type { Task } from "taskbridge-auth/client";
import { changesFrom, draftOf, type TaskDraft } from "../lib/task-draft";
import { TaskConflict } from "../lib/task-operations";
import { ConflictDialog } from "./conflict-dialog";
import { TaskForm } from "./task-form";

export interface EditorActions {
  /** Saves what `draft` changes in `base`, on top of `on`. Rejects with an ApiProblem or a TaskConflict. */
  save: (base: Task, draft: TaskDraft, on?: Task) => Promise<void>;
  /** Shows this state of the task in the list. */
  show: (task: Task) => void;
  /** What is in the form when the page goes away. */
  typed: (task: Task, draft: TaskDraft) => void;
}

interface Props {
  base: Task;
  /** What the form begins with: the task, or what was typed before the page went away. */
  begin: TaskDraft;
  actions: EditorActions;
  onClose: () => void;
}

export function TaskEditor({ base, begin, actions, onClose }: Props) {
  const { typed } = actions;
  const leave = useCallback((draft: TaskDraft) => typed(base, draft), [typed, base]);
  const [conflict, setConflict] = useState<{ draft: TaskDraft; theirs: Task } | null>(null);

  async function save(draft: TaskDraft, on?: Task) {
    try {
      await actions.save(base, draft, on);
      onClose();
    } catch (error) {
      if (!(error instanceof TaskConflict)) throw error;
      setConflict({ draft, theirs: error.theirs });
    }
  }

  return (
    <>
      <TaskForm
        label={`Edit ${base.title}`}
        initial={draftOf(base)}
        begin={begin}
        submitLabel="Save"
        pendingLabel="Saving…"
        onSave={(draft) => save(draft)}
        onCancel={onClose}
        onLeave={leave}
      />
      {conflict && (
        <ConflictDialog
          // Anew when the task has changed once more while this was open.
          key={conflict.theirs.version}
          title="This task was changed elsewhere"
          explanation="Since you opened it, somebody has saved another version. Keeping yours changes only what you edited."
          yours={{
            heading: "Yours",
            task: { ...conflict.theirs, ...changesFrom(base, conflict.draft) },
            action: "Keep mine",
            onChoose: () => save(conflict.draft, conflict.theirs),
          }}
          theirs={{
            heading: "Theirs",
            task: conflict.theirs,
            action: "Take theirs",
            onChoose: () => {
              actions.show(conflict.theirs);
              onClose();
            },
          }}
          dismiss={{ label: "Go on editing", onDismiss: () => setConflict(null) }}
        />
      )}
    </>
  );
}
