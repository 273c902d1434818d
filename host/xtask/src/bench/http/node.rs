//! A `hivesync serve` that takes requests and builds nothing, and somebody who is logged in there.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::client::{Answer, Ask, Connection};
use crate::house::House;

/// What is measured is the server, not what people pay for.
const LIMITS: &str = "[server]\nconnections = 12_000\n";
const TIER: [&str; 5] = [
    "requests_a_minute = 1_000_000",
    "previews_an_hour = \"unlimited\"",
    "previews_at_once = 1000",
    "devices = \"unlimited\"",
    "history = \"unlimited\"",
];

/// The process. It ends with this.
pub(crate) struct Node {
    child: Child,
    _stdout: BufReader<ChildStdout>,
    pub(crate) address: String,
    /// From its start until it said that it listens.
    pub(crate) began: Duration,
}

impl Node {
    /// One with nothing in its folder.
    pub(crate) fn start(house: &House, folder: &Path, environment: &[(&str, &str)]) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        Self::start_in(house, folder, environment)
    }

    /// One in a folder as it is.
    pub(crate) fn start_in(house: &House, folder: &Path, environment: &[(&str, &str)]) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let tiers = ["guest", "free"].map(|tier| format!("[tiers.{tier}]\n{}\n", TIER.join("\n")));
        fs::write(folder.join("limits.toml"), format!("{LIMITS}{}", tiers.concat()))?;
        let mut command = Command::new(house.product("bin/hivesync"));
        command.arg("serve").arg("--config").arg(folder.join("limits.toml"));
        command.env("HIVESYNC_HOME", house.product("")).env("DATA_DIR", folder.join("data"));
        command.env("PORT", "0").env("WORKER_CONCURRENCY", "0").env("LOG_LEVEL", "error");
        command.envs(environment.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped());
        let begun = Instant::now();
        let mut child = command.spawn().context("cannot start hivesync; run `cargo xtask build`")?;
        let mut stdout = BufReader::new(child.stdout.take().context("the output is not piped")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let began = begun.elapsed();
        let address = line.trim().strip_prefix("listening on http://").map(str::to_owned);
        let address = address.with_context(|| format!("the server said {line:?}"))?;
        Ok(Self { child, _stdout: stdout, address, began })
    }

    /// Bytes of memory that are its own or read by it.
    pub(crate) fn memory(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        Ok(kibibytes.context("the kernel does not tell")? * 1024.0)
    }

    /// Seconds that it used of the processors.
    pub(crate) fn processor(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name stands in brackets and may hold anything.
        let fields = stat.rsplit_once(')').map(|(_, fields)| fields.split_whitespace().skip(11).take(2));
        let ticks = fields.context("the kernel does not tell")?.map(str::parse::<f64>);
        Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
    }

    pub(crate) fn connect(&self) -> Result<Connection> {
        Connection::open(&self.address)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself, and is reaped either way.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Somebody with a project that has files.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) project: String,
}

impl Person {
    pub(crate) fn at(node: &Node) -> Result<Self> {
        let mut connection = node.connect()?;
        let mut post = |target: &str, token: &str, body: &Value| -> Result<Value> {
            let body = body.to_string();
            connection.ask(Ask { method: "POST", target, token, key: "", body: &body })?.json()
        };
        let credentials = json!({ "email": "ada@example.com", "password": "correct horse battery" });
        let user = post("/api/v1/auth/register", "", &credentials)?;
        let token = text(&post("/api/v1/auth/login", "", &credentials)?, "access_token")?;
        let project = text(&post("/api/v1/projects", &token, &json!({ "name": "notes" }))?, "id")?;
        let files = json!({ "files": [
            { "path": "package.json", "content": "{\"name\":\"notes\",\"main\":\"index.js\"}" },
            { "path": "index.js", "content": "document.title = 'notes';" },
        ] });
        post(&format!("/api/v1/projects/{project}/files"), &token, &files)?;
        Ok(Self { id: text(&user, "id")?, token, project })
    }

    pub(crate) fn jobs(&self) -> String {
        format!("/api/v1/projects/{}/previews/jobs", self.project)
    }

    /// Asks for a preview under this name.
    pub(crate) fn ask(&self, connection: &mut Connection, key: &str) -> Result<Answer> {
        let target = self.jobs();
        let body = "{\"platform\":\"web\"}";
        connection.ask(Ask { method: "POST", target: &target, token: &self.token, key, body })
    }

    pub(crate) fn get(&self, connection: &mut Connection, target: &str) -> Result<Answer> {
        connection.ask(Ask { method: "GET", target, token: &self.token, key: "", body: "" })
    }
}

/// A member of an object that is text.
pub(crate) fn text(value: &Value, name: &str) -> Result<String> {
    let text = value.get(name).and_then(Value::as_str);
    Ok(text.with_context(|| format!("the server did not say {name}"))?.to_owned())
}
