-- What ends the validity of tokens before they expire. Instances read it by ranges of `id`, which grows in the order of
-- commits, and keep it in memory. It is the one table that no user owns.
CREATE TABLE revocations (
    id            INTEGER NOT NULL CHECK (id > 0) PRIMARY KEY,
    -- A session; all tokens that a user had when it was made; or all tokens of a user whose account was erased.
    kind          TEXT    NOT NULL CHECK (kind IN ('session', 'tokens', 'account')),
    -- The id of that session or user.
    subject       TEXT    NOT NULL CHECK (length(subject) > 0),
    -- For `tokens`, up to when they were issued; else 0.
    issued_until  INTEGER NOT NULL,
    -- When the last token that it concerns has expired.
    expires_at    INTEGER NOT NULL
) STRICT;

-- When the account was erased: the row remains until the last token of the user has expired, and refuses every new task.
ALTER TABLE owners ADD COLUMN erased_at INTEGER;
