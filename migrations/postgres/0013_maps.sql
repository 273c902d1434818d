-- What is asked about the map of a project, and the versions of it that are kept. The maps
-- themselves are objects.

CREATE TABLE map_jobs (
  -- The number of the job in the queue, as a ULID; also the name of what it leaves behind.
  id TEXT NOT NULL PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  tier TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('map', 'diff', 'simulate')),
  -- JSON: what was asked.
  question TEXT NOT NULL,
  -- Versions that are kept when this one is done.
  versions_max BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'success', 'failed', 'canceled')),
  -- The newest claim of the queue that has begun: a word of an older one counts for nothing.
  fence BIGINT NOT NULL,
  worker_id TEXT,
  -- What it left behind is still there.
  is_kept BIGINT NOT NULL CHECK (is_kept IN (0, 1)),
  error_code TEXT,
  -- JSON: the problem as the user sees it.
  error TEXT,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  finished_at BIGINT
);
CREATE INDEX map_jobs_project ON map_jobs (project_id, kind, id);
CREATE INDEX map_jobs_open ON map_jobs (id) WHERE state IN ('queued', 'running');

CREATE TABLE map_versions (
  -- The job that made it.
  id TEXT NOT NULL PRIMARY KEY REFERENCES map_jobs (id),
  project_id TEXT NOT NULL REFERENCES projects (id),
  image TEXT NOT NULL,
  cia TEXT NOT NULL CHECK (cia IN ('off', 'basic', 'deep')),
  -- SHA-256 of the map, in hex.
  digest TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  nodes BIGINT NOT NULL,
  edges BIGINT NOT NULL,
  partial BIGINT NOT NULL CHECK (partial IN (0, 1)),
  created_at BIGINT NOT NULL
);
CREATE INDEX map_versions_project ON map_versions (project_id, id);
