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
export type DeletedTask = Schemas["DeletedTask"];
export type BatchOperation = Schemas["Batch"]["operations"][number];
export type BatchResult = Schemas["BatchResults"]["results"][number];
export type ListQuery = NonNullable<paths["/api/{user_id}/tasks"]["get"]["parameters"]["query"]>;

export interface TaskPage {
  tasks: Task[];
  /** Hand back to `listTasks` for the following page; null on the last one. */
  nextCursor: string | null;
  /** How many tasks the query finds on all pages together; null unless asked for. */
  total: number | null;
}

/** Hand it back, and a write succeeds on that state of the task only. */
export const etagOf = ({ version }: Pick<Task, "version">) => `"${version}"`;

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

  const data = async <T>(call: Promise<{ data?: T; response: Response }>): Promise<T> => (await answer(call)).data;

  return {
    async listTasks(query: ListQuery = {}, cursor: string | null = null, signal?: AbortSignal): Promise<TaskPage> {
      const params = { path: mine, query: { ...query, ...(cursor === null ? {} : { cursor }) } };
      const { data, response } = await answer(client.GET("/api/{user_id}/tasks", { params, signal }));
      return { tasks: data, nextCursor: readNextCursor(response.headers.get("Link")), total: readTotal(response) };
    },
    readTask: (id: number) => data(client.GET("/api/{user_id}/tasks/{id}", { params: { path: one(id) } })),
    /** With the same key and the same task, however often: one task. */
    createTask: (task: NewTask, key: string) =>
      data(client.POST("/api/{user_id}/tasks", { params: { path: mine, header: { "Idempotency-Key": key } }, body: task })),
    /** Members left out stay as they are. Without a tag the last write wins. */
    updateTask: (id: number, changes: TaskChanges, etag: string | null) =>
      data(client.PATCH("/api/{user_id}/tasks/{id}", { params: { path: one(id), header: ifMatch(etag) }, body: changes })),
    /** Sets rather than flips, so that a repeated request cannot undo itself. */
    setCompleted: (id: number, completed: boolean) =>
      data(client.PATCH("/api/{user_id}/tasks/{id}/complete", { params: { path: one(id) }, body: { completed } })),
    /** It goes to the trash. */
    async deleteTask(id: number, etag: string | null): Promise<void> {
      await client.DELETE("/api/{user_id}/tasks/{id}", { params: { path: one(id), header: ifMatch(etag) } });
    },
    /** All of them, whatever the list shows. Resolves with their number. */
    async deleteCompleted(): Promise<number> {
      const params = { path: mine, query: { completed: true as const } };
      return (await data(client.DELETE("/api/{user_id}/tasks", { params }))).deleted;
    },
    /** Up to 100 operations in one request; each stands for itself. With the same key and the same operations it is done once. */
    batch: async (operations: BatchOperation[], key: string): Promise<BatchResult[]> =>
      (await data(client.POST("/api/{user_id}/tasks/batch", { params: { path: mine, header: { "Idempotency-Key": key } }, body: { operations } }))).results,
    /** What was deleted, last first. */
    async listTrash(cursor: string | null = null, signal?: AbortSignal): Promise<{ tasks: DeletedTask[]; nextCursor: string | null }> {
      const params = { path: mine, query: cursor === null ? {} : { cursor } };
      const { data: tasks, response } = await answer(client.GET("/api/{user_id}/trash", { params, signal }));
      return { tasks, nextCursor: readNextCursor(response.headers.get("Link")) };
    },
    restoreTask: (id: number) => data(client.POST("/api/{user_id}/trash/{id}/restore", { params: { path: one(id) } })),
    /** For good. Resolves with their number. */
    emptyTrash: async (): Promise<number> => (await data(client.DELETE("/api/{user_id}/trash", { params: { path: mine } }))).deleted,
    /** Every task as one JSON file. */
    async exportTasks(): Promise<Blob> {
      const fetch = (request: Request) => authorized.fetch(request, EXPORT_TIMEOUT_MS);
      return data(client.GET("/api/{user_id}/export", { params: { path: mine }, parseAs: "blob", fetch }));
    },
    /** For what follows the changes: an answer without an end, with the same tokens. */
    follow: (request: Request) => authorized.fetch(request, request.url.endsWith("/events") ? null : undefined),
    forgetToken: authorized.forgetToken,
    checkSession: authorized.checkSession,
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
