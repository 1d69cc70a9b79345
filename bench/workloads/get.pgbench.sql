\set user random(:first, :last)
\set id random(0, :tasks - 1) * :users + :user - :first + 1
SELECT user_id, id, seq, title, description, completed, priority, tags, due_date, created_at, updated_at FROM tasks WHERE user_id = 'BetterAuthUserOfTheBench00' || :user AND id = :id;
