"use client";

/** Two states of one task side by side, and the choice between them. */
import { useState } from "react";
import type { ApiProblem, Task } from "taskbridge-auth/client";
import { asProblem } from "../lib/form-problem";
import { dueLabel } from "../lib/due-date";
import { priorityLabels } from "../lib/task-view";
import { Modal } from "./modal";
import { ProblemNote } from "./problem-note";

interface Side {
  heading: string;
  task: Task;
  action: string;
  onChoose: () => void | Promise<void>;
}

interface Props {
  title: string;
  explanation: string;
  yours: Side;
  theirs: Side;
  dismiss: { label: string; onDismiss: () => void };
}

/** Everything a person can set, in words. */
function members(task: Task): [name: string, value: string][] {
  return [
    ["Title", task.title],
    ["Description", task.description || "None"],
    ["State", task.completed ? "Completed" : "Pending"],
    ["Priority", priorityLabels[task.priority]],
    ["Due", task.due_date === null ? "No date" : dueLabel(task.due_date)],
    ["Tags", task.tags.join(", ") || "None"],
  ];
}

export function ConflictDialog({ title, explanation, yours, theirs, dismiss }: Props) {
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);

  async function choose({ onChoose }: Side) {
    if (pending) return;
    setPending(true);
    setProblem(null);
    try {
      await onChoose();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setPending(false);
    }
  }

  return (
    <Modal title={title} onDismiss={dismiss.onDismiss} wide>
      <p>{explanation}</p>
      <div className="versions">
        <Version side={yours} other={theirs.task} pending={pending} onChoose={() => void choose(yours)} />
        <Version side={theirs} other={yours.task} pending={pending} onChoose={() => void choose(theirs)} />
      </div>
      <div role="alert">{problem && <ProblemNote problem={problem} />}</div>
      <div className="actions">
        <button type="button" data-first onClick={dismiss.onDismiss}>
          {dismiss.label}
        </button>
      </div>
    </Modal>
  );
}

function Version({ side, other, pending, onChoose }: { side: Side; other: Task; pending: boolean; onChoose: () => void }) {
  const others = new Map(members(other));
  return (
    <section className="version" aria-label={side.heading}>
      <h3>{side.heading}</h3>
      <dl>
        {members(side.task).map(([name, value]) => (
          <div key={name} className={others.get(name) === value ? undefined : "differs"}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <button type="button" aria-disabled={pending} onClick={onChoose}>
        {side.action}
      </button>
    </section>
  );
}
