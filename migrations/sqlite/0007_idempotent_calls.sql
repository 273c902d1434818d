-- Requests that were made under a name of the caller's, and what was answered: the same request
-- under the same name is done once. Answers may hold tokens, so they are sealed.

CREATE TABLE idempotent_calls (
  -- The user, or where the request came from when nobody was recognised.
  asker TEXT NOT NULL,
  key TEXT NOT NULL,
  -- SHA-256 of method, path and query, in hex.
  request TEXT NOT NULL,
  -- The request that does it; another takes over when this one has been silent for long.
  claim TEXT NOT NULL,
  claimed_at INTEGER NOT NULL,
  -- SHA-256 of the body, in hex; none when nobody read it.
  body TEXT,
  -- None while it is being done.
  answer BLOB,
  forget_at INTEGER NOT NULL,
  PRIMARY KEY (asker, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotent_calls_forget_at ON idempotent_calls (forget_at);
