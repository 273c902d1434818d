//! A typed client of the HiveSync API: from a project's files to its bundle.
//!
//! ```no_run
//! # async fn example() -> Result<(), hivesync_client::ClientError> {
//! use hivesync_client::{Client, File, NewPreview, Platform};
//!
//! let client = Client::new("http://127.0.0.1:4000")?.log_in("ada@example.com", "correct horse battery").await?;
//! let project = client.create_project("notes").await?;
//! let files = [File::text("package.json", "{\"name\":\"notes\",\"main\":\"index.js\"}"), File::text("index.js", "")];
//! client.upload(&project.id, &files).await?;
//! let asked = client.preview(&project.id, &NewPreview::new(Platform::Web), "first-try").await?;
//! let over = client.wait(&asked).await?;
//! let bundle = client.bundle(&over).await?;
//! # let _ = bundle;
//! # Ok(())
//! # }
//! ```
//!
//! These are the steps of the main job; every operation of the API is a method besides, with the shapes
//! of [`api`], called as the document of the API calls it.
//!
//! What it does not do: sign, as services do whose requests are about clips and posts; or follow a
//! redirect.
//!
//! **Invariant:** a request that was refused is an error with the server's stable code; nothing is
//! asked twice but by its caller, who has named it; over `https://` nothing is said to a server whose
//! certificate is not believed.

mod answer;
pub mod api;
mod call;
mod connection;
mod error;
mod tls;

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

pub use answer::{Device, Job, Problem, Project, State, Stored, User};
use connection::{Ask, Server};
pub use error::ClientError;

/// How long to wait before a preview is looked at again.
const LOOK: Duration = Duration::from_millis(200);

/// What a preview is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "they are the names of platforms")]
pub enum Platform {
    Ios,
    Android,
    Web,
}

/// A preview that is asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewPreview {
    platform: Platform,
    dev: bool,
    minify: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<String>,
    devices: Vec<Value>,
}

impl NewPreview {
    /// For this platform and one device that has no name, of the newest files.
    pub const fn new(platform: Platform) -> Self {
        Self { platform, dev: false, minify: false, entry: None, devices: Vec::new() }
    }

    /// For people who work on it.
    #[must_use]
    pub fn dev(self) -> Self {
        Self { dev: true, ..self }
    }

    /// As small as it can be.
    #[must_use]
    pub fn minified(self) -> Self {
        Self { minify: true, ..self }
    }

    /// Begun at this file.
    #[must_use]
    pub fn entry(self, path: &str) -> Self {
        Self { entry: Some(path.to_owned()), ..self }
    }

    /// For one device more, as the document of the API has it.
    #[must_use]
    pub fn device(mut self, device: Value) -> Self {
        self.devices.push(device);
        self
    }
}

/// A file of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct File {
    path: String,
    content: String,
}

impl File {
    /// A file of text.
    pub fn text(path: &str, content: &str) -> Self {
        Self { path: path.to_owned(), content: content.to_owned() }
    }
}

/// Somebody who asks a server, or nobody in particular.
#[derive(Debug, Clone)]
pub struct Client {
    server: Server,
    token: Option<String>,
    key: Option<String>,
}

impl Client {
    /// Nobody, at the server that answers there: `http://127.0.0.1:4000`, or `https://hive.example`, which
    /// is believed by the certificates of this machine. Reading those takes a moment, so a client is made
    /// once and cloned.
    pub fn new(address: &str) -> Result<Self, ClientError> {
        Ok(Self { server: Server::at(address)?, token: None, key: None })
    }

    /// The same at an `https://` address, believed by these certificates alone: those of an authority of
    /// one's own, in PEM, one behind the other.
    pub fn trusting(address: &str, ca: &[u8]) -> Result<Self, ClientError> {
        Ok(Self { server: Server::trusting(address, ca)?, token: None, key: None })
    }

    /// Whoever has this access token or key.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }

    /// The same, whose posts go under this `Idempotency-Key`: what is asked twice under one is done once.
    #[must_use]
    pub fn once(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    /// Makes an account.
    pub async fn register(&self, email: &str, password: &str) -> Result<User, ClientError> {
        self.post("/api/v1/auth/register", &json!({ "email": email, "password": password }), None).await
    }

    /// Begins a session, and asks for its user from then on.
    pub async fn log_in(self, email: &str, password: &str) -> Result<Self, ClientError> {
        let credentials = json!({ "email": email, "password": password });
        let session: answer::Session = self.post("/api/v1/auth/login", &credentials, None).await?;
        Ok(self.with_token(&session.access_token))
    }

    /// Makes a project.
    pub async fn create_project(&self, name: &str) -> Result<Project, ClientError> {
        self.post("/api/v1/projects", &json!({ "name": name }), None).await
    }

    /// Makes these files the project's.
    pub async fn upload(&self, project: &str, files: &[File]) -> Result<Stored, ClientError> {
        self.post(&format!("/api/v1/projects/{project}/files"), &json!({ "files": files }), None).await
    }

    /// Asks for a preview. What is asked twice under one key is done once, and answered alike.
    pub async fn preview(&self, project: &str, preview: &NewPreview, key: &str) -> Result<Job, ClientError> {
        let target = format!("/api/v1/projects/{project}/previews/jobs");
        self.post(&target, preview, Some(key)).await
    }

    /// How a preview stands.
    pub async fn job(&self, project: &str, job: &str) -> Result<Job, ClientError> {
        let target = format!("/api/v1/projects/{project}/previews/jobs/{job}");
        self.server.ask(self.ask("GET", &target)).await?.json()
    }

    /// Waits until it is over, well or not.
    pub async fn wait(&self, job: &Job) -> Result<Job, ClientError> {
        loop {
            let now = self.job(&job.project_id, &job.job_id).await?;
            if now.state.is_over() {
                return Ok(now);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Withdraws a preview.
    pub async fn cancel(&self, job: &Job) -> Result<Job, ClientError> {
        let target = format!("/api/v1/projects/{}/previews/jobs/{}/cancel", job.project_id, job.job_id);
        self.post(&target, &json!({}), None).await
    }

    /// The `bundle.zip` of a preview that went well, for its first device.
    pub async fn bundle(&self, job: &Job) -> Result<Bytes, ClientError> {
        let target =
            format!("/api/v1/projects/{}/previews/jobs/{}/artifact-token", job.project_id, job.job_id);
        let grant: answer::ArtifactToken = self.post(&target, &json!({}), None).await?;
        // Sent along, not put into the address, which others may write down.
        let ask = Ask {
            method: "GET",
            target: "/api/v1/preview/artifact?mode=inline",
            token: Some(&grant.token),
            key: None,
            kind: None,
            body: None,
        };
        Ok(self.server.ask(ask).await?.into_bytes())
    }

    async fn post<T: serde::de::DeserializeOwned>(
        &self,
        target: &str,
        body: &impl Serialize,
        key: Option<&str>,
    ) -> Result<T, ClientError> {
        let body = serde_json::to_vec(body).map_err(|_| ClientError::Unspeakable)?;
        let ask = Ask { key, body: Some(body.into()), ..self.ask("POST", target) };
        self.server.ask(ask).await?.json()
    }

    fn ask<'a>(&'a self, method: &'static str, target: &'a str) -> Ask<'a> {
        Ask { method, target, token: self.token.as_deref(), key: None, kind: None, body: None }
    }
}
