-- Spaces that pictures show: runs of several steps, the services of each step, what they made, and
-- what was decided.

CREATE TABLE pipeline_runs (
  id TEXT NOT NULL PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  tier TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'blocked')),
  -- What the user wants, in words.
  request TEXT NOT NULL,
  plan TEXT NOT NULL CHECK (plan IN ('residential', 'other')),
  -- Width to height of what is made of it, such as 16:9, and whether it may still change.
  ratio TEXT NOT NULL,
  ratio_locked BIGINT NOT NULL CHECK (ratio_locked IN (0, 1)),
  -- How large previews are from the fourth step on.
  quality_post_step4 TEXT NOT NULL CHECK (quality_post_step4 IN ('1K', '2K', '4K')),
  -- Bytes of everything that was uploaded.
  payload_size_estimate BIGINT NOT NULL,
  -- The next step.
  current_step BIGINT NOT NULL,
  -- Of all steps together.
  retries_left BIGINT NOT NULL,
  -- Why it is blocked, or what went wrong last: our own words, and where.
  last_error TEXT,
  last_error_stack TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX pipeline_runs_project ON pipeline_runs (project_id, id);

CREATE TABLE pipeline_jobs (
  id TEXT NOT NULL PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES pipeline_runs (id),
  step_id BIGINT NOT NULL,
  service TEXT NOT NULL CHECK (service IN ('image_io', 'info_worker', 'comparison', 'supervisor')),
  status TEXT NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed', 'blocked')),
  attempts BIGINT NOT NULL,
  max_attempts BIGINT NOT NULL,
  -- JSON: ids, and nothing else.
  payload_ref TEXT NOT NULL,
  -- The artifact with the result.
  result_ref TEXT,
  -- SHA-256 of run, step, service and input, in hex: never of a time.
  idempotency_key TEXT NOT NULL UNIQUE,
  locked_at BIGINT,
  locked_by TEXT,
  last_error TEXT,
  last_error_stack TEXT,
  processing_time_ms BIGINT,
  -- The job of the queue that does it, as a ULID, and its newest claim that took it.
  queue_job TEXT NOT NULL,
  fence BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX pipeline_jobs_run ON pipeline_jobs (run_id, step_id);
CREATE INDEX pipeline_jobs_queue ON pipeline_jobs (queue_job);
CREATE INDEX pipeline_jobs_open ON pipeline_jobs (queue_job) WHERE status IN ('pending', 'running');

CREATE TABLE pipeline_artifacts (
  id TEXT NOT NULL PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES pipeline_runs (id),
  -- Null: an upload that no step has taken yet.
  step_id BIGINT,
  kind TEXT NOT NULL CHECK (kind IN ('preview', 'original', 'json', 'metadata')),
  storage_bucket TEXT NOT NULL,
  storage_path TEXT NOT NULL UNIQUE,
  signed_url_cached TEXT,
  signed_url_expires_at BIGINT,
  -- JSON.
  metadata_json TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  -- SHA-256 of the object.
  digest TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX pipeline_artifacts_run ON pipeline_artifacts (run_id, id);

CREATE TABLE pipeline_decisions (
  id TEXT NOT NULL PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES pipeline_runs (id),
  step_id BIGINT NOT NULL,
  -- Which supervision of the step it was, from 1.
  attempt BIGINT NOT NULL,
  decision TEXT NOT NULL CHECK (decision IN ('proceed', 'retry', 'block')),
  -- JSON each.
  schema_validations TEXT NOT NULL,
  rule_checks TEXT NOT NULL,
  llm_audit TEXT NOT NULL,
  retry_budget_remaining BIGINT NOT NULL,
  block_reason TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX pipeline_decisions_run ON pipeline_decisions (run_id, id);
