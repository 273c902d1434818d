-- Workers and their signs of life, for health checks, the admin page and the autoscaler. The
-- queue does not look here: whose job it is, its leases say.

CREATE TABLE worker_nodes (
  -- A ULID: a process that starts again is another worker.
  id TEXT NOT NULL PRIMARY KEY,
  -- The machine; a label, which says nothing about who holds what.
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('cpu', 'gpu', 'cleanup')),
  -- Names with a comma between them; empty for a worker that serves none.
  queues TEXT NOT NULL,
  concurrency BIGINT NOT NULL,
  version TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  -- When it left by itself; none while it is there, and for one that died.
  stopped_at BIGINT
);
CREATE INDEX worker_nodes_seen ON worker_nodes (last_seen_at);

CREATE TABLE worker_heartbeats (
  worker_id TEXT NOT NULL REFERENCES worker_nodes (id),
  at BIGINT NOT NULL,
  -- Thousandths of one machine: of its processors, and of its GPU where it has one.
  cpu_load BIGINT NOT NULL,
  gpu_load BIGINT,
  memory_bytes BIGINT NOT NULL,
  -- Jobs that wait in the queues it serves.
  queue_depth BIGINT NOT NULL,
  active_jobs BIGINT NOT NULL,
  -- Jobs that ended here since the sign before.
  done BIGINT NOT NULL,
  failed BIGINT NOT NULL,
  PRIMARY KEY (worker_id, at)
);
CREATE INDEX worker_heartbeats_at ON worker_heartbeats (at);
