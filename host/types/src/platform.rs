//! What a preview is built for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a person asks a preview for. An iPad gets the iOS bundle in a tablet's frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// iPhone.
    Ios,
    /// Android phones and tablets.
    Android,
    /// iPad.
    Ipad,
    /// A browser.
    Web,
}

impl Platform {
    /// Every platform, in the order people list them.
    pub const ALL: [Self; 4] = [Self::Ios, Self::Android, Self::Ipad, Self::Web];

    /// The name used in commands, JSON and file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ios => "ios",
            Self::Android => "android",
            Self::Ipad => "ipad",
            Self::Web => "web",
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the platform is ios, android, ipad or web")]
pub struct ParsePlatformError;

impl FromStr for Platform {
    type Err = ParsePlatformError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|p| p.as_str() == text).ok_or(ParsePlatformError)
    }
}
