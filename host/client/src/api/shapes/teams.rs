// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

//! Shapes of `teams`.

#![allow(missing_docs, reason = "they are the names of the document")]

use super::Role;
use serde::{Deserialize, Serialize};

/// What the people of a team may do in a project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewProjectTeam {
    pub role: Role,
    pub team_id: String,
}

/// A team that is to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewTeam {
    pub name: String,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageProjectTeamView {
    /// There are rows after these.
    pub has_next: bool,
    /// There are rows before these.
    pub has_prev: bool,
    /// The rows.
    pub items: Vec<ProjectTeamView>,
    /// Leads to the rows after these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Leads to the rows before these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageTeamView {
    /// There are rows after these.
    pub has_next: bool,
    /// There are rows before these.
    pub has_prev: bool,
    /// The rows.
    pub items: Vec<TeamView>,
    /// Leads to the rows after these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Leads to the rows before these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

/// A team that works on a project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProjectTeamView {
    pub name: String,
    pub role: Role,
    pub team_id: String,
}

/// A team as one of its people sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TeamView {
    pub created_at: String,
    pub id: String,
    pub name: String,
    pub role: Role,
}
