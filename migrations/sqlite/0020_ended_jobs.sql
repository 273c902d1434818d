-- Jobs that are over leave the queue, as in migrations/postgres. There is nothing to vacuum here, and
-- so no partitions; and what is taken out of an index is gone, so that lanes need no low mark.

CREATE TABLE ended_jobs (
  id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  queue TEXT NOT NULL,
  tenant INTEGER NOT NULL,
  tries_max INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  gpu_until INTEGER,
  withdrawn INTEGER NOT NULL CHECK (withdrawn IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('succeeded', 'failed', 'canceled', 'dead')),
  code TEXT,
  -- Milliseconds since 1970, by the queue's clock.
  ended_at INTEGER NOT NULL,
  CHECK ((state IN ('failed', 'dead')) = (code IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX ended_jobs_ended_at ON ended_jobs (ended_at);

INSERT INTO ended_jobs
  SELECT id, queue, tenant, tries_max, tries, fence, gpu_until, withdrawn, state, code, unixepoch() * 1000
  FROM jobs WHERE state NOT IN ('waiting', 'leased');
DELETE FROM jobs WHERE state NOT IN ('waiting', 'leased');

-- The names of requests go with the jobs that they led to.
CREATE INDEX idempotency_keys_job ON idempotency_keys (job);
