// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

//! Shapes of `billing`.

#![allow(missing_docs, reason = "they are the names of the document")]

use serde::{Deserialize, Serialize};

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    pub result: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    #[serde(rename = "taken")]
    Taken,
    #[serde(rename = "known")]
    Known,
    #[serde(rename = "ignored")]
    Ignored,
    /// What only a newer server says.
    #[serde(other)]
    Newer,
}
