// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

use serde::Serialize;
use serde_json::Value;

use super::shapes::{
    CleanupAsk, ContentJobView, DeliveryHeard, GenerateAsk, Generated, ItemsAsk, ItemsKept, JobStats,
    JobsRemoved, PageContentJobView,
};
use crate::call::Call;
use crate::{Client, ClientError};

/// What [`Client::content_jobs_list`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct ContentJobsListQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// `queued`, `processing`, `completed` or `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

impl Client {
    /// Asks for a post about the clips of a time. The request is signed.
    pub async fn content_generate(&self, body: &GenerateAsk) -> Result<Generated, ClientError> {
        let call = Call::new("POST", "/api/content/generate", &[]).json(body)?;
        self.send(call).await?.json()
    }

    /// Takes in what services know of clips; what is left out stays as it was. The request is signed.
    pub async fn content_items_upsert(&self, body: &ItemsAsk) -> Result<ItemsKept, ClientError> {
        let call = Call::new("POST", "/api/content/items", &[]).json(body)?;
        self.send(call).await?.json()
    }

    /// The jobs of the key that signed the request, the newest first.
    pub async fn content_jobs_list(
        &self,
        query: &ContentJobsListQuery,
    ) -> Result<PageContentJobView, ClientError> {
        let call = Call::new("GET", "/api/jobs", &[]).query(query)?;
        self.send(call).await?.json()
    }

    /// Removes jobs whose time is over, as happens twice a day by itself. The request is signed.
    pub async fn content_jobs_cleanup(&self, body: &CleanupAsk) -> Result<JobsRemoved, ClientError> {
        let call = Call::new("POST", "/api/jobs/cleanup", &[]).json(body)?;
        self.send(call).await?.json()
    }

    /// How many jobs of the key that signed the request stand where.
    pub async fn content_jobs_stats(&self) -> Result<JobStats, ClientError> {
        let call = Call::new("GET", "/api/jobs/stats", &[]);
        self.send(call).await?.json()
    }

    /// How far a job is. The request is signed.
    pub async fn content_jobs_show(&self, job_id: &str) -> Result<ContentJobView, ClientError> {
        let call = Call::new("GET", "/api/jobs/{}/status", &[job_id]);
        self.send(call).await?.json()
    }

    /// Takes in what the forge says of a repository. The request is signed.
    pub async fn content_webhook_receive(&self, body: &Value) -> Result<DeliveryHeard, ClientError> {
        let call = Call::new("POST", "/api/webhooks/github", &[]).json(body)?;
        self.send(call).await?.json()
    }
}
