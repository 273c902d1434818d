-- What each try of each step of a pipeline took, so that the slow ones can be told apart.

CREATE TABLE step_runs (
  -- SHA-256 of the run, in hex.
  run TEXT NOT NULL,
  step TEXT NOT NULL,
  -- Counts from 1.
  attempt BIGINT NOT NULL,
  pipeline TEXT NOT NULL,
  -- The job of the queue whose run it is.
  job_id TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('done', 'failed')),
  -- Of all calls of the try together.
  fuel BIGINT NOT NULL,
  sandbox_us BIGINT NOT NULL,
  models_us BIGINT NOT NULL,
  asks BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  PRIMARY KEY (run, step, attempt)
);
CREATE INDEX step_runs_ended ON step_runs (ended_at);

-- How long services of spaces took lately is asked for often.
CREATE INDEX pipeline_jobs_ended ON pipeline_jobs (updated_at) WHERE status = 'completed';
