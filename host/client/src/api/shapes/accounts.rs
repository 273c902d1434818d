// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

//! Shapes of `accounts`.

#![allow(missing_docs, reason = "they are the names of the document")]

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Credentials {
    pub email: String,
    pub password: String,
}

/// What a session token gives access to.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Handed {
    pub expires_in: u64,
    pub session_token: String,
}

impl std::fmt::Debug for Handed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It holds what nobody is shown.
        f.debug_struct("Handed").finish_non_exhaustive()
    }
}

/// A key as its owner sees it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyView {
    pub created_at: String,
    pub id: String,
    /// The key itself: once, in the answer that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    pub name: String,
    pub prefix: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
}

impl std::fmt::Debug for KeyView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It holds what nobody is shown.
        f.debug_struct("KeyView").finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewKey {
    pub name: String,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageKeyView {
    /// There are rows after these.
    pub has_next: bool,
    /// There are rows before these.
    pub has_prev: bool,
    /// The rows.
    pub items: Vec<KeyView>,
    /// Leads to the rows after these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Leads to the rows before these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct RefreshToken {
    pub refresh_token: String,
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It holds what nobody is shown.
        f.debug_struct("RefreshToken").finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    pub email: String,
    pub password: String,
}

/// What a login gives.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub access_token: String,
    pub expires_in: u64,
    pub refresh_token: String,
    pub token_type: String,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It holds what nobody is shown.
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionToken {
    pub session_token: String,
}

impl std::fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It holds what nobody is shown.
        f.debug_struct("SessionToken").finish_non_exhaustive()
    }
}

/// What a user pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tier {
    #[serde(rename = "guest")]
    Guest,
    #[serde(rename = "free")]
    Free,
    #[serde(rename = "pro")]
    Pro,
    #[serde(rename = "premium")]
    Premium,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// A user as they see themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserView {
    pub display_name: String,
    pub email: String,
    pub id: String,
    pub tier: Tier,
}
