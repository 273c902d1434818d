-- What runs of pipelines asked models and were answered, what that took, and documentation that
-- models wrote.

-- What a run works on, kept as long as its job is under way: a job that is taken over is the same
-- run, whatever has changed meanwhile.
CREATE TABLE pipeline_inputs (
  job_id TEXT NOT NULL PRIMARY KEY,
  -- JSON.
  input TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE model_asks (
  -- SHA-256 of the run, and of the question at its place in it, in hex.
  run TEXT NOT NULL,
  question TEXT NOT NULL,
  -- The job whose run it is.
  job_id TEXT NOT NULL,
  -- Whose tokens they are, and of which day.
  payer TEXT NOT NULL,
  day BIGINT NOT NULL,
  -- Tokens: set aside before it is asked, and taken once it is answered.
  tokens BIGINT NOT NULL,
  -- JSON; null: it is asked.
  answer TEXT,
  asked_at BIGINT NOT NULL,
  answered_at BIGINT,
  PRIMARY KEY (run, question)
);
CREATE INDEX model_asks_asked ON model_asks (asked_at);

-- Tokens of a day: of a payer, and of all of them under the empty name.
CREATE TABLE token_spending (
  -- Days since 1970, in UTC.
  day BIGINT NOT NULL,
  payer TEXT NOT NULL,
  tier TEXT NOT NULL,
  tokens BIGINT NOT NULL,
  PRIMARY KEY (day, payer)
);

CREATE TABLE ai_doc_jobs (
  -- The number of its job in the queue, as a ULID.
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  -- Empty for a file of no project.
  project_id TEXT NOT NULL,
  tier TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('summary', 'comments', 'rename', 'full')),
  path TEXT NOT NULL,
  -- JSON with the file's text; empty once the job is over.
  request TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'success', 'failed')),
  -- The newest claim of the queue that has begun: a word of an older one counts for nothing.
  fence BIGINT NOT NULL,
  worker_id TEXT,
  error_code TEXT,
  -- JSON: the problem as the user sees it.
  error TEXT,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  finished_at BIGINT
);
CREATE INDEX ai_doc_jobs_user ON ai_doc_jobs (user_id, created_at);
CREATE INDEX ai_doc_jobs_project ON ai_doc_jobs (project_id, id);
CREATE INDEX ai_doc_jobs_open ON ai_doc_jobs (id) WHERE state IN ('queued', 'running');

-- What came of those that went well; the documentation itself is an object.
CREATE TABLE ai_doc_history (
  -- The job.
  id TEXT NOT NULL PRIMARY KEY REFERENCES ai_doc_jobs (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  project_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  path TEXT NOT NULL,
  -- SHA-256 of the object, in hex.
  digest TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX ai_doc_history_project ON ai_doc_history (project_id, id);
