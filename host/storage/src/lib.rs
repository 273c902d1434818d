//! What is kept: the only crate with SQL, with an object store and with Redis.
//!
//! The rules of what is kept are other crates': the queue's stand in `hivesync-jobs`. What
//! this crate adds is that nothing of it is lost.
//!
//! What it does not do: decide anything by a clock of its own; every time is passed in.
//!
//! **Invariant:** what was answered is on disk.

mod crowd;
mod database;
mod error;
mod fleet;
mod migrate;
mod objects;
mod posts;
mod queue;
mod shared_commit;
mod spaces;
pub mod sql;

pub use database::Database;
pub use error::StorageError;
pub use fleet::{Allowance, Doorbell, Fleet, Heartbeat, Limiter, Rate, SILENT_AFTER};
pub use objects::{
    AccessKey, Area, Body, BucketSettings, BundleVersion, DeviceKey, Expiry, Links, Listed, Listing, Object,
    ObjectInfo, ObjectKey, Objects, ParseNameError, ServerId, Stored, Upload, Write,
};
pub use posts::forget_posts;
pub use queue::{Bell, Clock, Extended, JobStore, Rings, Steady};
pub use spaces::forget_spaces;
