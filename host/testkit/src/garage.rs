//! A second object store of one's own: it keeps lifecycle rules, and removes what they say.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::clock::Clock;
use crate::s3::BUCKET;
use crate::service::{Service, built, free_port, program};

/// It says so when it answers and its bucket is there.
const READY: &str = "S3 API server listening";
/// Between the nodes of a cluster; this one has no other.
const CLUSTER_SECRET: &str = "0000000000000000000000000000000000000000000000000000000000000001";

/// The server, with one bucket. It does not know `If-None-Match`.
#[derive(Debug)]
pub struct Garage {
    service: Option<Service>,
    port: u16,
    key: (String, String),
    folder: TempDir,
}

impl Garage {
    /// Starts a server that knows this key alone.
    pub fn start(id: &str, secret: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("hivesync-garage-").tempdir()?;
        let port = free_port()?;
        let place = |name: &str| folder.path().join(name).display().to_string();
        let configuration = format!(
            "metadata_dir = {:?}\n\
             data_dir = {:?}\n\
             db_engine = \"sqlite\"\n\
             replication_factor = 1\n\
             rpc_bind_addr = \"127.0.0.1:{}\"\n\
             rpc_secret = \"{CLUSTER_SECRET}\"\n\
             [s3_api]\n\
             s3_region = \"auto\"\n\
             api_bind_addr = \"127.0.0.1:{port}\"\n",
            place("tables"),
            place("objects"),
            free_port()?,
        );
        fs::write(folder.path().join("garage.toml"), configuration)?;
        let mut garage = Self { service: None, port, key: (id.to_owned(), secret.to_owned()), folder };
        garage.start_again()?;
        Ok(garage)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where the objects lie, in pieces of its own.
    pub fn objects(&self) -> PathBuf {
        self.folder.path().join("objects")
    }

    /// What it said since it was started last; every request is a line.
    pub fn log(&self) -> Result<String> {
        fs::read_to_string(self.folder.path().join("log")).context("garage said nothing")
    }

    /// Ends it at once.
    pub fn kill(&mut self) -> Result<()> {
        match self.service.take() {
            Some(mut service) => service.kill(),
            None => Ok(()),
        }
    }

    /// Starts it after it was killed, at the same port and with what it had.
    pub fn start_again(&mut self) -> Result<()> {
        self.run(Vec::new())
    }

    /// The same with a clock of its own. It looks for what has ended when it starts, and at midnight.
    pub fn start_again_at(&mut self, clock: &Clock) -> Result<()> {
        self.run(clock.environment())
    }

    /// What it says of its bucket to whoever operates it, in JSON: its rules are there, and how many
    /// uploads are not finished.
    pub fn bucket(&self) -> Result<String> {
        let mut ask = Command::new(server()?);
        ask.arg("-c").arg(self.configuration()).args(["json-api", "GetBucketInfo"]);
        let said = ask.arg(format!("{{\"globalAlias\":\"{BUCKET}\"}}")).stdin(Stdio::null()).output()?;
        if !said.status.success() {
            bail!("garage: {}", String::from_utf8_lossy(&said.stderr));
        }
        Ok(String::from_utf8_lossy(&said.stdout).into_owned())
    }

    fn run(&mut self, mut environment: Vec<(&'static str, String)>) -> Result<()> {
        let (id, secret) = self.key.clone();
        environment.extend([
            ("GARAGE_DEFAULT_ACCESS_KEY", id),
            ("GARAGE_DEFAULT_SECRET_KEY", secret),
            ("GARAGE_DEFAULT_BUCKET", BUCKET.to_owned()),
            ("RUST_LOG", "garage=info".to_owned()),
            ("NO_COLOR", "1".to_owned()),
        ]);
        let mut args: Vec<String> =
            environment.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        args.extend([server()?.display().to_string(), "-c".to_owned()]);
        args.push(self.configuration().display().to_string());
        args.extend(["server", "--single-node", "--default-bucket"].map(str::to_owned));
        let log = self.folder.path().join("log");
        // The variables are for this one program.
        let env = program("env", &[])?;
        // When it is asked to end it waits ten seconds for connections that nobody closes.
        self.service = Some(Service::start(&env, &args, None, (&log, READY), Signal::KILL)?);
        Ok(())
    }

    fn configuration(&self) -> PathBuf {
        self.folder.path().join("garage.toml")
    }
}

fn server() -> Result<PathBuf> {
    built("tools/garage/bin/garage").context("there is no garage here; run `cargo xtask setup`")
}
