-- Who may ask: accounts, the sessions of people and the keys of programs. No secret stands
-- here: of passwords an Argon2id hash, of tokens and keys the SHA-256.
--
-- Ids are ULIDs as text. Times are milliseconds since 1970.

CREATE TABLE users (
  id TEXT NOT NULL PRIMARY KEY,
  -- In lower case, so that an address has one account.
  email TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  tier TEXT NOT NULL CHECK (tier IN ('guest', 'free', 'pro', 'premium')),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE user_profiles (
  user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id),
  display_name TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE refresh_tokens (
  digest TEXT NOT NULL PRIMARY KEY,
  -- The login that it descends from: all of them end together.
  family TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER,
  revoked_at INTEGER
) STRICT;
CREATE INDEX refresh_tokens_family ON refresh_tokens (family);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

-- Good for one use, within two minutes.
CREATE TABLE session_tokens (
  token TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  expires_at INTEGER NOT NULL,
  used INTEGER NOT NULL CHECK (used IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
  id TEXT NOT NULL PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL REFERENCES users (id),
  name TEXT NOT NULL,
  -- The first characters, so that people can tell their keys apart.
  prefix TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;
CREATE INDEX api_keys_user ON api_keys (user_id);

-- What was done by whom; never changed.
CREATE TABLE audit_logs (
  id TEXT NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL,
  -- A user, a worker or a key's name; none when nobody was recognised.
  actor TEXT,
  action TEXT NOT NULL,
  subject TEXT,
  -- The stable code of a refusal; none when it was allowed.
  code TEXT,
  request_id TEXT NOT NULL
) STRICT;
CREATE INDEX audit_logs_at ON audit_logs (at);

-- Signed requests that were admitted, until their timestamp would be refused.
CREATE TABLE nonces (
  nonce TEXT NOT NULL PRIMARY KEY,
  forget_at INTEGER NOT NULL
) STRICT;
CREATE INDEX nonces_forget_at ON nonces (forget_at);
