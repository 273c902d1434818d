// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

use serde::Serialize;

use super::shapes::{
    AiDocJobView, CommentAsk, NamesAsk, PageAiDocJobView, PageAiDocView, ProjectAsk, SummaryAsk,
};
use crate::call::Call;
use crate::{Client, ClientError};

/// What [`Client::ai_result`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct AiResultQuery {
    /// Seconds to wait for the end of the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<u64>,
}

/// What [`Client::ai_docs_history`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct AiDocsHistoryQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// What [`Client::ai_docs_jobs`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct AiDocsJobsQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl Client {
    /// Asks what a file is for.
    pub async fn ai_file_summary(&self, body: &SummaryAsk) -> Result<AiDocJobView, ClientError> {
        let call = Call::new("POST", "/api/v1/ai/file-summary", &[]).json(body)?;
        self.send(call).await?.json()
    }

    /// Asks for comments for some lines of a file.
    pub async fn ai_inline_comment(&self, body: &CommentAsk) -> Result<AiDocJobView, ClientError> {
        let call = Call::new("POST", "/api/v1/ai/inline-comment", &[]).json(body)?;
        self.send(call).await?.json()
    }

    /// Asks for better names in a file.
    pub async fn ai_rename_suggestions(&self, body: &NamesAsk) -> Result<AiDocJobView, ClientError> {
        let call = Call::new("POST", "/api/v1/ai/rename-suggestions", &[]).json(body)?;
        self.send(call).await?.json()
    }

    /// Shows how a job stands and what came of it; waits for its end a while, if told to.
    pub async fn ai_result(&self, job_id: &str, query: &AiResultQuery) -> Result<AiDocJobView, ClientError> {
        let call = Call::new("GET", "/api/v1/ai/result/{}", &[job_id]).query(query)?;
        self.send(call).await?.json()
    }

    /// Lists what was documented, the newest first, as much as the tier shows.
    pub async fn ai_docs_history(
        &self,
        project_id: &str,
        query: &AiDocsHistoryQuery,
    ) -> Result<PageAiDocView, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/ai-docs/history", &[project_id]).query(query)?;
        self.send(call).await?.json()
    }

    /// Lists the jobs of a project, the newest first, as many as the tier shows.
    pub async fn ai_docs_jobs(
        &self,
        project_id: &str,
        query: &AiDocsJobsQuery,
    ) -> Result<PageAiDocJobView, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/ai-docs/jobs", &[project_id]).query(query)?;
        self.send(call).await?.json()
    }

    /// Shows how a job of a project stands, and what came of it.
    pub async fn ai_docs_job(&self, project_id: &str, job_id: &str) -> Result<AiDocJobView, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/ai-docs/jobs/{}", &[project_id, job_id]);
        self.send(call).await?.json()
    }

    /// Asks for documentation of a file of the project, or of a text that is sent along.
    pub async fn ai_docs_request(
        &self,
        project_id: &str,
        body: &ProjectAsk,
    ) -> Result<AiDocJobView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/ai-docs/request", &[project_id]).json(body)?;
        self.send(call).await?.json()
    }
}
