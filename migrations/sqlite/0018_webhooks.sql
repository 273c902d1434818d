-- Addresses that the owners of projects want told of what happens in them, and each message for
-- each of them until a while after it arrived or was given up.

CREATE TABLE webhooks (
  id TEXT NOT NULL PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id),
  created_by TEXT NOT NULL REFERENCES users (id),
  url TEXT NOT NULL,
  -- Names of events, each with a comma on both sides.
  events TEXT NOT NULL,
  -- What messages are signed with, sealed.
  secret BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  -- Since when nothing is sent there, because nothing arrived.
  disabled_at INTEGER
) STRICT;
CREATE INDEX webhooks_project ON webhooks (project_id, id);

CREATE TABLE webhook_messages (
  -- One that is gone by now has its messages removed when they are due.
  webhook_id TEXT NOT NULL,
  -- The job that it is about, which ends once; a ULID of its own for a test.
  message_id TEXT NOT NULL,
  event TEXT NOT NULL,
  -- JSON.
  data TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
  -- Counted before each is made.
  attempts INTEGER NOT NULL,
  -- When the next one may be made; while one is made, when it is given up for lost.
  due_at INTEGER NOT NULL,
  -- What came of the last one.
  status_code INTEGER,
  error TEXT,
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  PRIMARY KEY (webhook_id, message_id)
) STRICT;
CREATE INDEX webhook_messages_due ON webhook_messages (due_at, webhook_id) WHERE state = 'pending';
CREATE INDEX webhook_messages_finished ON webhook_messages (finished_at) WHERE finished_at IS NOT NULL;
