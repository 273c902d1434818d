//! What each endpoint does, a file a resource.

pub(crate) mod accounts;
pub(crate) mod api_keys;
pub(crate) mod errors;
pub(crate) mod health;
pub(crate) mod members;
pub(crate) mod page;
pub(crate) mod projects;
