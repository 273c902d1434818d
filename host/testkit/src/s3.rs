//! An object store of one's own that speaks S3, in a folder.

use std::path::PathBuf;

use anyhow::{Context, Result};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::service::{Service, built, free_port};

/// The name of its bucket.
pub const BUCKET: &str = "hivesync-storage";

/// The server: `tests/s3`, which cargo puts beside the tests.
#[derive(Debug)]
pub struct S3 {
    service: Option<Service>,
    port: u16,
    key: (String, String),
    folder: TempDir,
}

impl S3 {
    /// Starts a server that knows this key alone.
    pub fn start(id: &str, secret: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("hivesync-s3-").tempdir()?;
        std::fs::create_dir_all(folder.path().join("objects").join(BUCKET))?;
        let key = (id.to_owned(), secret.to_owned());
        let mut s3 = Self { service: None, port: free_port()?, key, folder };
        s3.start_again()?;
        Ok(s3)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where the objects lie, each in a file of its name.
    pub fn objects(&self) -> PathBuf {
        self.folder.path().join("objects").join(BUCKET)
    }

    /// The names of all objects, as they lie on disk.
    pub fn names(&self) -> Result<Vec<String>> {
        let root = self.objects();
        let (mut folders, mut names) = (vec![root.clone()], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Some(name) = path.strip_prefix(&root)?.to_str() {
                    // What the server keeps beside them is its own.
                    names.extend((!name.contains("/.") && !name.starts_with('.')).then(|| name.to_owned()));
                }
            }
        }
        Ok(names)
    }

    /// Puts an object there that nobody asked for.
    pub fn plant(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.objects().join(name);
        std::fs::create_dir_all(path.parent().context("a name has a folder")?)?;
        Ok(std::fs::write(path, bytes)?)
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
        let server =
            built("hivesync-s3").context("there is no hivesync-s3 here; run `cargo build -p hivesync-s3`")?;
        let (id, secret) = self.key.clone();
        let objects = self.folder.path().join("objects").display().to_string();
        let (args, log) = ([objects, self.port.to_string(), id, secret], self.folder.path().join("log"));
        self.service = Some(Service::start(&server, &args, None, (&log, "ready"), Signal::TERM)?);
        Ok(())
    }
}
