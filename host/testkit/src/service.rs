//! One process that serves others.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How long a service may take to come up or to go.
const PATIENCE: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(5);

/// Whom a process runs as.
#[derive(Debug, Clone, Copy)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// A certificate and its key, in PEM.
#[derive(Debug, Clone)]
pub struct KeyPair {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

impl KeyPair {
    /// Writes them as `server.crt` and `server.key`, for their owner alone.
    pub(crate) fn write(&self, folder: &Path, user: Option<User>) -> Result<()> {
        for (name, text) in [("server.crt", &self.certificate), ("server.key", &self.key)] {
            let path = folder.join(name);
            fs::write(&path, text)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            if let Some(user) = user {
                chown(&path, Some(user.uid), Some(user.gid))?;
            }
        }
        Ok(())
    }
}

/// A running service.
#[derive(Debug)]
pub(crate) struct Service {
    child: Child,
    stop: Signal,
}

impl Service {
    /// Starts `program` and waits until its log says `ready`.
    pub(crate) fn start(
        program: &Path,
        args: &[String],
        user: Option<User>,
        (log, ready): (&Path, &str),
        stop: Signal,
    ) -> Result<Self> {
        let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        // Whoever is killed cannot stop what it started; the kernel does it then.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if let Some(user) = user {
            command.arg(format!("--reuid={}", user.uid)).arg(format!("--regid={}", user.gid));
            command.arg("--clear-groups");
        }
        command.arg(program).args(args).env("LC_ALL", "C").process_group(0);
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let mut service = Self { child, stop };
        service.wait_for(log, ready).with_context(|| format!("{} did not come up", program.display()))?;
        Ok(service)
    }

    fn wait_for(&mut self, log: &Path, ready: &str) -> Result<()> {
        let start = Instant::now();
        loop {
            let said = fs::read_to_string(log).unwrap_or_default();
            if said.contains(ready) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status} and said: {said}");
            }
            if start.elapsed() > PATIENCE {
                bail!("it is not ready after {} s and said: {said}", PATIENCE.as_secs());
            }
            std::thread::sleep(GLANCE);
        }
    }

    /// Ends it as its own signal asks it to.
    pub(crate) fn stop(&mut self) -> Result<()> {
        self.signal(self.stop)?;
        let start = Instant::now();
        while self.child.try_wait()?.is_none() {
            if start.elapsed() > PATIENCE {
                self.child.kill()?;
            }
            std::thread::sleep(GLANCE);
        }
        Ok(())
    }

    /// Ends it at once, as a machine that fails does.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("no such process")?;
        kill_process(pid, signal).context("cannot signal a service")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.stop();
    }
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("there is no free port")?;
    Ok(listener.local_addr()?.port())
}

/// A program in `PATH`, or in one of these folders.
pub(crate) fn program(name: &str, folders: &[PathBuf]) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(folders.iter().cloned())
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .with_context(|| format!("there is no {name} here; run `cargo xtask setup`"))
}

/// A program that was built here: in the folder of the running tests, or in one above it.
pub(crate) fn built(path: &str) -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let mut folders = here.ancestors().skip(1).take(3).map(|folder| folder.join(path));
    folders.find(|file| file.is_file()).with_context(|| format!("{path} is not built"))
}
