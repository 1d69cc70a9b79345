-- A second wall behind the WHERE clauses, for DATABASE_RLS=on: a role other than the tables' owner sees
-- the rows of the user that the transaction names, and none when it names nobody. The tables' owner,
-- as who the program works without that setting, is not bound by it.
ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON tasks USING (user_id = current_setting('taskbridge.user_id', true));
ALTER TABLE task_tags ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON task_tags USING (user_id = current_setting('taskbridge.user_id', true));
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON idempotency_keys USING (user_id = current_setting('taskbridge.user_id', true));
