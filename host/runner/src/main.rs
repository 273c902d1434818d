//! `hivesync-runner zygote [--allow-degraded]`: see `hivesync_protocol::ToZygote`.

use std::process::ExitCode;

use hivesync_lockdown::Degraded;
use hivesync_runner::zygote;

/// A wrong command line.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let degraded = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["zygote"] => Degraded::Refuse,
        ["zygote", "--allow-degraded"] => Degraded::Allow,
        _ => {
            eprintln!("usage: hivesync-runner zygote [--allow-degraded]");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    zygote::serve(&zygote::Options::new(degraded))
}
