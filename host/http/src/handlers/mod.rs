//! What each endpoint does, a file a resource.

pub(crate) mod accounts;
pub(crate) mod admin;
pub(crate) mod ai_docs;
pub(crate) mod api_keys;
pub(crate) mod artifacts;
pub(crate) mod attachments;
pub(crate) mod billing;
pub(crate) mod callback;
pub(crate) mod content;
pub(crate) mod errors;
pub(crate) mod eventflow;
pub(crate) mod events;
pub(crate) mod files;
pub(crate) mod gpu;
pub(crate) mod health;
pub(crate) mod maps;
pub(crate) mod members;
pub(crate) mod notifications;
pub(crate) mod page;
pub(crate) mod previews;
pub(crate) mod projects;
pub(crate) mod reachability;
pub(crate) mod spaces;
pub(crate) mod tasks;
pub(crate) mod teams;
pub(crate) mod webhooks;
