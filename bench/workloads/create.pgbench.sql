\set user random(:first, :last)
\set id random(1099511627776, 4503599627370496)
\set now 1770000000000000 + :id / 1000000
INSERT INTO tasks (user_id, id, version, title, description, completed, priority, tags, due_date, created_at, updated_at) VALUES ('BetterAuthUserOfTheBench00' || :user, :id, 1, 'A task made by the benchmark', 'What it is about', false, 1, '[]', NULL, :now, :now) RETURNING user_id, id, version, title, description, completed, priority, tags, due_date, created_at, updated_at;
