// better-sqlite3: prepared statements on one connection, called in place, as its author recommends.
import Database from "better-sqlite3";
import { statements } from "./tasks.js";

/** The four statements on a SQLite file. */
export function open(url) {
  const database = new Database(url.replace("sqlite://", ""), { timeout: 5000 });
  for (const pragma of ["journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"]) database.pragma(pragma);
  const text = statements(Object.assign(() => "?", { no: "0" }));
  const prepared = Object.fromEntries(Object.entries(text).map(([name, sql]) => [name, database.prepare(sql)]));
  return {
    list: (...values) => prepared.list.all(...values),
    read: (...values) => prepared.read.get(...values),
    create: (...values) => prepared.create.get(...values),
    toggle: (...values) => prepared.toggle.get(...values),
  };
}
