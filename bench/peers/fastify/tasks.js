// The statements that both databases share.
const COLUMNS =
  "id, user_id, title, description, completed, priority, tags, due_date, created_at, updated_at";

/** The statements; `p(n)` writes the n-th parameter and `now` the moment as the database wants it. */
export const statements = (p, now) => ({
  list: `SELECT ${COLUMNS} FROM tasks WHERE user_id = ${p(1)} ORDER BY id DESC LIMIT ${p(2)}`,
  read: `SELECT ${COLUMNS} FROM tasks WHERE user_id = ${p(1)} AND id = ${p(2)}`,
  create: `INSERT INTO tasks (user_id, title, description) VALUES (${p(1)}, ${p(2)}, ${p(3)}) RETURNING ${COLUMNS}`,
  toggle: `UPDATE tasks SET completed = NOT completed, updated_at = ${now} WHERE user_id = ${p(1)} AND id = ${p(2)} RETURNING ${COLUMNS}`,
});
