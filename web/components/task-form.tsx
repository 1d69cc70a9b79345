"use client";

/** The members of a task, for a new one as for an old one. Keeps what was typed until the API has taken it. */
import { useEffect, useId, useRef, useState, type FormEvent, type KeyboardEvent } from "react";
import type { Priority } from "../lib/api-client";
import { asProblem, type ApiProblem } from "../lib/api-problem";
import type { TaskDraft } from "../lib/task-draft";
import { priorityLabels } from "../lib/task-view";
import { Field } from "./field";
import { ProblemNote } from "./problem-note";
import { TagInput, withTag } from "./tag-input";
import { useHydrated } from "./use-hydrated";

interface Props {
  label: string;
  initial: TaskDraft;
  submitLabel: string;
  pendingLabel: string;
  /** Rejects with an ApiProblem, which is then shown here. */
  onSave: (draft: TaskDraft) => Promise<void>;
  /** Present while editing; Escape does the same. */
  onCancel?: () => void;
}

/** Which API field is shown at which control; anything else stands above the buttons. */
const fields = ["title", "description", "priority", "tags", "due_date"] as const;

export function TaskForm({ label, initial, submitLabel, pendingLabel, onSave, onCancel }: Props) {
  const id = useId();
  const hydrated = useHydrated();
  const form = useRef<HTMLFormElement>(null);
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [tags, setTags] = useState({ chosen: initial.tags, text: "" });
  const editing = onCancel !== undefined;
  const [detailed, setDetailed] = useState(editing);

  // Length limits are the API's to enforce and explain; a maxLength here would cut pasted text silently.
  const errorAt = (field: (typeof fields)[number]) => problem?.errors.find((error) => error.field === field)?.detail;
  const atSomeField = fields.some(errorAt);

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
    const text = (name: string) => String(data.get(name) ?? "");
    const chosen = withTag(tags.chosen, tags.text);
    setTags({ chosen, text: "" });
    setPending(true);
    setProblem(null);
    try {
      const draft = { title: text("title"), description: text("description"), priority: text("priority") as Priority };
      await onSave({ ...draft, tags: chosen, due: text("due") });
      if (!editing) {
        element.reset();
        setTags({ chosen: initial.tags, text: "" });
        element.querySelector("input")?.focus();
      }
    } catch (error) {
      // A field at fault must be in sight.
      setDetailed(true);
      setProblem(asProblem(error));
    } finally {
      setPending(false);
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Escape") onCancel?.();
  }

  return (
    <form ref={form} method="post" className="task-form" aria-label={label} noValidate onSubmit={onSubmit} onKeyDown={onKeyDown}>
      <Field
        id={`${id}-title`}
        name="title"
        label="Title"
        autoComplete="off"
        defaultValue={initial.title}
        error={errorAt("title")}
        placeholder={editing ? undefined : "What needs doing?"}
        required
      />
      {/* Hidden rather than left out, so that what was typed is still there when it is opened again. */}
      <div className="details" id={`${id}-details`} hidden={!detailed}>
        <Field
          id={`${id}-description`}
          name="description"
          label="Description (optional)"
          multiline
          rows={2}
          defaultValue={initial.description}
          error={errorAt("description")}
        />
        <div className="pair">
          <Choice id={`${id}-priority`} initial={initial.priority} error={errorAt("priority")} />
          <Field id={`${id}-due`} name="due" label="Due date (optional)" type="date" defaultValue={initial.due} error={errorAt("due_date")} />
        </div>
        <TagInput
          id={`${id}-tags`}
          label="Tags (optional)"
          tags={tags.chosen}
          text={tags.text}
          onChange={(chosen, text) => setTags({ chosen, text })}
          hint="Enter or a comma adds a tag."
          error={errorAt("tags")}
        />
      </div>
      <div role="alert">{problem && !atSomeField && <ProblemNote problem={problem} />}</div>
      <div className="actions">
        <button className="primary" type="submit" disabled={!hydrated} aria-disabled={pending}>
          {pending ? pendingLabel : submitLabel}
        </button>
        {onCancel ? (
          <button type="button" onClick={onCancel}>
            Cancel
          </button>
        ) : (
          <button type="button" aria-expanded={detailed} aria-controls={`${id}-details`} onClick={() => setDetailed(!detailed)}>
            {detailed ? "Fewer details" : "More details"}
          </button>
        )}
      </div>
    </form>
  );
}

function Choice({ id, initial, error }: { id: string; initial: Priority; error: string | undefined }) {
  return (
    <div className="field">
      <label htmlFor={id}>Priority</label>
      <select id={id} name="priority" defaultValue={initial} aria-invalid={error ? true : undefined} aria-describedby={error && `${id}-error`}>
        {Object.entries(priorityLabels).map(([priority, name]) => (
          <option key={priority} value={priority}>
            {name}
          </option>
        ))}
      </select>
      {error && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}
