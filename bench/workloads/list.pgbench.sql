\set user random(:first, :last)
SELECT user_id, id, seq, title, description, completed, priority, tags, due_date, created_at, updated_at FROM tasks WHERE user_id = 'BetterAuthUserOfTheBench00' || :user ORDER BY id DESC LIMIT 11;
