-- One index for each order a list can have, and one for the filter that most lists use. All start
-- with the owner, so that a list costs what its page costs, however many tasks there are.
CREATE INDEX tasks_by_updated_at ON tasks (user_id, updated_at, id);
CREATE INDEX tasks_by_title ON tasks (user_id, title, id);
CREATE INDEX tasks_by_due_date ON tasks (user_id, due_date, id);
CREATE INDEX tasks_by_priority ON tasks (user_id, priority, id);
CREATE INDEX tasks_by_completed ON tasks (user_id, completed, created_at, id);

-- Which tasks carry a tag. The row itself keeps its tags in order, as they are answered; this table
-- only finds them, and the triggers below are the only ones who write it.
CREATE TABLE task_tags (
    user_id TEXT    NOT NULL,
    tag     TEXT    NOT NULL,
    task_id INTEGER NOT NULL,
    PRIMARY KEY (user_id, tag, task_id),
    FOREIGN KEY (user_id, task_id) REFERENCES tasks (user_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX task_tags_by_task ON task_tags (user_id, task_id);

CREATE TRIGGER task_tags_on_insert AFTER INSERT ON tasks WHEN NEW.tags <> '[]'
BEGIN
    INSERT INTO task_tags (user_id, tag, task_id)
    SELECT NEW.user_id, value, NEW.id FROM json_each(NEW.tags);
END;

CREATE TRIGGER task_tags_on_update AFTER UPDATE OF tags ON tasks WHEN NEW.tags <> OLD.tags
BEGIN
    DELETE FROM task_tags WHERE user_id = NEW.user_id AND task_id = NEW.id;
    INSERT INTO task_tags (user_id, tag, task_id)
    SELECT NEW.user_id, value, NEW.id FROM json_each(NEW.tags);
END;

INSERT INTO task_tags (user_id, tag, task_id)
SELECT tasks.user_id, value, tasks.id FROM tasks, json_each(tasks.tags);
