-- The table that the tutorials of the peers make.
CREATE TABLE tasks (
    id          INTEGER  PRIMARY KEY AUTOINCREMENT,
    user_id     TEXT     NOT NULL,
    title       TEXT     NOT NULL,
    description TEXT,
    completed   BOOLEAN  NOT NULL DEFAULT FALSE,
    priority    TEXT     NOT NULL DEFAULT 'medium',
    tags        TEXT     NOT NULL DEFAULT '[]',
    due_date    DATETIME,
    created_at  DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')),
    updated_at  DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now'))
);

CREATE INDEX tasks_user_id ON tasks (user_id);
