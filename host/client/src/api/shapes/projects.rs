// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

//! Shapes of `projects`.

#![allow(missing_docs, reason = "they are the names of the document")]

use super::Known;
use serde::{Deserialize, Serialize};

/// A member as the others see them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberView {
    pub email: String,
    pub role: Role,
    pub user_id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewMember {
    pub email: String,
    pub role: Role,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewProject {
    pub name: String,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageMemberView {
    /// There are rows after these.
    pub has_next: bool,
    /// There are rows before these.
    pub has_prev: bool,
    /// The rows.
    pub items: Vec<MemberView>,
    /// Leads to the rows after these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Leads to the rows before these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageProjectView {
    /// There are rows after these.
    pub has_next: bool,
    /// There are rows before these.
    pub has_prev: bool,
    /// The rows.
    pub items: Vec<ProjectView>,
    /// Leads to the rows after these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Leads to the rows before these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

/// A project as one of its people sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProjectView {
    pub created_at: String,
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    pub name: String,
    pub role: Role,
    pub updated_at: String,
}

/// What is known of each address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reached {
    pub reachability: std::collections::BTreeMap<String, Known>,
}

/// What somebody may do; each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    #[serde(rename = "guest")]
    Guest,
    #[serde(rename = "member")]
    Member,
    #[serde(rename = "admin")]
    Admin,
    #[serde(rename = "owner")]
    Owner,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}

/// The addresses that are meant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Urls {
    /// Each of 2048 bytes at most.
    pub urls: Vec<String>,
}
