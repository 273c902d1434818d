-- Who pays for what, as the payment provider tells it, and what it has told.

CREATE TABLE subscriptions (
  -- The provider's.
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  order_id TEXT NOT NULL,
  tier TEXT NOT NULL CHECK (tier IN ('pro', 'premium')),
  -- It gives its tier now.
  is_good INTEGER NOT NULL CHECK (is_good IN (0, 1)),
  status TEXT NOT NULL,
  -- By the provider's clock: what was said earlier and arrives later counts for nothing.
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX subscriptions_user ON subscriptions (user_id);
CREATE INDEX subscriptions_order ON subscriptions (order_id);

CREATE TABLE billing_events (
  event_id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  -- The subscription or order that it is about.
  subject TEXT NOT NULL,
  received_at INTEGER NOT NULL
) STRICT;
