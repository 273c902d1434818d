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
