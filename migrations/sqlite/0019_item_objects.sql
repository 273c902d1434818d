-- What is kept in objects of a clip has a name of its own each time, so that objects are stored before
-- any row is held, and a row never tells of another request's. Null: the clip's own id.

ALTER TABLE content_items ADD COLUMN transcript_object TEXT;
ALTER TABLE content_items ADD COLUMN github_context_object TEXT;
CREATE INDEX content_items_transcript ON content_items (transcript_object);
CREATE INDEX content_items_context ON content_items (github_context_object);
