//! A small model of one's own, behind the protocol that providers speak.

use std::path::Path;

use anyhow::Result;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::service::{Service, free_port, program};

const READY: &str = "listening on http://";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/models/serve.py");

/// The server. One thread, no key. It takes pictures, and makes nothing of them.
#[derive(Debug)]
pub struct Model {
    _service: Service,
    _folder: TempDir,
    port: u16,
}

impl Model {
    /// Starts a server of the packages that `cargo xtask setup` brought into `packages`.
    pub fn start(packages: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("hivesync-model-").tempdir()?;
        let port = free_port()?;
        let place = folder.path().display().to_string();
        let args = [SCRIPT.to_owned(), packages.display().to_string(), port.to_string(), place];
        let log = folder.path().join("log");
        let service = Service::start(&program("python3", &[])?, &args, None, (&log, READY), Signal::KILL)?;
        Ok(Self { _service: service, _folder: folder, port })
    }

    /// Its base address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }
}
