-- The queue, as in migrations/sqlite: the same tables, the same columns, the same rules.
--
-- Every whole number is a BIGINT, so that one piece of code reads both. A byte string sorts as
-- the number behind it does.

CREATE TABLE queues (
  name TEXT NOT NULL PRIMARY KEY,
  -- Where the queue's virtual clock stands: at the lane that was served last.
  virtual_time BIGINT NOT NULL
);

CREATE TABLE lanes (
  -- Names sort by their bytes, whatever language the database speaks.
  queue TEXT COLLATE "C" NOT NULL,
  tenant BIGINT NOT NULL,
  weight BIGINT NOT NULL CHECK (weight >= 0),
  cap BIGINT NOT NULL CHECK (cap >= 0),
  waiting BIGINT NOT NULL CHECK (waiting >= 0),
  running BIGINT NOT NULL CHECK (running >= 0),
  virtual_time BIGINT NOT NULL,
  PRIMARY KEY (queue, tenant)
);

CREATE TABLE jobs (
  id BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
  queue TEXT COLLATE "C" NOT NULL,
  tenant BIGINT NOT NULL,
  tries_max BIGINT NOT NULL,
  tries BIGINT NOT NULL CHECK (tries <= tries_max),
  fence BIGINT NOT NULL,
  gpu_until BIGINT,
  withdrawn BIGINT NOT NULL CHECK (withdrawn IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('waiting', 'leased', 'succeeded', 'failed', 'canceled', 'dead')),
  run_at BIGINT,
  worker BYTEA CHECK (octet_length(worker) = 16),
  leased_until BIGINT,
  code TEXT,
  CHECK ((state = 'waiting') = (run_at IS NOT NULL)),
  CHECK ((state = 'leased') = (worker IS NOT NULL AND leased_until IS NOT NULL)),
  CHECK ((state IN ('failed', 'dead')) = (code IS NOT NULL))
);

-- Small, whatever the number of jobs that have ended.
CREATE INDEX jobs_waiting ON jobs (queue, tenant, run_at, id) WHERE state = 'waiting';
CREATE INDEX jobs_leased ON jobs (leased_until) WHERE state = 'leased';

CREATE TABLE idempotency_keys (
  tenant BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  body BYTEA NOT NULL CHECK (octet_length(body) = 32),
  job BYTEA NOT NULL CHECK (octet_length(job) = 16),
  PRIMARY KEY (tenant, name)
);
