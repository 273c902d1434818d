-- One more thing is asked about maps: why an element has its value of a property.

ALTER TABLE map_jobs DROP CONSTRAINT map_jobs_kind_check;
ALTER TABLE map_jobs ADD CONSTRAINT map_jobs_kind_check CHECK (kind IN ('map', 'diff', 'simulate', 'why'));
