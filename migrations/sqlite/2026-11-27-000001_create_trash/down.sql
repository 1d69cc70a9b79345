ALTER TABLE owners DROP COLUMN purged_seq;
DROP TABLE deleted_tasks;
