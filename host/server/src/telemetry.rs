//! Logs, on stderr, at `LOG_LEVEL`. Only errors unless more is asked for: the command's own words are
//! for people, the log is for operators.

use std::io;

use tracing_subscriber::EnvFilter;

/// Starts logging. A level that is none is taken for `warn`.
pub(crate) fn start() {
    let level = std::env::var("LOG_LEVEL").unwrap_or_else(|_| "error".to_owned());
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("warn"));
    // Only a second start could fail.
    let _ =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false).try_init();
}
