// Made of the document of the API by `cargo xtask bless`. Do not change it by hand.

//! The shapes of the API, a file a part of it.

mod accounts;
pub use accounts::*;
mod ai;
pub use ai::*;
mod billing;
pub use billing::*;
mod content;
pub use content::*;
mod files;
pub use files::*;
mod maps;
pub use maps::*;
mod notifications;
pub use notifications::*;
mod operator;
pub use operator::*;
mod previews;
pub use previews::*;
mod projects;
pub use projects::*;
mod service;
pub use service::*;
mod spaces;
pub use spaces::*;
mod tasks;
pub use tasks::*;
mod teams;
pub use teams::*;
mod webhooks;
pub use webhooks::*;
mod workers;
pub use workers::*;
