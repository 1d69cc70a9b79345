/**
 * The browser's way to the task API: one function per operation, over a client generated from the
 * API's own description (`api-schema.d.ts`). A path, parameter or member that the API does not know
 * is a type error here. Tokens are `api-fetch`'s business.
 */
import createClient from "openapi-fetch";
import { createApiFetch, type ApiFetchOptions } from "./api-fetch";
import { ApiProblem } from "./api-problem";
import type { components, paths } from "./api-schema";

type Schemas = components["schemas"];
export type Task = Schemas["Task"];
export type Priority = Task["priority"];
export type NewTask = Schemas["NewTask"];
export type TaskChanges = Schemas["TaskChanges"];
export type ListQuery = NonNullable<paths["/api/{user_id}/tasks"]["get"]["parameters"]["query"]>;

export interface TaskPage {
  tasks: Task[];
  /** Hand back to `listTasks` for the following page; null on the last one. */
  nextCursor: string | null;
  /** How many tasks the query finds on all pages together; null unless asked for. */
  total: number | null;
}

/** A task in a state that the API has a name for: hand the tag back, and a write succeeds on that state only. */
export interface VersionedTask {
  task: Task;
  etag: string | null;
}

/** An export may be long, and its first byte comes at once. */
const EXPORT_TIMEOUT_MS = 300_000;

export type ApiClient = ReturnType<typeof createApiClient>;

export function createApiClient(options: ApiFetchOptions) {
  const { apiUrl, userId } = options;
  const authorized = createApiFetch(options);
  const client = createClient<paths>({ baseUrl: apiUrl, fetch: (request) => authorized.fetch(request) });
  const mine = { user_id: userId };
  const one = (id: number) => ({ ...mine, id });

  /** For calls that were not refused: those throw an ApiProblem and never get here. */
  async function answer<T>(call: Promise<{ data?: T; response: Response }>): Promise<{ data: T; response: Response }> {
    try {
      const { data, response } = await call;
      if (data !== undefined) return { data, response };
    } catch (error) {
      if (error instanceof ApiProblem || isAbort(error)) throw error;
    }
    throw new ApiProblem(200, "unreadable_answer", `The task API at ${apiUrl} sent an answer this page cannot read.`);
  }

  async function versioned(call: Promise<{ data?: Task; response: Response }>): Promise<VersionedTask> {
    const { data, response } = await answer(call);
    return { task: data, etag: response.headers.get("ETag") };
  }

  return {
    async listTasks(query: ListQuery = {}, cursor: string | null = null, signal?: AbortSignal): Promise<TaskPage> {
      const params = { path: mine, query: { ...query, ...(cursor === null ? {} : { cursor }) } };
      const { data, response } = await answer(client.GET("/api/{user_id}/tasks", { params, signal }));
      return { tasks: data, nextCursor: readNextCursor(response.headers.get("Link")), total: readTotal(response) };
    },
    readTask: (id: number) => versioned(client.GET("/api/{user_id}/tasks/{id}", { params: { path: one(id) } })),
    /** With the same key and the same task, however often: one task. */
    createTask: (task: NewTask, key: string) =>
      versioned(client.POST("/api/{user_id}/tasks", { params: { path: mine, header: { "Idempotency-Key": key } }, body: task })),
    /** Members left out stay as they are. Without a tag the last write wins. */
    updateTask: (id: number, changes: TaskChanges, etag: string | null) =>
      versioned(client.PATCH("/api/{user_id}/tasks/{id}", { params: { path: one(id), header: ifMatch(etag) }, body: changes })),
    /** Sets rather than flips, so that a repeated request cannot undo itself. */
    setCompleted: (id: number, completed: boolean) =>
      versioned(client.PATCH("/api/{user_id}/tasks/{id}/complete", { params: { path: one(id) }, body: { completed } })),
    async deleteTask(id: number, etag: string | null): Promise<void> {
      await client.DELETE("/api/{user_id}/tasks/{id}", { params: { path: one(id), header: ifMatch(etag) } });
    },
    /** All of them, whatever the list shows. Resolves with their number. */
    async deleteCompleted(): Promise<number> {
      const params = { path: mine, query: { completed: true as const } };
      return (await answer(client.DELETE("/api/{user_id}/tasks", { params }))).data.deleted;
    },
    /** Every task as one JSON file. */
    async exportTasks(): Promise<Blob> {
      const fetch = (request: Request) => authorized.fetch(request, EXPORT_TIMEOUT_MS);
      return (await answer(client.GET("/api/{user_id}/export", { params: { path: mine }, parseAs: "blob", fetch }))).data;
    },
    forgetToken: authorized.forgetToken,
  };
}

const ifMatch = (etag: string | null) => (etag === null ? {} : { "If-Match": etag });

const isAbort = (error: unknown) => error instanceof DOMException && error.name === "AbortError";

/** Only the cursor is taken from the link: following its address would let an answer choose who gets the token. */
function readNextCursor(link: string | null): string | null {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(link ?? "")?.[1];
  if (!target) return null;
  const query = target.includes("?") ? target.slice(target.indexOf("?")) : "";
  return new URLSearchParams(query).get("cursor");
}

function readTotal(response: Response): number | null {
  const header = response.headers.get("X-Total-Count") ?? "";
  return /^\d+$/.test(header) ? Number(header) : null;
}
