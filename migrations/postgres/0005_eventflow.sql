-- What people did in a preview that records it: taps, swipes and the like, never what a
-- sensor measured.

CREATE TABLE eventflow_events (
  job_id TEXT NOT NULL REFERENCES preview_jobs (id),
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  device_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('tap', 'swipe', 'tilt', 'shake', 'nav')),
  -- JSON.
  payload TEXT NOT NULL,
  -- Of device, kind and payload: what came lately is not kept again.
  digest TEXT NOT NULL,
  PRIMARY KEY (job_id, seq)
);

-- What is to be removed next.
CREATE INDEX preview_jobs_expiry ON preview_jobs (expires_at) WHERE expires_at IS NOT NULL;
