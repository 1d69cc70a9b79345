"use client";

/** Title and description, for a new task as for an old one. Keeps what was typed until the API has taken it. */
import { useEffect, useId, useRef, useState, type FormEvent, type KeyboardEvent } from "react";
import type { NewTask } from "../lib/api-client";
import { ApiProblem } from "../lib/api-problem";
import { Field } from "./field";
import { useHydrated } from "./use-hydrated";

export type TaskInput = Required<Pick<NewTask, "title" | "description">>;

interface Props {
  label: string;
  initial?: TaskInput;
  submitLabel: string;
  pendingLabel: string;
  /** Rejects with an ApiProblem, which is then shown here. */
  onSave: (input: TaskInput) => Promise<void>;
  /** Present while editing; Escape does the same. */
  onCancel?: () => void;
}

export function TaskForm({ label, initial, submitLabel, pendingLabel, onSave, onCancel }: Props) {
  const id = useId();
  const hydrated = useHydrated();
  const form = useRef<HTMLFormElement>(null);
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const editing = onCancel !== undefined;

  useEffect(() => {
    if (editing) form.current?.querySelector("input")?.focus();
  }, [editing]);

  useEffect(() => {
    if (problem) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [problem]);

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (pending) return;
    const element = event.currentTarget;
    const data = new FormData(element);
    const title = String(data.get("title") ?? "");
    const description = String(data.get("description") ?? "");
    setPending(true);
    setProblem(null);
    try {
      await onSave({ title, description: description.trim() === "" ? null : description });
      if (!editing) {
        element.reset();
        element.querySelector("input")?.focus();
      }
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
    } finally {
      setPending(false);
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Escape") onCancel?.();
  }

  // Length limits are the API's to enforce and explain; a maxLength here would cut pasted text silently.
  const errorAt = (field: keyof TaskInput) => problem?.errors.find((error) => error.field === field)?.detail;
  const atNoField = problem && !errorAt("title") && !errorAt("description");

  return (
    <form ref={form} method="post" className="task-form" aria-label={label} noValidate onSubmit={onSubmit} onKeyDown={onKeyDown}>
      <Field
        id={`${id}-title`}
        name="title"
        label="Title"
        autoComplete="off"
        defaultValue={initial?.title}
        error={errorAt("title")}
        placeholder={editing ? undefined : "What needs doing?"}
        required
      />
      <Field
        id={`${id}-description`}
        name="description"
        label="Description (optional)"
        multiline
        rows={2}
        defaultValue={initial?.description ?? undefined}
        error={errorAt("description")}
      />
      <div role="alert">{atNoField && <ProblemNote problem={problem} />}</div>
      <div className="actions">
        <button className="primary" type="submit" disabled={!hydrated} aria-disabled={pending}>
          {pending ? pendingLabel : submitLabel}
        </button>
        {onCancel && (
          <button type="button" onClick={onCancel}>
            Cancel
          </button>
        )}
      </div>
    </form>
  );
}

/** A problem in words, with the id that finds it in the API's log. */
export function ProblemNote({ problem }: { problem: ApiProblem }) {
  return (
    <p className="alert">
      {problem.detail}
      {problem.requestId && <span className="request-id">Request {problem.requestId}</span>}
    </p>
  );
}
