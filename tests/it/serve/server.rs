//! A server of a test's own: by itself, or one of a fleet when `HIVESYNC_TEST_SHAPE=fleet`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::Ask;
use super::scaled::{Fleet, SECRETS};
use crate::cli::project::{copy_warm_data, hivesync, home};

pub(super) const PASSWORD: &str = "correct horse battery";

/// A running `hivesync serve` with a data folder of its own.
pub(super) struct Server {
    pub(super) folder: TempDir,
    child: Option<Child>,
    _stdout: BufReader<ChildStdout>,
    pub(super) address: String,
    /// What it shares with others; it goes when nobody uses it any more.
    fleet: Option<Arc<Fleet>>,
}

thread_local! {
    /// By the folders of a test's servers, so that one that follows another finds what that one kept.
    static FLEETS: RefCell<BTreeMap<PathBuf, Arc<Fleet>>> = const { RefCell::new(BTreeMap::new()) };
}

/// What a server is to share with others; nothing when it is to be by itself, or has been told.
fn fleet(folder: &TempDir, environment: &[(&str, &str)]) -> Option<Arc<Fleet>> {
    let is_told = environment.iter().any(|(name, _)| *name == "DATABASE_URL");
    let is_wanted = std::env::var("HIVESYNC_TEST_SHAPE").is_ok_and(|shape| shape == "fleet");
    (is_wanted && !is_told).then(|| {
        FLEETS.with_borrow_mut(|fleets| {
            let fleet = fleets.entry(folder.path().to_owned());
            Arc::clone(fleet.or_insert_with(|| Arc::new(Fleet::start())))
        })
    })
}

impl Server {
    /// One that answers and builds nothing.
    pub(super) fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), &[("WORKER_CONCURRENCY", "0")])
    }

    /// One with the limits of the manual, which builds nothing.
    pub(super) fn strict(environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let command = Self::command(&folder);
        Self::run(folder, command, &[&[("WORKER_CONCURRENCY", "0")], environment].concat())
    }

    /// One with a worker.
    pub(super) fn building() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_warm_data(&folder.path().join("data"));
        Self::start_in(folder, &[])
    }

    /// In a folder that another server had.
    pub(super) fn start_in(folder: TempDir, environment: &[(&str, &str)]) -> Self {
        Self::allowing(folder, "", environment)
    }

    /// The same, where the tier of everybody who pays nothing has these limits besides.
    pub(super) fn allowing(folder: TempDir, limits: &str, environment: &[(&str, &str)]) -> Self {
        // A test asks more often than people do.
        let patient = folder.path().join("patient.toml");
        let table = |tier: &str| {
            let more = if tier == "free" { limits } else { "" };
            format!("[tiers.{tier}]\nrequests_a_minute = 1_000_000\n{more}\n")
        };
        std::fs::write(&patient, ["guest", "free", "pro"].map(table).concat()).unwrap();
        let mut command = Self::command(&folder);
        command.arg("--config").arg(patient);
        Self::run(folder, command, environment)
    }

    /// One of a command that a test has bent.
    pub(super) fn run(folder: TempDir, mut command: Command, environment: &[(&str, &str)]) -> Self {
        let fleet = fleet(&folder, environment);
        if let Some(fleet) = &fleet {
            command.envs(fleet.places()).envs(SECRETS);
        }
        command.envs(environment.iter().copied());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").expect("the server did not start");
        Self { folder, child: Some(child), address: address.to_owned(), _stdout: stdout, fleet }
    }

    pub(super) fn command(folder: &TempDir) -> Command {
        let mut command = Command::new(hivesync());
        command
            .arg("serve")
            .env("HIVESYNC_HOME", home())
            .env("DATA_DIR", folder.path().join("data"))
            .env("PORT", "0")
            .env_remove("SOURCE_DATE_EPOCH")
            .env_remove("LOG_LEVEL");
        command
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where its objects lie, whoever keeps them.
    pub(super) fn objects(&self) -> PathBuf {
        self.fleet.as_ref().map_or_else(|| self.data().join("objects"), |fleet| fleet.s3.objects())
    }

    pub(super) fn ask(&self, method: &str, target: &str) -> Ask {
        Ask::new(&self.address, method, target)
    }

    pub(super) fn post(&self, target: &str, token: &str, body: &Value) -> Ask {
        self.ask("POST", target).bearer(token).json(body)
    }

    pub(super) fn get(&self, target: &str, token: &str) -> Ask {
        self.ask("GET", target).bearer(token)
    }

    /// Makes an account and logs in.
    pub(super) fn login(&self, name: &str) -> Person {
        let credentials = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
        let user = self.ask("POST", "/api/v1/auth/register").json(&credentials).send().expect(201);
        let session = self.ask("POST", "/api/v1/auth/login").json(&credentials).send().expect(200);
        Person {
            id: text(&user["id"]),
            token: text(&session["access_token"]),
            refresh: text(&session["refresh_token"]),
        }
    }

    /// Makes a project and says its id.
    pub(super) fn project(&self, person: &Person, name: &str) -> String {
        let made = self.post("/api/v1/projects", &person.token, &json!({ "name": name })).send();
        text(&made.expect(201)["id"])
    }

    /// Sends a signal.
    pub(super) fn signal(&self, signal: Signal) {
        let id = self.child.as_ref().unwrap().id();
        kill_process(Pid::from_raw(i32::try_from(id).unwrap()).unwrap(), signal).unwrap();
    }

    /// Waits for the end, and gives the folder to the next.
    pub(super) fn ended(mut self) -> (Option<i32>, TempDir) {
        let status = self.child.take().unwrap().wait().unwrap();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        (status.code(), folder)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Somebody who is logged in.
pub(super) struct Person {
    pub(super) id: String,
    pub(super) token: String,
    pub(super) refresh: String,
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
