-- Rows are clustered by owner: a user's tasks lie beside each other however many others there are.
-- `IN` with three numbers would build an index of them for every row that is written.
-- Times are microseconds since the Unix epoch, UTC. Booleans are 0 and 1. Lengths count characters.
CREATE TABLE tasks (
    user_id     TEXT    NOT NULL CHECK (length(user_id) > 0),
    id          INTEGER NOT NULL CHECK (id BETWEEN 1 AND 9007199254740991),
    version     INTEGER NOT NULL CHECK (version > 0),
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

CREATE INDEX tasks_by_created_at ON tasks (user_id, created_at, id);
