"use client";

/** The form for a task that exists, and the dialogue for when somebody else has changed it meanwhile. */
import { useState } from "react";
import type { VersionedTask } from "../lib/api-client";
import { changesFrom, draftOf, type TaskDraft } from "../lib/task-draft";
import { TaskConflict } from "../lib/task-versions";
import { ConflictDialog } from "./conflict-dialog";
import { TaskForm } from "./task-form";

export interface EditorActions {
  /** Saves what `draft` changes in `base`, on top of `on`. Rejects with an ApiProblem or a TaskConflict. */
  save: (base: VersionedTask, draft: TaskDraft, on?: VersionedTask) => Promise<void>;
  /** Shows this state of the task in the list. */
  show: (version: VersionedTask) => void;
}

interface Props {
  base: VersionedTask;
  actions: EditorActions;
  onClose: () => void;
}

export function TaskEditor({ base, actions, onClose }: Props) {
  const [conflict, setConflict] = useState<{ draft: TaskDraft; theirs: VersionedTask } | null>(null);

  async function save(draft: TaskDraft, on?: VersionedTask) {
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
        label={`Edit ${base.task.title}`}
        initial={draftOf(base.task)}
        submitLabel="Save"
        pendingLabel="Saving…"
        onSave={(draft) => save(draft)}
        onCancel={onClose}
      />
      {conflict && (
        <ConflictDialog
          // Anew when the task has changed once more while this was open.
          key={conflict.theirs.etag}
          title="This task was changed elsewhere"
          explanation="Since you opened it, somebody has saved another version. Keeping yours changes only what you edited."
          yours={{
            heading: "Yours",
            task: { ...conflict.theirs.task, ...changesFrom(base.task, conflict.draft) },
            action: "Keep mine",
            onChoose: () => save(conflict.draft, conflict.theirs),
          }}
          theirs={{
            heading: "Theirs",
            task: conflict.theirs.task,
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
