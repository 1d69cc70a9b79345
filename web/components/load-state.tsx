/** What stands in place of a list that is not there yet, or cannot be had. */
import { asProblem } from "../lib/form-problem";
import { ProblemNote } from "./problem-note";

export function Loading() {
  return (
    <p className="loading" role="status">
      Loading…
    </p>
  );
}

export function LoadFailed({ error, onRetry }: { error: Error; onRetry: () => void }) {
  return (
    <div className="failed">
      <div role="alert">
        <ProblemNote problem={asProblem(error)} />
      </div>
      <button type="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}
