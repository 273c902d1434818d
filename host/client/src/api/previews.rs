// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::shapes::{
    ArtifactLinks, ArtifactToken, BuildToken, EventList, Flow, FlowOfJob, JobView, Kept, PageJobView,
    PreviewAsk, Suppressed, TokenAsk, TokenRequest,
};
use crate::call::Call;
use crate::{Client, ClientError};

/// What [`Client::artifacts_fetch`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct ArtifactsFetchQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<ArtifactsFetchQueryMode>,
}

/// How an artifact is handed over.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ArtifactsFetchQueryMode {
    #[serde(rename = "redirect")]
    Redirect,
    #[serde(rename = "json")]
    Json,
    #[serde(rename = "inline")]
    Inline,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// What [`Client::previews_list`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct PreviewsListQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// What [`Client::events_follow`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct EventsFollowQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

impl Client {
    /// Records what somebody did in a preview that the body names.
    pub async fn eventflow_record_of_job(&self, body: &FlowOfJob) -> Result<Kept, ClientError> {
        let call = Call::new("POST", "/api/v1/events", &[]).json(body)?;
        self.send(call).await?.json()
    }

    /// Fetches an artifact with a token of version 2, in the query or as a bearer's: by a link, or its bytes.
    pub async fn artifacts_fetch(&self, query: &ArtifactsFetchQuery) -> Result<ArtifactLinks, ClientError> {
        let call = Call::new("GET", "/api/v1/preview/artifact", &[]).query(query)?;
        self.send(call).await?.json()
    }

    /// Starts the build that a token of version 1 permits.
    pub async fn previews_build(&self, body: &TokenAsk) -> Result<JobView, ClientError> {
        let call = Call::new("POST", "/api/v1/preview/build", &[]).json(body)?;
        self.send(call).await?.json()
    }

    /// Records an action that a preview was kept from.
    pub async fn eventflow_suppressed(&self, body: &Suppressed) -> Result<(), ClientError> {
        let call = Call::new("POST", "/api/v1/preview/sandbox-event", &[]).json(body)?;
        self.send(call).await.map(drop)
    }

    /// Lists the previews of a project, the newest first, as many as the tier shows.
    pub async fn previews_list(
        &self,
        project_id: &str,
        query: &PreviewsListQuery,
    ) -> Result<PageJobView, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/previews/jobs", &[project_id]).query(query)?;
        self.send(call).await?.json()
    }

    /// Asks for a preview.
    pub async fn previews_create(&self, project_id: &str, body: &PreviewAsk) -> Result<JobView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/previews/jobs", &[project_id]).json(body)?;
        self.send(call).await?.json()
    }

    /// Shows a preview with its devices and artifacts.
    pub async fn previews_show(&self, project_id: &str, job_id: &str) -> Result<JobView, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/previews/jobs/{}", &[project_id, job_id]);
        self.send(call).await?.json()
    }

    /// Makes a token of version 2, with which a device fetches an artifact.
    pub async fn artifacts_token(
        &self,
        project_id: &str,
        job_id: &str,
    ) -> Result<ArtifactToken, ClientError> {
        let call =
            Call::new("POST", "/api/v1/projects/{}/previews/jobs/{}/artifact-token", &[project_id, job_id]);
        self.send(call).await?.json()
    }

    /// Withdraws a preview.
    pub async fn previews_cancel(&self, project_id: &str, job_id: &str) -> Result<JobView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/previews/jobs/{}/cancel", &[project_id, job_id]);
        self.send(call).await?.json()
    }

    /// Tells what happened to a preview: as server-sent events for who accepts them, else as a list.
    pub async fn events_follow(
        &self,
        project_id: &str,
        job_id: &str,
        query: &EventsFollowQuery,
    ) -> Result<EventList, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/previews/jobs/{}/events", &[project_id, job_id])
            .query(query)?;
        self.send(call).await?.json()
    }

    /// Records what somebody did in a preview.
    pub async fn eventflow_record(
        &self,
        project_id: &str,
        job_id: &str,
        body: &Flow,
    ) -> Result<Kept, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/previews/jobs/{}/events", &[project_id, job_id])
            .json(body)?;
        self.send(call).await?.json()
    }

    /// Gives the log of a preview as text.
    pub async fn events_logs(&self, project_id: &str, job_id: &str) -> Result<Bytes, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/previews/jobs/{}/logs", &[project_id, job_id]);
        Ok(self.send(call).await?.into_bytes())
    }

    /// Makes a token of version 1, with which somebody who is not logged in starts one build.
    pub async fn previews_build_token(
        &self,
        project_id: &str,
        body: &TokenRequest,
    ) -> Result<BuildToken, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/previews/token", &[project_id]).json(body)?;
        self.send(call).await?.json()
    }
}
