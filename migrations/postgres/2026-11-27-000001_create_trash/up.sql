-- The twin of the SQLite table: the same columns, order, primary key and index.
CREATE TABLE deleted_tasks (
    user_id     TEXT COLLATE "C" NOT NULL CHECK (length(user_id) > 0),
    id          BIGINT           NOT NULL CHECK (id BETWEEN 1 AND 9007199254740991),
    seq         BIGINT           NOT NULL CHECK (seq > 0),
    deleted_at  BIGINT           NOT NULL,
    title       TEXT,
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

-- A rule beside a new column has a name and a statement of its own: Citus takes no other to its shards.
ALTER TABLE owners ADD COLUMN purged_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE owners ADD CONSTRAINT owners_purged_seq_check CHECK (purged_seq >= 0);

-- What a batch with this key has done, in their order: status and task of each operation. NULL for a single task.
ALTER TABLE idempotency_keys ADD COLUMN outcome TEXT;

ALTER TABLE deleted_tasks ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON deleted_tasks
    USING (current_user <> 'taskbridge_app' OR user_id = current_setting('taskbridge.user_id', true));
