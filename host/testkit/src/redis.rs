//! A Redis of one's own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use anyhow::Result;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::service::{KeyPair, Service, free_port, program};

const READY: &str = "Ready to accept connections";

/// The server. It keeps nothing on disk.
#[derive(Debug)]
pub struct Redis {
    service: Option<Service>,
    port: u16,
    is_encrypted: bool,
    folder: TempDir,
}

impl Redis {
    /// Starts a server.
    pub fn start() -> Result<Self> {
        Self::begin(None)
    }

    /// The same with a certificate; what is not encrypted is not understood.
    pub fn encrypted(pair: &KeyPair) -> Result<Self> {
        Self::begin(Some(pair))
    }

    fn begin(pair: Option<&KeyPair>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("hivesync-redis-").tempdir()?;
        if let Some(pair) = pair {
            pair.write(folder.path(), None)?;
        }
        let mut redis = Self { service: None, port: free_port()?, is_encrypted: pair.is_some(), folder };
        redis.start_again()?;
        Ok(redis)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", if self.is_encrypted { "rediss" } else { "redis" }, self.port)
    }

    /// Starts it after it was killed, empty and at the same port.
    pub fn start_again(&mut self) -> Result<()> {
        let place = |name: &str| self.folder.path().join(name).display().to_string();
        let (port, folder, log) = (self.port.to_string(), place(""), self.folder.path().join("log"));
        let [certificate, key] = ["server.crt", "server.key"].map(place);
        let mut args = vec!["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", &folder];
        if self.is_encrypted {
            args.extend(["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"]);
            args.extend(["--tls-cert-file", &certificate, "--tls-key-file", &key]);
        } else {
            args.extend(["--port", &port]);
        }
        let args: Vec<String> = args.into_iter().map(str::to_owned).collect();
        let server = program("redis-server", &[])?;
        self.service = Some(Service::start(&server, &args, None, (&log, READY), Signal::TERM)?);
        Ok(())
    }

    /// Ends it at once; what it knew is lost.
    pub fn kill(&mut self) -> Result<()> {
        match self.service.take() {
            Some(mut service) => service.kill(),
            None => Ok(()),
        }
    }

    /// Says one command of plain words, and gives the first line of the answer.
    pub fn say(&self, command: &str) -> Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        write!(stream, "{command}\r\n")?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// Stops it in its tracks: connections stay open and are not answered.
    pub fn freeze(&self) -> Result<()> {
        self.service.as_ref().map_or(Ok(()), |service| service.signal(Signal::STOP))
    }

    /// Lets it go on.
    pub fn thaw(&self) -> Result<()> {
        self.service.as_ref().map_or(Ok(()), |service| service.signal(Signal::CONT))
    }
}
