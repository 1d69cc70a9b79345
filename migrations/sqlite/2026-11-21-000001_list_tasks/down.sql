DROP TRIGGER task_tags_on_update;
DROP TRIGGER task_tags_on_insert;
DROP TABLE task_tags;
DROP INDEX tasks_by_completed;
DROP INDEX tasks_by_priority;
DROP INDEX tasks_by_due_date;
DROP INDEX tasks_by_title;
DROP INDEX tasks_by_updated_at;
