//! A policy file as it is written, before anything in it is believed.

use serde::Deserialize;

use crate::keys::{RawCompile, RawLimits};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPolicy {
    pub(crate) schema: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) purpose: Option<String>,
    pub(crate) profile: Option<String>,
    #[serde(default)]
    pub(crate) module: RawModule,
    #[serde(default)]
    pub(crate) grants: RawGrants,
    #[serde(default)]
    pub(crate) limits: RawLimits,
    #[serde(default)]
    pub(crate) determinism: RawDeterminism,
    #[serde(default)]
    pub(crate) compile: RawCompile,
    #[serde(default)]
    pub(crate) layer2: RawLayer2,
}

/// The section `module`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawModule {
    pub(crate) accept: Option<String>,
    #[serde(default)]
    pub(crate) digests: Vec<String>,
    #[serde(default)]
    pub(crate) signers: Vec<String>,
    #[serde(default)]
    pub(crate) revoked: Vec<String>,
    #[serde(default)]
    pub(crate) worlds: Vec<String>,
}

/// The section `grants`: a table an interface.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawGrants {
    pub(crate) project: Option<RawProjectGrant>,
    pub(crate) artifacts: Option<RawArtifactsGrant>,
    pub(crate) log: Option<RawGrant>,
    pub(crate) progress: Option<RawGrant>,
    pub(crate) mapper: Option<RawGrant>,
}

/// A grant of an interface that has nothing to choose from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawGrant {
    pub(crate) reason: Option<String>,
}

/// `grants.project`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawProjectGrant {
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) include: Vec<String>,
    #[serde(default)]
    pub(crate) deny: Vec<String>,
}

/// `grants.artifacts`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawArtifactsGrant {
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) names: Vec<String>,
}

/// The section `determinism`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawDeterminism {
    pub(crate) mode: Option<String>,
}

/// The section `layer2`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawLayer2 {
    pub(crate) require: Option<Vec<String>>,
    pub(crate) allow_degraded: Option<RawDegraded>,
}

/// `layer2.allow-degraded`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawDegraded {
    #[serde(default)]
    pub(crate) walls: Vec<String>,
    pub(crate) reason: Option<String>,
}

/// Every key a file may hold, dotted; tables too. A test holds it against the manual
/// file, which the structs above accept.
pub(crate) fn known_keys() -> Vec<String> {
    const WORDS: &[&str] = &[
        "schema",
        "name",
        "purpose",
        "profile",
        "module",
        "module.accept",
        "module.digests",
        "module.signers",
        "module.revoked",
        "module.worlds",
        "grants",
        "grants.project",
        "grants.project.reason",
        "grants.project.include",
        "grants.project.deny",
        "grants.artifacts",
        "grants.artifacts.reason",
        "grants.artifacts.names",
        "grants.log",
        "grants.log.reason",
        "grants.progress",
        "grants.progress.reason",
        "grants.mapper",
        "grants.mapper.reason",
        "limits",
        "determinism",
        "determinism.mode",
        "compile",
        "layer2",
        "layer2.require",
        "layer2.allow-degraded",
        "layer2.allow-degraded.walls",
        "layer2.allow-degraded.reason",
    ];
    let numbers = crate::keys::all_keys().map(crate::keys::Key::path);
    WORDS.iter().map(|word| (*word).to_owned()).chain(numbers).collect()
}
