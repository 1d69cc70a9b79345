/** A problem in words, with the id that finds it in the API's log. */
import type { ApiProblem } from "taskbridge-auth/client";

export function ProblemNote({ problem }: { problem: ApiProblem }) {
  return (
    <p className="alert">
      {problem.detail}
      {problem.requestId && <span className="request-id">Request {problem.requestId}</span>}
    </p>
  );
}
