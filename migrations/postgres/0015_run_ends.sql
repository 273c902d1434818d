-- Runs of spaces end, by a person's word or by their time, and a person's word on one that is blocked
-- is a decision like the supervisor's.

ALTER TABLE pipeline_runs ADD COLUMN ended_at BIGINT;
CREATE INDEX pipeline_runs_idle ON pipeline_runs (updated_at);

-- Who decided, where it was a person, and what they said about it.
ALTER TABLE pipeline_decisions ADD COLUMN decided_by TEXT;
ALTER TABLE pipeline_decisions ADD COLUMN note TEXT;
