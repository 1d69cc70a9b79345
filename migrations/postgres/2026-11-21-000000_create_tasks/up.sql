-- The twin of the SQLite table: the same columns, order, rules and primary key.
-- COLLATE "C" compares bytes, as SQLite does, so that both databases sort alike.
CREATE TABLE tasks (
    user_id     TEXT COLLATE "C" NOT NULL CHECK (length(user_id) > 0),
    id          BIGINT           NOT NULL CHECK (id BETWEEN 1 AND 9007199254740991),
    version     BIGINT           NOT NULL CHECK (version > 0),
    title       TEXT COLLATE "C" NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    description TEXT                      CHECK (length(description) <= 1000),
    completed   BOOLEAN          NOT NULL,
    priority    SMALLINT         NOT NULL CHECK (priority IN (0, 1, 2)),
    tags        TEXT             NOT NULL CHECK (jsonb_typeof(tags::jsonb) = 'array'),
    due_date    BIGINT,
    created_at  BIGINT           NOT NULL,
    updated_at  BIGINT           NOT NULL,
    PRIMARY KEY (user_id, id)
);

CREATE INDEX tasks_by_created_at ON tasks (user_id, created_at, id);
