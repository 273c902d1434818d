// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

use serde::Serialize;

use super::shapes::{PageNotificationView, Unread};
use crate::call::Call;
use crate::{Client, ClientError};

/// What [`Client::notifications_list`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct NotificationsListQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Only those that were not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<bool>,
}

impl Client {
    /// Lists what the user was told, the newest first.
    pub async fn notifications_list(
        &self,
        query: &NotificationsListQuery,
    ) -> Result<PageNotificationView, ClientError> {
        let call = Call::new("GET", "/api/v1/notifications", &[]).query(query)?;
        self.send(call).await?.json()
    }

    /// The user has read all notifications.
    pub async fn notifications_read_all(&self) -> Result<(), ClientError> {
        let call = Call::new("POST", "/api/v1/notifications/read-all", &[]);
        self.send(call).await.map(drop)
    }

    /// Counts what the user has not read.
    pub async fn notifications_unread(&self) -> Result<Unread, ClientError> {
        let call = Call::new("GET", "/api/v1/notifications/unread-count", &[]);
        self.send(call).await?.json()
    }

    /// The user has read a notification.
    pub async fn notifications_read(&self, notification_id: &str) -> Result<(), ClientError> {
        let call = Call::new("POST", "/api/v1/notifications/{}/read", &[notification_id]);
        self.send(call).await.map(drop)
    }
}
