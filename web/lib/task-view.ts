/**
 * What the list shows: filters, search and order, as they stand in the page's address. Reload, Back
 * and a bookmark therefore bring the same list again.
 */
import type { ListQuery, Priority, Task } from "taskbridge-auth/client";

export type Status = "all" | "pending" | "completed";
export type Sort = keyof typeof sortLabels;

export interface TaskView {
  status: Status;
  search: string;
  priorities: Priority[];
  /** A task must carry all of them. */
  tags: string[];
  sort: Sort;
}

export const statusLabels = { all: "All", pending: "Pending", completed: "Completed" } as const satisfies Record<Status, string>;

/** From the most urgent to the least. */
export const priorityLabels = { high: "High", medium: "Medium", low: "Low" } as const satisfies Record<Priority, string>;

export const sortLabels = {
  "-created_at": "Newest first",
  created_at: "Oldest first",
  "-updated_at": "Last changed first",
  due_date: "Due soonest first",
  "-priority": "Most urgent first",
  title: "Title, A to Z",
} as const;

export const plainView: TaskView = { status: "all", search: "", priorities: [], tags: [], sort: "-created_at" };

const keys = <K extends string>(labels: Record<K, string>) => Object.keys(labels) as K[];
const oneOf = <K extends string>(labels: Record<K, string>, value: string | null): K | undefined => keys(labels).find((key) => key === value);

/** What the address says. An unknown value counts as none: addresses are typed and shared by people. */
export function parseView(address: URLSearchParams): TaskView {
  const chosen = address.getAll("priority");
  return {
    status: oneOf(statusLabels, address.get("status")) ?? plainView.status,
    search: (address.get("search") ?? "").trim(),
    priorities: keys(priorityLabels).filter((priority) => chosen.includes(priority)),
    tags: [...new Set(address.getAll("tag").map((tag) => tag.trim()))].filter((tag) => tag !== ""),
    sort: oneOf(sortLabels, address.get("sort")) ?? plainView.sort,
  };
}

/** The address's query string, with its question mark; empty for the plain view. */
export function addressOf({ status, search, priorities, tags, sort }: TaskView): string {
  const address = new URLSearchParams();
  if (status !== plainView.status) address.set("status", status);
  if (search !== "") address.set("search", search);
  for (const priority of priorities) address.append("priority", priority);
  for (const tag of tags) address.append("tag", tag);
  if (sort !== plainView.sort) address.set("sort", sort);
  const text = address.toString();
  return text === "" ? "" : `?${text}`;
}

/** The same for the API. What it does by itself is left out. */
export function queryOf({ status, search, priorities, tags, sort }: TaskView): ListQuery {
  return {
    ...(status === plainView.status ? {} : { status }),
    ...(search === "" ? {} : { search }),
    ...(priorities.length === 0 ? {} : { priority: priorities }),
    ...(tags.length === 0 ? {} : { tag: tags }),
    ...(sort === plainView.sort ? {} : { sort }),
  };
}

/** Whether anything is held back. The order alone hides nothing. */
export function isFiltered(view: TaskView): boolean {
  return addressOf({ ...view, sort: plainView.sort }) !== "";
}

/** Whether a new task belongs at the top, and a changed one where it was, so that the page need not ask. */
export function isPlain(view: TaskView): boolean {
  return addressOf(view) === "";
}

/** Whether a task that has just been completed or reopened stays in the list. */
export function statusShows({ status }: TaskView, { completed }: Pick<Task, "completed">): boolean {
  return status === "all" || (status === "completed") === completed;
}
