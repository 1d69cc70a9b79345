-- A second wall behind the WHERE clauses, for DATABASE_RLS=on: the role taskbridge_app sees the rows of the
-- user that the transaction names, and none when it names nobody. Any other role works as before.
ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON tasks
    USING (current_user <> 'taskbridge_app' OR user_id = current_setting('taskbridge.user_id', true));
ALTER TABLE task_tags ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON task_tags
    USING (current_user <> 'taskbridge_app' OR user_id = current_setting('taskbridge.user_id', true));
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON idempotency_keys
    USING (current_user <> 'taskbridge_app' OR user_id = current_setting('taskbridge.user_id', true));
