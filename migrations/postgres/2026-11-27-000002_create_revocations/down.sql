DROP TABLE revocations;
ALTER TABLE owners DROP COLUMN erased_at;
