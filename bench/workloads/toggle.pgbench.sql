\set user random(:first, :last)
\set id :user * :tasks + random(0, :tasks - 1)
UPDATE tasks SET completed = NOT completed, version = version + 1, updated_at = (extract(epoch FROM now()) * 1000000)::bigint WHERE user_id = 'BetterAuthUserOfTheBench00' || :user AND id = :id RETURNING user_id, id, version, title, description, completed, priority, tags, due_date, created_at, updated_at;
