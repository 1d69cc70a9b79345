// What both databases share: ids from the clock, and a row as it is answered.
const EPOCH_MICROS = 1_735_689_600_000_000;
const PRIORITIES = ["low", "medium", "high"];

let lastId = 0;

/** Microseconds since the Unix epoch; milliseconds are as fine as the clock of the language is. */
export const nowMicros = () => Date.now() * 1000;

/** As Taskbridge: from the clock, and greater than the last. */
export function newId() {
  lastId = Math.max(lastId + 1, nowMicros() - EPOCH_MICROS);
  return lastId;
}

const moment = (micros) => (micros === null ? null : new Date(Number(micros) / 1000).toISOString());

/** A row as the API writes it. */
export const answer = (row) => ({
  id: Number(row.id),
  user_id: row.user_id,
  title: row.title,
  description: row.description,
  completed: Boolean(row.completed),
  priority: PRIORITIES[row.priority],
  tags: JSON.parse(row.tags),
  due_date: moment(row.due_date),
  created_at: moment(row.created_at),
  updated_at: moment(row.updated_at),
});

const COLUMNS =
  "user_id, id, version, title, description, completed, priority, tags, due_date, created_at, updated_at";

/** The statements; `p(n)` writes the n-th parameter as the database wants it. */
export const statements = (p) => ({
  list: `SELECT ${COLUMNS} FROM tasks WHERE user_id = ${p(1)} ORDER BY created_at DESC, id DESC LIMIT ${p(2)}`,
  read: `SELECT ${COLUMNS} FROM tasks WHERE user_id = ${p(1)} AND id = ${p(2)}`,
  create: `INSERT INTO tasks (${COLUMNS}) VALUES (${p(1)}, ${p(2)}, 1, ${p(3)}, ${p(4)}, ${p.no}, 1, '[]', NULL, ${p(5)}, ${p(6)}) RETURNING ${COLUMNS}`,
  toggle: `UPDATE tasks SET completed = NOT completed, version = version + 1, updated_at = ${p(1)} WHERE user_id = ${p(2)} AND id = ${p(3)} RETURNING ${COLUMNS}`,
});
