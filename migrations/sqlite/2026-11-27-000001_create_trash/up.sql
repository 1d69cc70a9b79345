-- What was deleted: for a while with its content, from which it can be restored, and then, or from the start, as
-- the mere mark that a task is gone, which tells clients that have it.
CREATE TABLE deleted_tasks (
    user_id     TEXT    NOT NULL CHECK (length(user_id) > 0),
    id          INTEGER NOT NULL CHECK (id BETWEEN 1 AND 9007199254740991),
    -- Of the deletion.
    seq         INTEGER NOT NULL CHECK (seq > 0),
    deleted_at  INTEGER NOT NULL,
    -- The content: all of it, or NULL everywhere.
    title       TEXT,
    description TEXT,
    completed   INTEGER,
    priority    INTEGER,
    tags        TEXT,
    due_date    INTEGER,
    created_at  INTEGER,
    updated_at  INTEGER,
    PRIMARY KEY (user_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX deleted_tasks_by_seq ON deleted_tasks (user_id, seq);

-- The highest `seq` of a mark that is no longer kept: who has seen less than that must read everything again.
ALTER TABLE owners ADD COLUMN purged_seq INTEGER NOT NULL DEFAULT 0 CHECK (purged_seq >= 0);

-- What a batch with this key has done, in their order: status and task of each operation. NULL for a single task.
ALTER TABLE idempotency_keys ADD COLUMN outcome TEXT;
