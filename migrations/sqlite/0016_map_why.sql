-- One more thing is asked about maps: why an element has its value of a property.
-- What a column may hold cannot be changed in place, so the table is made again, and with it the one
-- whose rows point to it.

CREATE TABLE map_jobs_next (
  -- The number of the job in the queue, as a ULID; also the name of what it leaves behind.
  id TEXT NOT NULL PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  tier TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('map', 'diff', 'simulate', 'why')),
  -- JSON: what was asked.
  question TEXT NOT NULL,
  -- Versions that are kept when this one is done.
  versions_max INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'success', 'failed', 'canceled')),
  -- The newest claim of the queue that has begun: a word of an older one counts for nothing.
  fence INTEGER NOT NULL,
  worker_id TEXT,
  -- What it left behind is still there.
  is_kept INTEGER NOT NULL CHECK (is_kept IN (0, 1)),
  error_code TEXT,
  -- JSON: the problem as the user sees it.
  error TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER
) STRICT;
INSERT INTO map_jobs_next SELECT * FROM map_jobs;

CREATE TABLE map_versions_next (
  -- The job that made it.
  id TEXT NOT NULL PRIMARY KEY REFERENCES map_jobs_next (id),
  project_id TEXT NOT NULL REFERENCES projects (id),
  image TEXT NOT NULL,
  cia TEXT NOT NULL CHECK (cia IN ('off', 'basic', 'deep')),
  -- SHA-256 of the map, in hex.
  digest TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  nodes INTEGER NOT NULL,
  edges INTEGER NOT NULL,
  partial INTEGER NOT NULL CHECK (partial IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT;
INSERT INTO map_versions_next SELECT * FROM map_versions;

-- First the rows that point, then those that they point to. A rename takes the pointers along.
DROP TABLE map_versions;
DROP TABLE map_jobs;
ALTER TABLE map_jobs_next RENAME TO map_jobs;
ALTER TABLE map_versions_next RENAME TO map_versions;

CREATE INDEX map_jobs_project ON map_jobs (project_id, kind, id);
CREATE INDEX map_jobs_open ON map_jobs (id) WHERE state IN ('queued', 'running');
CREATE INDEX map_versions_project ON map_versions (project_id, id);
