/** The address, the query and the form of a task, on their own: no browser involved. */
import { expect, test } from "@playwright/test";
import type { Task } from "taskbridge-auth/client";
import { dayOf, dueLabel, isOverdue } from "../lib/due-date";
import { createSubmission } from "../lib/submission";
import { changesFrom, draftOf, emptyDraft, isApplied, newTaskFrom } from "../lib/task-draft";
import { addressOf, isFiltered, isPlain, parseView, plainView, queryOf, statusShows, type TaskView } from "../lib/task-view";

const busy: TaskView = { status: "pending", search: "50% & more", priorities: ["high", "low"], tags: ["a b", "c&d"], sort: "due_date" };

test("a view survives the way through the address, whatever is in it", () => {
  for (const view of [plainView, busy]) expect(parseView(new URLSearchParams(addressOf(view)))).toEqual(view);
  expect(addressOf(plainView)).toBe("");
});

test("what an address says wrongly counts as not said", () => {
  const address = "status=gone&priority=urgent&priority=low&priority=low&tag=&tag=%20x%20&tag=x&sort=constructor&search=%20%20&unknown=1";
  expect(parseView(new URLSearchParams(address))).toEqual({ ...plainView, priorities: ["low"], tags: ["x"] });
});

test("the API is asked for what differs from its defaults", () => {
  expect(queryOf(plainView)).toEqual({});
  expect(queryOf(busy)).toEqual({ status: "pending", search: "50% & more", priority: ["high", "low"], tag: ["a b", "c&d"], sort: "due_date" });
});

test("an order hides nothing, but only the plain view knows by itself where a task belongs", () => {
  const sorted: TaskView = { ...plainView, sort: "title" };
  expect([isFiltered(sorted), isPlain(sorted)]).toEqual([false, false]);
  expect([isFiltered(busy), isPlain(busy)]).toEqual([true, false]);
  expect([isFiltered(plainView), isPlain(plainView)]).toEqual([false, true]);
});

test("a task that is ticked stays in every list but the one of pending tasks", () => {
  const shown = (["all", "pending", "completed"] as const).map((status) => statusShows({ ...plainView, status }, { completed: true }));
  expect(shown).toEqual([true, false, true]);
});

const task: Task = {
  id: 7,
  user_id: "ada",
  title: "Buy milk",
  description: null,
  completed: false,
  priority: "medium",
  tags: ["home"],
  due_date: "2026-11-21T00:00:00Z",
  created_at: "2026-11-20T08:00:00.123456Z",
  updated_at: "2026-11-20T08:00:00.123456Z",
  version: 1,
};

test("an untouched form changes nothing", () => {
  expect(changesFrom(task, draftOf(task))).toEqual({});
  // A date field cannot show the time of day, and an empty text is not null: neither may be lost by looking at it.
  const timed = { ...task, due_date: "2026-11-21T17:30:00Z", description: "" };
  expect(changesFrom(timed, draftOf(timed))).toEqual({});
});

test("only what somebody changed is sent, and what they emptied is cleared", () => {
  const full = { ...task, description: "Two litres" };
  expect(changesFrom(full, { ...draftOf(full), title: "Buy oat milk" })).toEqual({ title: "Buy oat milk" });
  expect(changesFrom(full, { ...draftOf(full), description: " ", due: "", tags: [] })).toEqual({ description: null, due_date: null, tags: [] });
  expect(changesFrom(full, { ...draftOf(full), due: "2026-12-24", priority: "high" })).toEqual({ due_date: "2026-12-24", priority: "high" });
});

test("the order of tags is part of a task", () => {
  const two = { ...task, tags: ["home", "shop"] };
  expect(changesFrom(two, { ...draftOf(two), tags: ["shop", "home"] })).toEqual({ tags: ["shop", "home"] });
  expect(isApplied({ tags: ["shop", "home"] }, two)).toBe(false);
});

test("a change whose answer was lost is found again, as the API keeps it", () => {
  const now = { ...task, title: "Buy oat milk", tags: ["home"], due_date: "2026-12-01T00:00:00Z" };
  expect(isApplied({ title: " Buy oat milk ", tags: ["home "], due_date: "2026-12-01" }, now)).toBe(true);
  expect(isApplied({ title: "Buy oat milk", priority: "high" }, now)).toBe(false);
  expect(isApplied({ due_date: null }, now)).toBe(false);
});

test("a new task without details is sent with their defaults", () => {
  expect(newTaskFrom({ ...emptyDraft, title: "x" })).toEqual({ title: "x", description: null, priority: "medium", tags: [], due_date: null });
});

test("midnight UTC is that day for everybody, any other moment is the reader's own", () => {
  expect(dayOf(null)).toBe("");
  expect(dayOf("2026-11-21T00:00:00Z")).toBe("2026-11-21");
  expect(dueLabel("2026-11-21T00:00:00Z", "en-GB")).toBe("21 Nov 2026");
  expect([dayOf("2026-11-21"), dueLabel("2026-11-21", "en-GB")]).toEqual(["2026-11-21", "21 Nov 2026"]);
  // Noon local time, written as the API does.
  const noon = new Date(2026, 10, 21, 12, 0).toISOString();
  expect(dayOf(noon)).toBe("2026-11-21");
  expect(dueLabel(noon, "en-GB")).toMatch(/^21 Nov 2026.*12:00$/);
});

test("a day is overdue from the next one on, a moment at once", () => {
  const evening = new Date(2026, 10, 21, 23, 59);
  expect(isOverdue("2026-11-21T00:00:00Z", evening)).toBe(false);
  expect(isOverdue("2026-11-20T00:00:00Z", evening)).toBe(true);
  const moment = new Date(2026, 10, 21, 23, 58).toISOString();
  expect(isOverdue(moment, evening)).toBe(true);
  expect(isOverdue(moment, new Date(2026, 10, 21, 23, 57))).toBe(false);
});

test("a form uses one key for one content until it has been taken", () => {
  const submission = createSubmission();
  const first = submission.keyFor({ title: "x" });
  expect(first).toMatch(/^[0-9a-f]{32}$/);
  expect(submission.keyFor({ title: "x" })).toBe(first);
  const other = submission.keyFor({ title: "y" });
  expect(other).not.toBe(first);
  submission.succeeded();
  expect(submission.keyFor({ title: "y" })).not.toBe(other);
});
