\set user random(:first, :last)
SELECT user_id, id, version, title, description, completed, priority, tags, due_date, created_at, updated_at FROM tasks WHERE user_id = 'BetterAuthUserOfTheBench00' || :user ORDER BY created_at DESC, id DESC LIMIT 11;
