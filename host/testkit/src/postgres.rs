//! A PostgreSQL of one's own.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::service::{KeyPair, Service, User, free_port, program};

/// Where Debian puts the server; clients alone are in `PATH`.
const DEBIAN: &str = "/usr/lib/postgresql";
const READY: &str = "database system is ready to accept connections";
/// Whom it runs as when we are root, who may not run it.
const NOBODY: User = User { uid: 65534, gid: 65534 };

/// Whether a commit is on disk when it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It is: for crashes and measurements.
    Full,
    /// Nobody pulls the plug of this test.
    None,
}

/// The server. Its files go with it.
#[derive(Debug)]
pub struct Postgres {
    service: Option<Service>,
    port: u16,
    durability: Durability,
    user: Option<User>,
    is_encrypted: bool,
    folder: TempDir,
}

impl Postgres {
    /// Makes a cluster and starts its server.
    pub fn start(durability: Durability) -> Result<Self> {
        Self::begin(durability, None)
    }

    /// The same with a certificate; what is not encrypted is refused.
    pub fn encrypted(pair: &KeyPair) -> Result<Self> {
        Self::begin(Durability::None, Some(pair))
    }

    fn begin(durability: Durability, pair: Option<&KeyPair>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("hivesync-postgres-").tempdir()?;
        let user = rustix::process::geteuid().is_root().then_some(NOBODY);
        if let Some(user) = user {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700))?;
            chown(folder.path(), Some(user.uid), Some(user.gid))?;
        }
        let is_encrypted = pair.is_some();
        let mut postgres = Self { service: None, port: free_port()?, durability, user, is_encrypted, folder };
        postgres.make_cluster()?;
        if let Some(pair) = pair {
            let data = postgres.folder.path().join("data");
            pair.write(&data, user)?;
            fs::write(data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n")?;
        }
        postgres.start_again()?;
        Ok(postgres)
    }

    /// The address of a database; `postgres` is always there.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://hivesync@127.0.0.1:{}/{database}", self.port)
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What `psql` answers to one statement: a line a row, with `|` between columns.
    pub fn say(&self, sql: &str) -> Result<String> {
        let mut psql = Command::new(program("psql", &[])?);
        psql.args(["--no-psqlrc", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--command", sql]);
        let said =
            psql.arg(self.url("postgres")).stdin(Stdio::null()).output().context("cannot start psql")?;
        if !said.status.success() {
            bail!("psql: {}", String::from_utf8_lossy(&said.stderr));
        }
        Ok(String::from_utf8_lossy(&said.stdout).trim_end().to_owned())
    }

    /// Starts the server after it was stopped, at the same port.
    pub fn start_again(&mut self) -> Result<()> {
        let data = self.folder.path().join("data");
        let mut args =
            vec!["-D".to_owned(), data.display().to_string(), "-p".to_owned(), self.port.to_string()];
        let folder = format!("unix_socket_directories={}", self.folder.path().display());
        let mut settings =
            vec!["listen_addresses=127.0.0.1".to_owned(), folder, "max_connections=200".to_owned()];
        if self.durability == Durability::None {
            settings.push("fsync=off".to_owned());
        }
        if self.is_encrypted {
            let encryption = ["ssl=on", "ssl_cert_file=server.crt", "ssl_key_file=server.key"];
            settings.extend(encryption.map(str::to_owned));
        }
        args.extend(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]));
        let log = self.folder.path().join("log");
        // An immediate shutdown: nobody is waited for, and nothing of the system is left behind.
        let (server, ready) = (binary("postgres")?, (log.as_path(), READY));
        self.service = Some(Service::start(&server, &args, self.user, ready, Signal::QUIT)?);
        Ok(())
    }

    /// Stops the server without waiting for anybody; what was committed stays.
    pub fn stop(&mut self) -> Result<()> {
        match self.service.take() {
            Some(mut service) => service.stop(),
            None => Ok(()),
        }
    }

    fn make_cluster(&self) -> Result<()> {
        let data = self.folder.path().join("data");
        let mut command = match self.user {
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.arg(format!("--reuid={}", user.uid)).arg(format!("--regid={}", user.gid));
                command.arg("--clear-groups").arg(binary("initdb")?);
                command
            }
            None => Command::new(binary("initdb")?),
        };
        command.args(["--auth=trust", "--no-sync", "--username=hivesync", "--encoding=UTF8", "--locale=C"]);
        let made = command.arg("-D").arg(&data).current_dir("/").stdin(Stdio::null()).output();
        let made = made.context("cannot start initdb")?;
        if !made.status.success() {
            bail!("initdb ended with {}: {}", made.status, String::from_utf8_lossy(&made.stderr));
        }
        Ok(())
    }
}

fn binary(name: &str) -> Result<PathBuf> {
    let mut folders: Vec<PathBuf> = match fs::read_dir(DEBIAN) {
        Ok(versions) => versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect(),
        Err(_) => Vec::new(),
    };
    // The newest first.
    folders.sort_unstable_by(|a, b| b.cmp(a));
    program(name, &folders)
}
