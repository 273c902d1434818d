// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

use serde::Serialize;

use super::shapes::{NewWebhook, PageDeliveryView, PageWebhookView, PingView, WebhookView};
use crate::call::Call;
use crate::{Client, ClientError};

/// What [`Client::webhooks_list`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct WebhooksListQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// What [`Client::webhooks_deliveries`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct WebhooksDeliveriesQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl Client {
    /// Lists the addresses that are told of what happens in a project, the newest first.
    pub async fn webhooks_list(
        &self,
        project_id: &str,
        query: &WebhooksListQuery,
    ) -> Result<PageWebhookView, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/webhooks", &[project_id]).query(query)?;
        self.send(call).await?.json()
    }

    /// Has an address told of what happens in a project, signed as Standard Webhooks are; the secret is shown once.
    pub async fn webhooks_create(
        &self,
        project_id: &str,
        body: &NewWebhook,
    ) -> Result<WebhookView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/webhooks", &[project_id]).json(body)?;
        self.send(call).await?.json()
    }

    /// Removes an address, and what was still to be said there.
    pub async fn webhooks_remove(&self, project_id: &str, webhook_id: &str) -> Result<(), ClientError> {
        let call = Call::new("DELETE", "/api/v1/projects/{}/webhooks/{}", &[project_id, webhook_id]);
        self.send(call).await.map(drop)
    }

    /// Lists what an address was told and what came of it, the newest first.
    pub async fn webhooks_deliveries(
        &self,
        project_id: &str,
        webhook_id: &str,
        query: &WebhooksDeliveriesQuery,
    ) -> Result<PageDeliveryView, ClientError> {
        let call = Call::new("GET", "/api/v1/projects/{}/webhooks/{}/deliveries", &[project_id, webhook_id])
            .query(query)?;
        self.send(call).await?.json()
    }

    /// Sends a test to an address, once.
    pub async fn webhooks_ping(&self, project_id: &str, webhook_id: &str) -> Result<PingView, ClientError> {
        let call = Call::new("POST", "/api/v1/projects/{}/webhooks/{}/ping", &[project_id, webhook_id]);
        self.send(call).await?.json()
    }
}
