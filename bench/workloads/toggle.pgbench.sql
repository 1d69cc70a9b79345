\set user random(:first, :last)
\set id random(0, :tasks - 1) * :users + :user - :first + 1
WITH o AS (UPDATE owners SET seq = seq + 1 WHERE user_id = 'BetterAuthUserOfTheBench00' || :user RETURNING seq) UPDATE tasks SET completed = NOT completed, seq = o.seq, updated_at = (extract(epoch FROM now()) * 1000000)::bigint FROM o WHERE tasks.user_id = 'BetterAuthUserOfTheBench00' || :user AND tasks.id = :id RETURNING tasks.user_id, tasks.id, tasks.seq, tasks.title, tasks.description, tasks.completed, tasks.priority, tasks.tags, tasks.due_date, tasks.created_at, tasks.updated_at;
