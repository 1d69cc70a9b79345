-- Which task a request with this Idempotency-Key has made. Nothing of the task's content is kept: the
-- repeated request brings it along, and the fingerprint (SHA-256, in hex) shows that it is the same.
CREATE TABLE idempotency_keys (
    user_id     TEXT    NOT NULL CHECK (length(user_id) > 0),
    key         TEXT    NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    fingerprint TEXT    NOT NULL CHECK (length(fingerprint) = 64),
    task_id     INTEGER NOT NULL CHECK (task_id BETWEEN 1 AND 9007199254740991),
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;

-- Finds what has expired.
CREATE INDEX idempotency_keys_by_created_at ON idempotency_keys (user_id, created_at);
