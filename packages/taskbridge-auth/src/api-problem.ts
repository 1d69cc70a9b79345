/** What went wrong, in one shape: the API's own problem details (RFC 9457), or what stands in for them when none arrived. */

export interface FieldError {
  field: string;
  code: string;
  detail: string;
}

/** Any answer other than success, the API's own or one made here when none arrived. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";

  constructor(
    /** The HTTP status, or 0 if there was no answer at all. */
    readonly status: number,
    /** Stable and meant for programs; `detail` may be reworded. */
    readonly code: string,
    readonly detail: string,
    readonly retry: "refresh" | "login" | "never" | null = null,
    readonly errors: FieldError[] = [],
    readonly requestId: string | null = null,
  ) {
    super(detail);
  }

  /** There is no such task, or not any more. */
  get gone(): boolean {
    return this.status === 404;
  }

  /** The task has changed since the state that `If-Match` named. */
  get stale(): boolean {
    return this.status === 412;
  }
}

export async function readProblem(response: Response): Promise<ApiProblem> {
  const body: unknown = await response.json().catch(() => null);
  return problemFrom(response.status, body, response.headers.get("X-Request-Id"));
}

/** From a body that is there already, as in the answer to a batch. */
export function problemFrom(status: number, body: unknown, requestId: string | null = null): ApiProblem {
  // A proxy in between answers in its own format, so nothing about the body is taken for granted.
  const problem = isRecord(body) ? body : {};
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);
  const retry = problem.retry;
  return new ApiProblem(
    status,
    text(problem.code) ?? `http_${status}`,
    text(problem.detail) ?? `The task API answered with status ${status}.`,
    retry === "refresh" || retry === "login" || retry === "never" ? retry : null,
    Array.isArray(problem.errors) ? problem.errors.filter(isFieldError) : [],
    text(problem.request_id) ?? requestId,
  );
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFieldError(value: unknown): value is FieldError {
  return isRecord(value) && typeof value.field === "string" && typeof value.detail === "string";
}
