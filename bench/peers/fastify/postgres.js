// pg: a pool, and statements prepared once on each connection by their name.
import pg from "pg";
import { statements } from "./tasks.js";

// A BIGSERIAL counts up from 1 and stays a number.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** The four statements on a PostgreSQL database. */
export function open(url) {
  const pool = new pg.Pool({ connectionString: url, max: Number(process.env.POOL) });
  const text = statements((n) => `$${n}`, "now()");
  const rows = async (name, values) => (await pool.query({ name, text: text[name], values })).rows;
  const row = async (name, values) => (await rows(name, values))[0];
  return {
    list: (...values) => rows("list", values),
    read: (...values) => row("read", values),
    create: (...values) => row("create", values),
    toggle: (...values) => row("toggle", values),
  };
}
