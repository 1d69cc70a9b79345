-- The twin of the SQLite table: the same columns, order and primary key. The role of row-level security has no right on it.
CREATE TABLE revocations (
    id            BIGINT           NOT NULL CHECK (id > 0) PRIMARY KEY,
    kind          TEXT             NOT NULL CHECK (kind IN ('session', 'tokens', 'account')),
    subject       TEXT             NOT NULL CHECK (length(subject) > 0),
    issued_until  BIGINT           NOT NULL,
    expires_at    BIGINT           NOT NULL
);

ALTER TABLE owners ADD COLUMN erased_at BIGINT;
