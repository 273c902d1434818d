//! Bounds that no policy moves: the shape of one call, as the prose of `wit/` states it.
//! A test compares the two.

/// Bytes of a path in the project image.
pub const PATH_BYTES_MAX: usize = 1024;
/// Entries that one `project.entries` returns.
pub const ENTRIES_PER_CALL_MAX: usize = 4096;
/// Bytes of a line of the run's log; the rest is cut.
pub const LOG_LINE_BYTES_MAX: usize = 4096;
/// Bytes of an artifact's name.
pub const ARTIFACT_NAME_BYTES_MAX: usize = 255;
/// Bytes of one segment of an artifact's name.
pub const ARTIFACT_SEGMENT_BYTES_MAX: usize = 128;
/// Jobs of one `mapper.transform`.
pub const MAP_JOBS_PER_CALL_MAX: usize = 4096;
/// Modules of one `mapper.link`.
pub const LINK_MODULES_MAX: usize = 262_144;
/// Files that the build plugins of one `mapper.rewrite` consist of.
pub const PLUGIN_PROGRAMS_MAX: usize = 8192;
/// Bytes of JSON that a pipeline's step takes or makes.
pub const STEP_JSON_BYTES_MAX: usize = 4_194_304;
/// Attachments that a step takes or makes.
pub const STEP_ATTACHMENTS_MAX: usize = 64;
/// Bytes of an attachment's name.
pub const STEP_ATTACHMENT_NAME_BYTES_MAX: usize = 128;
/// Bytes that a step leaves for itself beside a question.
pub const STEP_STATE_BYTES_MAX: usize = 4_194_304;
/// Questions of one step; a pipeline's definition allows fewer.
pub const STEP_ASKS_MAX: usize = 16;
/// Bytes of what a question says that it is for.
pub const ASK_PURPOSE_BYTES_MAX: usize = 64;
/// Messages of a question.
pub const ASK_MESSAGES_MAX: usize = 16;
/// Bytes of the text of all messages of a question.
pub const ASK_TEXT_BYTES_MAX: usize = 2_097_152;
/// Bytes of the schema of a reply.
pub const ASK_SCHEMA_BYTES_MAX: usize = 65_536;
/// Pictures of a question.
pub const ASK_PICTURES_MAX: usize = 12;
/// Tokens that a question asks for.
pub const ASK_TOKENS_MAX: u32 = 16_384;
/// Bytes of a reply.
pub const REPLY_BYTES_MAX: usize = 262_144;
