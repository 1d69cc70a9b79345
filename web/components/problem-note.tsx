/** A problem in words, with the id that finds it in the API's log. */
import type { ApiProblem } from "taskbridge-auth/client";
import { troubleOf } from "../lib/help";
import { HelpLink } from "./help-link";

export function ProblemNote({ problem }: { problem: ApiProblem }) {
  const trouble = troubleOf(problem.code);
  return (
    <p className="alert">
      {problem.detail}
      {trouble && (
        <>
          {" "}
          <HelpLink about={trouble} />
        </>
      )}
      {problem.requestId && <span className="request-id">Request {problem.requestId}</span>}
    </p>
  );
}
