-- The twin of the SQLite tables: the same columns, order, rules, primary keys and indexes.
-- COLLATE "C" compares bytes, as SQLite does. Keys alone have it: it makes an index fast, and no update of the system's
-- libraries can change its order.

-- Room in each page lets an update of the row stay in its page, where no index has to follow it.
CREATE TABLE owners (
    user_id TEXT COLLATE "C" NOT NULL CHECK (length(user_id) > 0) PRIMARY KEY,
    seq     BIGINT           NOT NULL CHECK (seq > 0),
    last_id BIGINT           NOT NULL CHECK (last_id BETWEEN 0 AND 9007199254740991),
    tasks   BIGINT           NOT NULL CHECK (tasks >= 0),
    epoch   BIGINT           NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE tasks (
    user_id     TEXT COLLATE "C" NOT NULL CHECK (length(user_id) > 0),
    id          BIGINT           NOT NULL CHECK (id BETWEEN 1 AND 9007199254740991),
    seq         BIGINT           NOT NULL CHECK (seq > 0),
    title       TEXT             NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    description TEXT                      CHECK (length(description) <= 1000),
    completed   BOOLEAN          NOT NULL,
    priority    SMALLINT         NOT NULL CHECK (priority BETWEEN 0 AND 2),
    tags        TEXT             NOT NULL CHECK (jsonb_typeof(tags::jsonb) = 'array'),
    due_date    BIGINT,
    created_at  BIGINT           NOT NULL,
    updated_at  BIGINT           NOT NULL,
    PRIMARY KEY (user_id, id)
);

CREATE INDEX tasks_by_seq ON tasks (user_id, seq);

CREATE TABLE idempotency_keys (
    user_id     TEXT COLLATE "C" NOT NULL CHECK (length(user_id) > 0),
    key         TEXT COLLATE "C" NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    fingerprint TEXT             NOT NULL CHECK (length(fingerprint) = 64),
    task_id     BIGINT           NOT NULL CHECK (task_id BETWEEN 1 AND 9007199254740991),
    task_seq    BIGINT           NOT NULL CHECK (task_seq > 0),
    created_at  BIGINT           NOT NULL,
    PRIMARY KEY (user_id, key)
);

CREATE INDEX idempotency_keys_by_created_at ON idempotency_keys (user_id, created_at);

-- A second wall behind the WHERE clauses, for DATABASE_RLS=on: the role taskbridge_app sees the rows of the
-- user that the transaction names, and none when it names no user. Any other role works as before.
ALTER TABLE owners ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON owners
    USING (current_user <> 'taskbridge_app' OR user_id = current_setting('taskbridge.user_id', true));
ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON tasks
    USING (current_user <> 'taskbridge_app' OR user_id = current_setting('taskbridge.user_id', true));
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON idempotency_keys
    USING (current_user <> 'taskbridge_app' OR user_id = current_setting('taskbridge.user_id', true));
