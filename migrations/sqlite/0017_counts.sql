-- What all processes of a fleet counted, for /metrics: workers have no address of their own at which
-- they could be asked. Counts only grow, and each is of the whole fleet since its first start.

CREATE TABLE counts (
  name TEXT NOT NULL,
  -- Which of its kind, such as a code; empty where there is one only.
  label TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (name, label)
);
