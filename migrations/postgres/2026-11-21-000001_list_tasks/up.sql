-- The twin of the SQLite migration: the same indexes, the same table, the same triggers.
CREATE INDEX tasks_by_updated_at ON tasks (user_id, updated_at, id);
CREATE INDEX tasks_by_title ON tasks (user_id, title, id);
CREATE INDEX tasks_by_due_date ON tasks (user_id, due_date, id);
CREATE INDEX tasks_by_priority ON tasks (user_id, priority, id);
CREATE INDEX tasks_by_completed ON tasks (user_id, completed, created_at, id);

-- Under "C", lower() folds ASCII and nothing else, as SQLite does, so that a search finds the same.
ALTER TABLE tasks ALTER COLUMN description TYPE TEXT COLLATE "C";

CREATE TABLE task_tags (
    user_id TEXT COLLATE "C" NOT NULL,
    tag     TEXT COLLATE "C" NOT NULL,
    task_id BIGINT           NOT NULL,
    PRIMARY KEY (user_id, tag, task_id),
    FOREIGN KEY (user_id, task_id) REFERENCES tasks (user_id, id) ON DELETE CASCADE
);

CREATE INDEX task_tags_by_task ON task_tags (user_id, task_id);

CREATE FUNCTION index_task_tags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM task_tags WHERE user_id = NEW.user_id AND task_id = NEW.id;
    END IF;
    INSERT INTO task_tags (user_id, tag, task_id)
    SELECT NEW.user_id, tag, NEW.id FROM jsonb_array_elements_text(NEW.tags::jsonb) AS tag;
    RETURN NULL;
END
$$;

CREATE TRIGGER task_tags_on_insert AFTER INSERT ON tasks
FOR EACH ROW WHEN (NEW.tags <> '[]') EXECUTE FUNCTION index_task_tags();

CREATE TRIGGER task_tags_on_update AFTER UPDATE OF tags ON tasks
FOR EACH ROW WHEN (NEW.tags <> OLD.tags) EXECUTE FUNCTION index_task_tags();

INSERT INTO task_tags (user_id, tag, task_id)
SELECT tasks.user_id, tag, tasks.id FROM tasks, jsonb_array_elements_text(tasks.tags::jsonb) AS tag;
