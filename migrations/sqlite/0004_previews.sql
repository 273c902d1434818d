-- Previews as their users see them. The queue knows when a job runs and where; what it is
-- about, how far it is and what came of it stands here.

CREATE TABLE preview_jobs (
  -- The number of the job in the queue, as a ULID.
  id TEXT NOT NULL PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  tier TEXT NOT NULL,
  platform TEXT NOT NULL,
  image TEXT NOT NULL,
  -- JSON: what was asked for, and an array of devices with their sensor flags.
  options TEXT NOT NULL,
  devices TEXT NOT NULL,
  eventflow_enabled INTEGER NOT NULL CHECK (eventflow_enabled IN (0, 1)),
  token_version INTEGER NOT NULL,
  -- The caller's name for the request, and the digest of its body.
  idempotency_key TEXT,
  body_digest TEXT NOT NULL,
  state TEXT NOT NULL
    CHECK (state IN ('queued', 'building', 'bundling', 'uploading', 'success', 'failed', 'canceled')),
  stage TEXT NOT NULL,
  -- Thousandths.
  progress INTEGER NOT NULL CHECK (progress BETWEEN 0 AND 1000),
  -- The newest claim of the queue that has begun: a word of an older one counts for nothing.
  fence INTEGER NOT NULL,
  worker_id TEXT,
  timeout INTEGER NOT NULL CHECK (timeout IN (0, 1)),
  error_code TEXT,
  -- JSON: the problem as the user sees it.
  error TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  expires_at INTEGER
) STRICT;
CREATE UNIQUE INDEX preview_jobs_key ON preview_jobs (user_id, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
CREATE INDEX preview_jobs_project ON preview_jobs (project_id, id);
CREATE INDEX preview_jobs_user ON preview_jobs (user_id, created_at);
CREATE INDEX preview_jobs_open ON preview_jobs (id)
  WHERE state IN ('queued', 'building', 'bundling', 'uploading');

CREATE TABLE preview_artifacts (
  job_id TEXT NOT NULL REFERENCES preview_jobs (id),
  device_id TEXT NOT NULL,
  bundle_key TEXT NOT NULL,
  metadata_key TEXT NOT NULL,
  -- SHA-256 of the zip, in hex.
  digest TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (job_id, device_id)
) STRICT, WITHOUT ROWID;

-- What happened to a job, in order; a stream of it can be taken up again anywhere.
CREATE TABLE preview_events (
  job_id TEXT NOT NULL REFERENCES preview_jobs (id),
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (job_id, seq)
) STRICT, WITHOUT ROWID;
