-- The queue. One row a job, from its request to its end; who may run how much stands in the
-- lanes. The rules are those of host/jobs: this only remembers.
--
-- Numbers behind ULIDs and digests are blobs of 16 and 32 bytes, so that they sort as they do
-- there. Times are milliseconds since 1970 by this database's own clock.

CREATE TABLE queues (
  name TEXT NOT NULL PRIMARY KEY,
  -- Where the queue's virtual clock stands: at the lane that was served last.
  virtual_time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lanes (
  queue TEXT NOT NULL,
  tenant INTEGER NOT NULL,
  weight INTEGER NOT NULL CHECK (weight >= 0),
  cap INTEGER NOT NULL CHECK (cap >= 0),
  waiting INTEGER NOT NULL CHECK (waiting >= 0),
  running INTEGER NOT NULL CHECK (running >= 0),
  virtual_time INTEGER NOT NULL,
  PRIMARY KEY (queue, tenant)
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
  id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  queue TEXT NOT NULL,
  tenant INTEGER NOT NULL,
  tries_max INTEGER NOT NULL,
  tries INTEGER NOT NULL CHECK (tries <= tries_max),
  fence INTEGER NOT NULL,
  gpu_until INTEGER,
  withdrawn INTEGER NOT NULL CHECK (withdrawn IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('waiting', 'leased', 'succeeded', 'failed', 'canceled', 'dead')),
  run_at INTEGER,
  worker BLOB CHECK (length(worker) = 16),
  leased_until INTEGER,
  code TEXT,
  CHECK ((state = 'waiting') = (run_at IS NOT NULL)),
  CHECK ((state = 'leased') = (worker IS NOT NULL AND leased_until IS NOT NULL)),
  CHECK ((state IN ('failed', 'dead')) = (code IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- Small, whatever the number of jobs that have ended.
CREATE INDEX jobs_waiting ON jobs (queue, tenant, run_at, id) WHERE state = 'waiting';
CREATE INDEX jobs_leased ON jobs (leased_until) WHERE state = 'leased';

CREATE TABLE idempotency_keys (
  tenant INTEGER NOT NULL,
  name TEXT NOT NULL,
  body BLOB NOT NULL CHECK (length(body) = 32),
  job BLOB NOT NULL CHECK (length(job) = 16),
  PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;
