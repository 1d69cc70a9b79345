// better-sqlite3: prepared statements on one connection, called in place, as its author recommends.
import Database from "better-sqlite3";
import { statements } from "./tasks.js";

const moment = (text) => text && new Date(`${text.replace(" ", "T")}Z`);

/** SQLite has neither booleans nor JSON nor times of its own. */
const answer = (row) =>
  row && {
    ...row,
    completed: Boolean(row.completed),
    tags: JSON.parse(row.tags),
    due_date: moment(row.due_date),
    created_at: moment(row.created_at),
    updated_at: moment(row.updated_at),
  };

/** The four statements on a SQLite file. */
export function open(url) {
  const database = new Database(url.replace("sqlite://", ""), { timeout: 5000 });
  for (const pragma of ["journal_mode = WAL", "synchronous = FULL"]) database.pragma(pragma);
  const text = statements(() => "?", "strftime('%Y-%m-%d %H:%M:%f', 'now')");
  const prepared = Object.fromEntries(Object.entries(text).map(([name, sql]) => [name, database.prepare(sql)]));
  return {
    list: (...values) => prepared.list.all(...values).map(answer),
    read: (...values) => answer(prepared.read.get(...values)),
    create: (...values) => answer(prepared.create.get(...values)),
    toggle: (...values) => answer(prepared.toggle.get(...values)),
  };
}
