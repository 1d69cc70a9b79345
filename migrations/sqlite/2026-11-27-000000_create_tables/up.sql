-- Times are microseconds since the Unix epoch, UTC. Booleans are 0 and 1. Lengths count characters.
-- `user_id` leads every key, so that one user's rows lie together.

-- One row per user who ever wrote. Every write of a task takes the next `seq` from it in the same
-- transaction, so that the order of `seq` is the order of commits.
CREATE TABLE owners (
    user_id TEXT    NOT NULL CHECK (length(user_id) > 0) PRIMARY KEY,
    -- The `seq` of the last write.
    seq     INTEGER NOT NULL CHECK (seq > 0),
    -- The id of the newest task; the next one is greater, whatever the clock says.
    last_id INTEGER NOT NULL CHECK (last_id BETWEEN 0 AND 9007199254740991),
    -- How many tasks there are.
    tasks   INTEGER NOT NULL CHECK (tasks >= 0),
    -- When the row was made: a `seq` means nothing in another epoch.
    epoch   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `IN` with three numbers would build an index of them for every row that is written.
CREATE TABLE tasks (
    user_id     TEXT    NOT NULL CHECK (length(user_id) > 0),
    id          INTEGER NOT NULL CHECK (id BETWEEN 1 AND 9007199254740991),
    -- New with every write: the task's entity tag.
    seq         INTEGER NOT NULL CHECK (seq > 0),
    title       TEXT    NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    description TEXT             CHECK (length(description) <= 1000),
    completed   INTEGER NOT NULL CHECK (completed IN (0, 1)),
    priority    INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 2),
    tags        TEXT    NOT NULL CHECK (json_type(tags) = 'array'),
    due_date    INTEGER,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (user_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX tasks_by_seq ON tasks (user_id, seq);

-- Which task a request with this Idempotency-Key has made. Nothing of the task's content is kept: the
-- repeated request brings it along, and the fingerprint (SHA-256, in hex) shows that it is the same.
CREATE TABLE idempotency_keys (
    user_id     TEXT    NOT NULL CHECK (length(user_id) > 0),
    key         TEXT    NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    fingerprint TEXT    NOT NULL CHECK (length(fingerprint) = 64),
    task_id     INTEGER NOT NULL CHECK (task_id BETWEEN 1 AND 9007199254740991),
    task_seq    INTEGER NOT NULL CHECK (task_seq > 0),
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;

-- Finds what has expired.
CREATE INDEX idempotency_keys_by_created_at ON idempotency_keys (user_id, created_at);
