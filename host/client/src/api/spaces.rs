// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

use bytes::Bytes;
use serde::Serialize;

use super::shapes::{
    PageSpaceRunBrief, RunAsk, SpaceArtifactView, SpaceDecisionView, SpaceRunView, SpaceUploadView, StartAsk,
    UnblockAsk,
};
use crate::call::Call;
use crate::{Client, ClientError};

/// What [`Client::spaces_list`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct SpacesListQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl Client {
    /// Lists the runs of a project, the newest first.
    pub async fn spaces_list(
        &self,
        project_id: &str,
        query: &SpacesListQuery,
    ) -> Result<PageSpaceRunBrief, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/space-runs", &[project_id]).query(query)?;
        self.send(call).await?.json()
    }

    /// Begins a run: what the user wants, and how large pictures are handed on.
    pub async fn spaces_create(&self, project_id: &str, body: &RunAsk) -> Result<SpaceRunView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/space-runs", &[project_id]).json(body)?;
        self.send(call).await?.json()
    }

    /// Shows how a run stands: each service of each step, and how long services take (P95 of a day).
    pub async fn spaces_show(&self, project_id: &str, run_id: &str) -> Result<SpaceRunView, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/space-runs/{}", &[project_id, run_id]);
        self.send(call).await?.json()
    }

    /// Lists what was uploaded and made, each with a link that is good for five minutes.
    pub async fn spaces_artifacts(
        &self,
        project_id: &str,
        run_id: &str,
    ) -> Result<Vec<SpaceArtifactView>, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/space-runs/{}/artifacts", &[project_id, run_id]);
        self.send(call).await?.json()
    }

    /// Lists what was decided after each supervision, with everything that it rests on.
    pub async fn spaces_decisions(
        &self,
        project_id: &str,
        run_id: &str,
    ) -> Result<Vec<SpaceDecisionView>, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/space-runs/{}/decisions", &[project_id, run_id]);
        self.send(call).await?.json()
    }

    /// Ends a run: nothing begins in it any more. What it has is kept for as long as that of other runs.
    pub async fn spaces_end(&self, project_id: &str, run_id: &str) -> Result<SpaceRunView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/space-runs/{}/end", &[project_id, run_id]);
        self.send(call).await?.json()
    }

    /// Begins the run's next step over these uploads. Of two that come at one time one begins it; the other is told so.
    pub async fn spaces_start(
        &self,
        project_id: &str,
        run_id: &str,
        step_id: &str,
        body: &StartAsk,
    ) -> Result<SpaceRunView, ClientError> {
        let call = Call::new(
            "POST",
            "/api/v1/projects/{}/space-runs/{}/steps/{}/start",
            &[project_id, run_id, step_id],
        )
        .json(body)?;
        self.send(call).await?.json()
    }

    /// Decides what the supervisor left to a person: a blocked run goes on, or its step may begin again. The decision is kept.
    pub async fn spaces_unblock(
        &self,
        project_id: &str,
        run_id: &str,
        body: &UnblockAsk,
    ) -> Result<SpaceRunView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/space-runs/{}/unblock", &[project_id, run_id])
            .json(body)?;
        self.send(call).await?.json()
    }

    /// Brings a picture to a run: the body. What it is turns out in the sandbox.
    pub async fn spaces_upload(
        &self,
        project_id: &str,
        run_id: &str,
        content_type: &str,
        body: Bytes,
    ) -> Result<SpaceUploadView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/space-runs/{}/uploads", &[project_id, run_id])
            .bytes(content_type, body);
        self.send(call).await?.json()
    }
}
