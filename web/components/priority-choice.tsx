/** The choice of a priority in a form. */
import type { Priority } from "taskbridge-auth/client";
import { priorityLabels } from "../lib/task-view";

export function PriorityChoice({ id, initial, error }: { id: string; initial: Priority; error: string | undefined }) {
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
