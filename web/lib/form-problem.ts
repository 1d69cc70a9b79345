/** Problems as forms make and take them. */
import { ApiProblem } from "taskbridge-auth/client";

/** A field of a form that was left empty, said before anything is sent. */
export function missing(field: string, detail: string): ApiProblem {
  return new ApiProblem(0, "missing", detail, null, [{ field, code: "missing", detail }]);
}

/** For `catch`: hands on what is not a problem of the API but a mistake in this program. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  throw error;
}
