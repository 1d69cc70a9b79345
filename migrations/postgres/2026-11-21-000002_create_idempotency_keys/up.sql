-- The twin of the SQLite table: the same columns, order, rules and primary key.
CREATE TABLE idempotency_keys (
    user_id     TEXT COLLATE "C" NOT NULL CHECK (length(user_id) > 0),
    key         TEXT COLLATE "C" NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    fingerprint TEXT             NOT NULL CHECK (length(fingerprint) = 64),
    task_id     BIGINT           NOT NULL CHECK (task_id BETWEEN 1 AND 9007199254740991),
    created_at  BIGINT           NOT NULL,
    PRIMARY KEY (user_id, key)
);

CREATE INDEX idempotency_keys_by_created_at ON idempotency_keys (user_id, created_at);
