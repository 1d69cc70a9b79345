"use client";

/** What the list shows: state, search and, behind a button, priority, tags and order. */
import { useState } from "react";
import type { Priority } from "taskbridge-auth/client";
import { isFiltered, plainView, priorityLabels, sortLabels, statusLabels, type Sort, type Status, type TaskView } from "../lib/task-view";
import { SearchBox } from "./search-box";
import { TagInput, withTag } from "./tag-input";
import type { SetView } from "./use-task-view";

interface Props {
  view: TaskView;
  onChange: SetView;
  /** Tags worth suggesting. */
  knownTags: readonly string[];
}

const entries = <K extends string>(labels: Record<K, string>) => Object.entries(labels) as [K, string][];

export function Toolbar({ view, onChange, knownTags }: Props) {
  const [open, setOpen] = useState(false);
  const hidden = view.priorities.length + view.tags.length + (view.sort === plainView.sort ? 0 : 1);

  return (
    <section className="toolbar" aria-label="Filter tasks">
      <div className="toolbar-line">
        <fieldset className="segments">
          <legend className="visually-hidden">State</legend>
          {entries<Status>(statusLabels).map(([status, label]) => (
            <label key={status}>
              <input type="radio" name="status" checked={view.status === status} onChange={() => onChange({ status })} />
              <span>{label}</span>
            </label>
          ))}
        </fieldset>
        <SearchBox
          value={view.search}
          // One entry in the history for a search, not one for every pause in typing.
          onSearch={(search) => onChange({ search }, search !== "" && view.search !== "" ? "replace" : "push")}
        />
        <button type="button" aria-expanded={open} aria-controls="filters" onClick={() => setOpen(!open)}>
          Filter and sort{hidden > 0 && <span className="badge"> ({hidden})</span>}
        </button>
        {isFiltered(view) && (
          <button type="button" className="quiet" onClick={() => onChange({ ...plainView, sort: view.sort })}>
            Clear filters
          </button>
        )}
      </div>
      <div id="filters">{open && <Filters view={view} onChange={onChange} knownTags={knownTags} />}</div>
    </section>
  );
}

function Filters({ view, onChange, knownTags }: Props) {
  const [tagText, setTagText] = useState("");

  function toggle(priority: Priority) {
    const { priorities } = view;
    onChange({ priorities: priorities.includes(priority) ? priorities.filter((one) => one !== priority) : [...priorities, priority] });
  }

  function changeTags(tags: string[], text: string) {
    // A tag picked from the list of known ones arrives whole, without an Enter.
    const picked = knownTags.includes(text) && text.length - tagText.length > 1;
    const wanted = picked ? withTag(tags, text) : tags;
    setTagText(picked ? "" : text);
    if (wanted.length !== view.tags.length) onChange({ tags: wanted });
  }

  return (
    <div className="filters">
      <fieldset className="choices">
        <legend>Priority</legend>
        {entries<Priority>(priorityLabels).map(([priority, label]) => (
          <label key={priority}>
            <input type="checkbox" checked={view.priorities.includes(priority)} onChange={() => toggle(priority)} />
            {label}
          </label>
        ))}
      </fieldset>
      <TagInput
        id="tag-filter"
        label="Tagged with"
        tags={view.tags}
        text={tagText}
        onChange={changeTags}
        hint="Enter adds a tag. Tasks must carry all of them."
        suggestions={knownTags.filter((tag) => !view.tags.includes(tag))}
      />
      <div className="field">
        <label htmlFor="sort">Order</label>
        <select id="sort" value={view.sort} onChange={(event) => onChange({ sort: event.target.value as Sort })}>
          {entries<Sort>(sortLabels).map(([sort, label]) => (
            <option key={sort} value={sort}>
              {label}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}
