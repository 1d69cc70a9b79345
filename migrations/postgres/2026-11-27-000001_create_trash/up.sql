-- The twin of the SQLite table: the same columns, order, primary key and index.
CREATE TABLE deleted_tasks (
    user_id     TEXT COLLATE "C" NOT NULL CHECK (length(user_id) > 0),
    id          BIGINT           NOT NULL CHECK (id BETWEEN 1 AND 9007199254740991),
    seq         BIGINT           NOT NULL CHECK (seq > 0),
    deleted_at  BIGINT           NOT NULL,
    title       TEXT COLLATE "C",
    description TEXT,
    completed   BOOLEAN,
    priority    SMALLINT,
    tags        TEXT,
    due_date    BIGINT,
    created_at  BIGINT,
    updated_at  BIGINT,
    PRIMARY KEY (user_id, id)
);

CREATE INDEX deleted_tasks_by_seq ON deleted_tasks (user_id, seq);

ALTER TABLE owners ADD COLUMN purged_seq BIGINT NOT NULL DEFAULT 0 CHECK (purged_seq >= 0);

-- What a batch with this key has done, in their order: status and task of each operation. NULL for a single task.
ALTER TABLE idempotency_keys ADD COLUMN outcome TEXT;

ALTER TABLE deleted_tasks ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON deleted_tasks
    USING (current_user <> 'taskbridge_app' OR user_id = current_setting('taskbridge.user_id', true));
