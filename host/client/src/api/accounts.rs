// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

use serde::Serialize;

use super::shapes::{
    Credentials, Handed, KeyView, NewKey, PageKeyView, RefreshToken, Registration, Session, SessionToken,
    UserView,
};
use crate::call::Call;
use crate::{Client, ClientError};

/// What [`Client::api_keys_list`] is asked for.
#[allow(missing_docs, reason = "they are the names of the document")]
#[derive(Clone, Default, Serialize)]
pub struct ApiKeysListQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl Client {
    /// Lists the keys of the user, the newest first.
    pub async fn api_keys_list(&self, query: &ApiKeysListQuery) -> Result<PageKeyView, ClientError> {
        let call = Call::new("GET", "/api/v1/api-keys", &[]).query(query)?;
        self.send(call).await?.json()
    }

    /// Makes a key for a program; it is shown once.
    pub async fn api_keys_create(&self, body: &NewKey) -> Result<KeyView, ClientError> {
        let call = Call::new("POST", "/api/v1/api-keys", &[]).json(body)?;
        self.send(call).await?.json()
    }

    /// Withdraws a key.
    pub async fn api_keys_revoke(&self, key_id: &str) -> Result<(), ClientError> {
        let call = Call::new("DELETE", "/api/v1/api-keys/{}", &[key_id]);
        self.send(call).await.map(drop)
    }

    /// Begins a session.
    pub async fn accounts_login(&self, body: &Credentials) -> Result<Session, ClientError> {
        let call = Call::new("POST", "/api/v1/auth/login", &[]).json(body)?;
        self.send(call).await?.json()
    }

    /// Ends the login that a refresh token descends from.
    pub async fn accounts_logout(&self, body: &RefreshToken) -> Result<(), ClientError> {
        let call = Call::new("POST", "/api/v1/auth/logout", &[]).json(body)?;
        self.send(call).await.map(drop)
    }

    /// Goes on with a session; the refresh token is good once.
    pub async fn accounts_refresh(&self, body: &RefreshToken) -> Result<Session, ClientError> {
        let call = Call::new("POST", "/api/v1/auth/refresh", &[]).json(body)?;
        self.send(call).await?.json()
    }

    /// Makes an account.
    pub async fn accounts_register(&self, body: &Registration) -> Result<UserView, ClientError> {
        let call = Call::new("POST", "/api/v1/auth/register", &[]).json(body)?;
        self.send(call).await?.json()
    }

    /// Makes a token for one use, which hands the session to another program of the same user.
    pub async fn accounts_session_token(&self) -> Result<Handed, ClientError> {
        let call = Call::new("POST", "/api/v1/auth/session-token", &[]);
        self.send(call).await?.json()
    }

    /// Begins a session with a token for one use.
    pub async fn accounts_exchange(&self, body: &SessionToken) -> Result<Session, ClientError> {
        let call = Call::new("POST", "/api/v1/auth/session-token/exchange", &[]).json(body)?;
        self.send(call).await?.json()
    }

    /// Says who asks.
    pub async fn accounts_me(&self) -> Result<UserView, ClientError> {
        let call = Call::new("GET", "/api/v1/me", &[]);
        self.send(call).await?.json()
    }
}
