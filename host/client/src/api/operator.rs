// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

use bytes::Bytes;
use serde::Serialize;

use super::shapes::{AuditEvents, Queues, ScalingView, Workers};
use crate::call::Call;
use crate::{Client, ClientError};

/// What [`Client::operator_queues`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct OperatorQueuesQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
}

/// What [`Client::operator_workers`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct OperatorWorkersQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// From 0 to 1, of the last five minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_failure_rate: Option<f64>,
}

impl Client {
    /// Shows the newest audit events.
    pub async fn operator_audit(&self) -> Result<AuditEvents, ClientError> {
        let call = Call::new("GET", "/api/v1/admin/audit", &[]);
        self.send(call).await?.json()
    }

    /// Says what the autoscaler would do, also while it is off.
    pub async fn operator_autoscaler(&self) -> Result<ScalingView, ClientError> {
        let call = Call::new("GET", "/api/v1/admin/autoscaler", &[]);
        self.send(call).await?.json()
    }

    /// Shows how deep the queues are, and what was done in the last five minutes.
    pub async fn operator_queues(&self, query: &OperatorQueuesQuery) -> Result<Queues, ClientError> {
        let call = Call::new("GET", "/api/v1/admin/queues", &[]).query(query)?;
        self.send(call).await?.json()
    }

    /// Shows the workers and how they are.
    pub async fn operator_workers(&self, query: &OperatorWorkersQuery) -> Result<Workers, ClientError> {
        let call = Call::new("GET", "/api/v1/admin/workers", &[]).query(query)?;
        self.send(call).await?.json()
    }

    /// Gives numbers for Prometheus.
    pub async fn operator_metrics(&self) -> Result<Bytes, ClientError> {
        let call = Call::new("GET", "/metrics", &[]);
        Ok(self.send(call).await?.into_bytes())
    }
}
