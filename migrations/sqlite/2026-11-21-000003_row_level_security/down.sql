-- Row-level security is PostgreSQL's; the two databases only keep the same history.
SELECT 1;
