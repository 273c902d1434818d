//! The time of a command: on the wall, and on the processors with all its children.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// What one command took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) wall: Duration,
    /// User and system time of the command and of every process it waited for.
    pub(crate) cpu: Duration,
}

/// The shell counts processor time of children, which the standard library does not.
const TIMED: &str = r#"TIMEFORMAT='taken %3R %3U %3S'; time "$@""#;

/// Runs it; gives what it took and what it printed.
pub(crate) fn measure(command: &Command) -> Result<(Taken, String)> {
    let mut timed = Command::new("bash");
    timed.args(["-c", TIMED, "timed"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => timed.env(name, value),
            None => timed.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        timed.current_dir(folder);
    }
    let output = timed.stdin(Stdio::null()).env("LC_ALL", "C").output().context("cannot start bash")?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let program = command.get_program();
        bail!("{} ended with {}:\n{stdout}\n{stderr}", OsStr::to_string_lossy(program), output.status);
    }
    let line = stderr.lines().rev().find_map(|line| line.strip_prefix("taken "));
    let taken = line.and_then(read).context("the shell did not say what the command took")?;
    Ok((taken, stdout))
}

fn read(line: &str) -> Option<Taken> {
    let figures: Vec<f64> = line.split(' ').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [wall, user, system] = figures.try_into().ok()?;
    Some(Taken {
        wall: Duration::try_from_secs_f64(wall).ok()?,
        cpu: Duration::try_from_secs_f64(user + system).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_of_children_is_counted() {
        let mut busy = Command::new("bash");
        busy.args(["-c", "bash -c 'for ((i = 0; i < 200000; i++)); do :; done'; echo done"]);
        let (taken, printed) = measure(&busy).unwrap();
        assert_eq!(printed, "done\n");
        assert!(taken.cpu > Duration::from_millis(20), "{taken:?}");
    }

    #[test]
    fn a_command_that_fails_has_no_time() {
        assert!(measure(&Command::new("false")).is_err());
    }
}
