-- Jobs that are over leave the queue, so that claims never meet them and nothing of theirs has to be
-- vacuumed: they are appended to a partition a day, which is dropped whole when its time is over.

CREATE TABLE ended_jobs (
  id BYTEA NOT NULL CHECK (octet_length(id) = 16),
  queue TEXT COLLATE "C" NOT NULL,
  tenant BIGINT NOT NULL,
  tries_max BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  fence BIGINT NOT NULL,
  gpu_until BIGINT,
  withdrawn BIGINT NOT NULL CHECK (withdrawn IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('succeeded', 'failed', 'canceled', 'dead')),
  code TEXT,
  -- Milliseconds since 1970, by this database's clock.
  ended_at BIGINT NOT NULL,
  CHECK ((state IN ('failed', 'dead')) = (code IS NOT NULL))
) PARTITION BY RANGE (ended_at);
-- A late word about a job finds out that it is over.
CREATE INDEX ended_jobs_id ON ended_jobs (id);
-- What no day's partition was made for in time.
CREATE TABLE ended_jobs_rest PARTITION OF ended_jobs DEFAULT;

-- As if they had ended yesterday, which gets no partition of its own.
INSERT INTO ended_jobs
  SELECT id, queue, tenant, tries_max, tries, fence, gpu_until, withdrawn, state, code,
    (extract(epoch FROM clock_timestamp()) * 1000)::bigint - 86400000
  FROM jobs WHERE state NOT IN ('waiting', 'leased');
DELETE FROM jobs WHERE state NOT IN ('waiting', 'leased');

-- No job of the lane that waits is due before this moment: a claim does not walk over what others took
-- before it and what stays in the index while somebody keeps an old snapshot.
ALTER TABLE lanes ADD COLUMN low BIGINT NOT NULL DEFAULT 0;
