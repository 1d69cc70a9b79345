-- The table that the tutorials of the peers make.
CREATE TABLE tasks (
    id          BIGSERIAL PRIMARY KEY,
    user_id     TEXT        NOT NULL,
    title       TEXT        NOT NULL,
    description TEXT,
    completed   BOOLEAN     NOT NULL DEFAULT false,
    priority    TEXT        NOT NULL DEFAULT 'medium',
    tags        JSONB       NOT NULL DEFAULT '[]',
    due_date    TIMESTAMPTZ,
    created_at  TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at  TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX tasks_user_id ON tasks (user_id);
