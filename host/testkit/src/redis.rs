//! A Redis of one's own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use anyhow::Result;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::service::{Service, free_port, program};

const READY: &str = "Ready to accept connections";

/// The server. It keeps nothing on disk.
#[derive(Debug)]
pub struct Redis {
    service: Option<Service>,
    port: u16,
    folder: TempDir,
}

impl Redis {
    /// Starts a server.
    pub fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("hivesync-redis-").tempdir()?;
        let mut redis = Self { service: None, port: free_port()?, folder };
        redis.start_again()?;
        Ok(redis)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Starts it after it was killed, empty and at the same port.
    pub fn start_again(&mut self) -> Result<()> {
        let args =
            ["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        let mut args: Vec<String> = args.into_iter().map(str::to_owned).collect();
        args.extend(["--dir".to_owned(), self.folder.path().display().to_string()]);
        let (server, log) = (program("redis-server", &[])?, self.folder.path().join("log"));
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
