"use client";

/** Tags as removable marks, and a field for the next one: Enter or a comma takes what is typed. */
import { useRef, type KeyboardEvent } from "react";

interface Props {
  id: string;
  label: string;
  tags: string[];
  /** What is typed and not yet a tag. The form owns it, so that it counts even without an Enter. */
  text: string;
  onChange: (tags: string[], text: string) => void;
  hint?: string | undefined;
  error?: string | undefined;
  suggestions?: readonly string[];
}

/** The tags with what is typed behind them, once. */
export function withTag(tags: string[], text: string): string[] {
  const tag = text.trim();
  return tag === "" || tags.includes(tag) ? tags : [...tags, tag];
}

export function TagInput({ id, label, tags, text, onChange, hint, error, suggestions = [] }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>) {
    const takes = event.key === "," || (event.key === "Enter" && text.trim() !== "");
    if (!takes || event.nativeEvent.isComposing) return;
    event.preventDefault();
    onChange(withTag(tags, text), "");
  }

  function remove(tag: string) {
    onChange(tags.filter((one) => one !== tag), text);
    // The button just pressed goes with its tag.
    input.current?.focus();
  }

  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {tags.length > 0 && (
        <div className="tags" role="group" aria-label="Chosen tags">
          {tags.map((tag) => (
            <button key={tag} type="button" className="tag" aria-label={`Remove tag ${tag}`} onClick={() => remove(tag)}>
              {tag} <span aria-hidden="true">×</span>
            </button>
          ))}
        </div>
      )}
      <input
        ref={input}
        id={id}
        value={text}
        list={suggestions.length > 0 ? `${id}-known` : undefined}
        autoComplete="off"
        enterKeyHint="done"
        aria-invalid={error ? true : undefined}
        aria-describedby={described || undefined}
        onChange={(event) => onChange(tags, event.target.value)}
        onKeyDown={onKeyDown}
      />
      {suggestions.length > 0 && (
        <datalist id={`${id}-known`}>
          {suggestions.map((tag) => (
            <option key={tag} value={tag} />
          ))}
        </datalist>
      )}
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}
