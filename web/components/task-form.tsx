"use client";

/** The members of a task, for a new one as for an old one. Keeps what was typed until the API has taken it. */
import { useCallback, useEffect, useId, useRef, useState, type FormEvent, type KeyboardEvent } from "react";
import type { Priority } from "taskbridge-auth/client";
import { asProblem } from "../lib/form-problem";
import { sameDraft, type TaskDraft } from "../lib/task-draft";
import { DiscardQuestion } from "./discard-question";
import { Field } from "./field";
import { PriorityChoice } from "./priority-choice";
import { ProblemNote } from "./problem-note";
import { TagInput, withTag } from "./tag-input";
import { useFormProblem } from "./use-form-problem";
import { useHydrated } from "./use-hydrated";

interface Props {
  label: string;
  /** What it is without a change; a new form goes back to it when it was sent. */
  initial: TaskDraft;
  /** What it begins with, if something was typed earlier. */
  begin?: TaskDraft;
  submitLabel: string;
  pendingLabel: string;
  /** Rejects with an ApiProblem, which is then shown here. */
  onSave: (draft: TaskDraft) => Promise<void>;
  /** Present while editing; Escape does the same. Asked first when something was changed. */
  onCancel?: () => void;
  /** Told what is typed when the page goes away. */
  onLeave?: (draft: TaskDraft) => void;
}

/** Which API field is shown at which control; anything else stands above the buttons. */
const fields = ["title", "description", "priority", "tags", "due_date"] as const;

export function TaskForm({ label, initial, begin = initial, submitLabel, pendingLabel, onSave, onCancel, onLeave }: Props) {
  const id = useId();
  const hydrated = useHydrated();
  const { form, problem, setProblem, errorAt } = useFormProblem<(typeof fields)[number]>();
  const [pending, setPending] = useState(false);
  const [asking, setAsking] = useState(false);
  const [tags, setTags] = useState({ chosen: begin.tags, text: "" });
  const editing = onCancel !== undefined;
  const [detailed, setDetailed] = useState(editing || !sameDraft(begin, { ...initial, title: begin.title }));

  // Length limits are the API's to enforce and explain; a maxLength here would cut pasted text silently.
  const atSomeField = fields.some(errorAt);

  useEffect(() => {
    if (editing) form.current?.querySelector("input")?.focus();
  }, [editing, form]);

  /** What is typed now. */
  const read = useCallback((): TaskDraft => {
    const data = new FormData(form.current ?? undefined);
    const text = (name: string) => String(data.get(name) ?? "");
    return { title: text("title"), description: text("description"), priority: text("priority") as Priority, due: text("due"), tags: withTag(tags.chosen, tags.text) };
  }, [form, tags]);
  const current = useRef(read);
  useEffect(() => {
    current.current = read;
  }, [read]);

  useEffect(() => {
    if (!onLeave) return;
    const leave = () => onLeave(current.current());
    window.addEventListener("pagehide", leave);
    return () => window.removeEventListener("pagehide", leave);
  }, [onLeave]);

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (pending) return;
    const element = event.currentTarget;
    const draft = read();
    setTags({ chosen: draft.tags, text: "" });
    setPending(true);
    setProblem(null);
    try {
      await onSave(draft);
      // What was typed while it was under way is the next task.
      if (!editing && sameDraft(draft, current.current())) {
        element.reset();
        for (const [name, value] of Object.entries(initial)) {
          const control = element.elements.namedItem(name);
          if (control && "value" in control && typeof value === "string") control.value = value;
        }
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
    // While a character is being composed Escape belongs to the input method.
    if (event.key !== "Escape" || event.nativeEvent.isComposing) return;
    // Or the same key would answer the question that it has just raised.
    event.preventDefault();
    cancel();
  }

  function cancel() {
    if (!editing) return;
    if (sameDraft(read(), initial)) onCancel();
    else setAsking(true);
  }

  return (
    <>
      <form ref={form} method="post" className="task-form" aria-label={label} noValidate onSubmit={onSubmit} onKeyDown={onKeyDown}>
        <Field
          id={`${id}-title`}
          name="title"
          label="Title"
          autoComplete="off"
          defaultValue={begin.title}
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
            defaultValue={begin.description}
            error={errorAt("description")}
          />
          <div className="pair">
            <PriorityChoice id={`${id}-priority`} initial={begin.priority} error={errorAt("priority")} />
            <Field id={`${id}-due`} name="due" label="Due date (optional)" type="date" defaultValue={begin.due} error={errorAt("due_date")} />
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
            <button type="button" onClick={cancel}>
              Cancel
            </button>
          ) : (
            <button type="button" aria-expanded={detailed} aria-controls={`${id}-details`} onClick={() => setDetailed(!detailed)}>
              {detailed ? "Fewer details" : "More details"}
            </button>
          )}
        </div>
      </form>
      {asking && onCancel && <DiscardQuestion onDiscard={onCancel} onStay={() => setAsking(false)} />}
    </>
  );
}
