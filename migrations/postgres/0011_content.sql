-- Clips that posts are made from, what happened in repositories, and the jobs that make posts.

CREATE TABLE content_items (
  -- Ours: it names the item's objects.
  id TEXT NOT NULL PRIMARY KEY,
  -- The sender's.
  content_item_id TEXT NOT NULL UNIQUE,
  -- Those of its fields that lists are filtered and sorted by; `document` has all of them.
  clip_created_at BIGINT NOT NULL,
  clip_view_count BIGINT NOT NULL,
  clip_duration DOUBLE PRECISION NOT NULL,
  content_score DOUBLE PRECISION,
  platform TEXT NOT NULL,
  processing_status TEXT NOT NULL,
  content_category TEXT NOT NULL,
  -- JSON.
  document TEXT NOT NULL,
  -- Objects hold the transcript and the context of the repository; bytes, null for none.
  transcript_size_bytes BIGINT,
  transcript_words BIGINT NOT NULL,
  github_context_size_bytes BIGINT,
  stored_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX content_items_created ON content_items (clip_created_at, id);

CREATE TABLE repository_events (
  -- Owner and name, in lower case.
  repository TEXT NOT NULL,
  -- Made of what happened, so that the same comes in once.
  event_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('pull_request', 'commit', 'issue')),
  title TEXT NOT NULL,
  url TEXT,
  occurred_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (repository, event_id)
);
CREATE INDEX repository_events_time ON repository_events (repository, occurred_at);

CREATE TABLE webhook_deliveries (
  delivery_id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  received_at BIGINT NOT NULL
);

CREATE TABLE content_jobs (
  -- The number of its job in the queue, as a ULID.
  id TEXT NOT NULL PRIMARY KEY,
  -- The key that signed the request.
  key_id TEXT NOT NULL,
  idempotency_key TEXT,
  request_digest TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('queued', 'processing', 'completed', 'failed')),
  -- JSON.
  request TEXT NOT NULL,
  step TEXT NOT NULL,
  step_current BIGINT NOT NULL,
  step_total BIGINT NOT NULL,
  -- The newest claim that has begun.
  fence BIGINT NOT NULL,
  worker_id TEXT,
  -- JSON.
  result TEXT,
  error_code TEXT,
  error TEXT,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  finished_at BIGINT,
  expires_at BIGINT NOT NULL,
  UNIQUE (key_id, idempotency_key)
);
CREATE INDEX content_jobs_open ON content_jobs (id) WHERE status IN ('queued', 'processing');
CREATE INDEX content_jobs_expires ON content_jobs (expires_at);
