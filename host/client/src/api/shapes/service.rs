// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

//! Shapes of `service`.

#![allow(missing_docs, reason = "they are the names of the document")]

use serde::{Deserialize, Serialize};

/// Each `ok` or `failed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checks {
    pub database: String,
    pub objects: String,
    pub queue: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redis: Option<String>,
}

/// That the program answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Live {
    pub status: String,
    pub version: String,
}

/// Whether the program reaches what it needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    pub checks: Checks,
    pub status: String,
}
