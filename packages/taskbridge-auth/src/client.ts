/**
 * The browser's way to the task API: one function per operation, over a client generated from the
 * API's own description (`api-schema`). A path, parameter or member that the API does not know
 * is a type error here. Tokens are `api-fetch`'s business. Everything rejects with an `ApiProblem`.
 */
import createClient from "openapi-fetch";
import { createApiFetch, type ApiFetchOptions } from "./api-fetch.js";
import { ApiProblem } from "./api-problem.js";
import type { components, paths } from "./api-schema.js";
import { randomKey } from "./random-key.js";

export { ApiProblem, problemFrom, type FieldError } from "./api-problem.js";
export { randomKey } from "./random-key.js";
export type { components, paths } from "./api-schema.js";

/** See its members; only `apiUrl` is needed. */
export type TaskbridgeClientOptions = ApiFetchOptions;

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

export type TaskbridgeClient = ReturnType<typeof createTaskbridgeClient>;

export function createTaskbridgeClient(options: TaskbridgeClientOptions) {
  const apiUrl = checkedUrl(options.apiUrl);
  const authorized = createApiFetch({ ...options, apiUrl });
  const client = createClient<paths>({ baseUrl: apiUrl, fetch: (request) => authorized.fetch(request) });
  const mine = async () => ({ user_id: await authorized.user() });
  const one = async (id: number) => ({ ...(await mine()), id });

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
    /** Who is signed in, as the API reads the token. */
    me: () => data(client.GET("/api/me")),
    async listTasks(query: ListQuery = {}, cursor: string | null = null, signal?: AbortSignal): Promise<TaskPage> {
      const params = { path: await mine(), query: { ...query, ...(cursor === null ? {} : { cursor }) } };
      const { data, response } = await answer(client.GET("/api/{user_id}/tasks", { params, signal }));
      return { tasks: data, nextCursor: readNextCursor(response.headers.get("Link")), total: readTotal(response) };
    },
    readTask: async (id: number) => data(client.GET("/api/{user_id}/tasks/{id}", { params: { path: await one(id) } })),
    /** With the same key and the same task, however often: one task. */
    createTask: async (task: NewTask, key = randomKey()) =>
      data(client.POST("/api/{user_id}/tasks", { params: { path: await mine(), header: { "Idempotency-Key": key } }, body: task })),
    /** Members left out stay as they are. Without a tag the last write wins. */
    updateTask: async (id: number, changes: TaskChanges, etag: string | null = null) =>
      data(client.PATCH("/api/{user_id}/tasks/{id}", { params: { path: await one(id), header: ifMatch(etag) }, body: changes })),
    /** Sets rather than flips, so that a repeated request cannot undo itself. */
    setCompleted: async (id: number, completed: boolean) =>
      data(client.PATCH("/api/{user_id}/tasks/{id}/complete", { params: { path: await one(id) }, body: { completed } })),
    /** It goes to the trash. */
    async deleteTask(id: number, etag: string | null = null): Promise<void> {
      await client.DELETE("/api/{user_id}/tasks/{id}", { params: { path: await one(id), header: ifMatch(etag) } });
    },
    /** All of them, whatever the list shows. Resolves with their number. */
    async deleteCompleted(): Promise<number> {
      const params = { path: await mine(), query: { completed: true as const } };
      return (await data(client.DELETE("/api/{user_id}/tasks", { params }))).deleted;
    },
    /** Up to 100 operations in one request; each stands for itself. With the same key and the same operations it is done once. */
    async batch(operations: BatchOperation[], key = randomKey()): Promise<BatchResult[]> {
      const params = { path: await mine(), header: { "Idempotency-Key": key } };
      return (await data(client.POST("/api/{user_id}/tasks/batch", { params, body: { operations } }))).results;
    },
    /** What was deleted, last first. */
    async listTrash(cursor: string | null = null, signal?: AbortSignal): Promise<{ tasks: DeletedTask[]; nextCursor: string | null }> {
      const params = { path: await mine(), query: cursor === null ? {} : { cursor } };
      const { data: tasks, response } = await answer(client.GET("/api/{user_id}/trash", { params, signal }));
      return { tasks, nextCursor: readNextCursor(response.headers.get("Link")) };
    },
    restoreTask: async (id: number) => data(client.POST("/api/{user_id}/trash/{id}/restore", { params: { path: await one(id) } })),
    /** For good. Resolves with their number. */
    emptyTrash: async (): Promise<number> => (await data(client.DELETE("/api/{user_id}/trash", { params: { path: await mine() } }))).deleted,
    /** Every task as one JSON file. */
    async exportTasks(): Promise<Blob> {
      const fetch = (request: Request) => authorized.fetch(request, EXPORT_TIMEOUT_MS);
      return data(client.GET("/api/{user_id}/export", { params: { path: await mine() }, parseAs: "blob", fetch }));
    },
    /** For `createTaskSync`: the address of the user's own tasks, and requests with the same tokens. */
    base: async (): Promise<string> => `${apiUrl}/api/${encodeURIComponent(await authorized.user())}`,
    follow: (request: Request) => authorized.fetch(request, request.url.endsWith("/events") ? null : undefined),
    forgetToken: authorized.forgetToken,
    checkSession: authorized.checkSession,
  };
}

function checkedUrl(value: unknown): string {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : null;
  if (url?.protocol === "http:" || url?.protocol === "https:") return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  const said = value === undefined ? "undefined" : JSON.stringify(value);
  throw new TypeError(`createTaskbridgeClient: apiUrl must be the full address of the Taskbridge API, such as "http://localhost:8000", but it is ${said}.`);
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
