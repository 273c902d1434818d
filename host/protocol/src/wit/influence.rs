//! Mirror of `wit/influence.wit`.

use serde::{Deserialize, Serialize};
#[cfg(feature = "component")]
use wasmtime::component::{ComponentType, Lift, Lower};

use super::modules::SourceFile;

/// `influence.depth`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(enum))]
#[repr(u8)]
pub enum Depth {
    /// No cascade.
    #[cfg_attr(feature = "component", component(name = "off"))]
    Off,
    /// Matches and winners.
    #[cfg_attr(feature = "component", component(name = "basic"))]
    Basic,
    /// Everything.
    #[cfg_attr(feature = "component", component(name = "deep"))]
    Deep,
}

/// `influence.project-files`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct ProjectFiles {
    /// What is read.
    pub files: Vec<SourceFile>,
    /// What is only known to be there.
    pub names: Vec<String>,
}

/// `influence.element-property`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct ElementProperty {
    /// A selector or an id.
    pub element: String,
    /// A longhand.
    pub property: String,
}

/// `influence.question`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(variant))]
pub enum Question {
    /// The whole map.
    #[cfg_attr(feature = "component", component(name = "map"))]
    Map(Depth),
    /// One cascade.
    #[cfg_attr(feature = "component", component(name = "why"))]
    Why(ElementProperty),
    /// What mutes change.
    #[cfg_attr(feature = "component", component(name = "simulate"))]
    Simulate(Vec<String>),
}

/// `influence.mapped`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct Mapped {
    /// Canonical JSON.
    #[serde(with = "crate::octets")]
    pub json: Vec<u8>,
    /// Parts for the next map of the same project.
    #[serde(with = "crate::octets")]
    pub left: Vec<u8>,
}
