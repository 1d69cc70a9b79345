ALTER TABLE idempotency_keys DROP COLUMN outcome;
ALTER TABLE owners DROP COLUMN purged_seq;
DROP TABLE deleted_tasks;
