//! One preview's life: from a project folder to a signed `bundle.zip`.
//!
//! The stages: **checkout** (the manifest is read), **dependencies** (packages are
//! restored when the project has none, the tree is packed into an immutable image),
//! **bundling** (the one sandboxed step), **packaging** (the zip is written, signed
//! and renamed), **ready**.
//!
//! A build is canceled by dropping its future: runners and npm are killed, temporary
//! files go, and nothing was changed.
//!
//! What this crate does not do: run anything of the project on the host, store a
//! bundle anywhere but at the path it is told, or know of users and tiers.
//!
//! **Invariant:** an output appears whole or not at all, and the project folder is
//! never written.

mod archive;
mod blocking;
mod cache;
mod checkout;
mod delta;
mod error;
mod event;
mod identity;
mod known;
mod map;
mod metadata;
mod output;
mod packing;
mod page;
mod pipelines;
mod preview;
mod project;
mod report;
mod request;
mod restore;
mod shelf;
mod signing;
mod totals;
mod verify;
mod workspace;

pub use cache::{CACHE_PARTS, CachePart, cache_status, clear_cache, export_cache, import_cache};
pub use error::BuildError;
pub use event::{Event, Observer, Stage};
pub use hivesync_sandbox::Totals;
pub use identity::{Identity, Moment, project_id, ulid};
pub use map::{Cascade, MapAnswer, MapQuestion, Maps, map_page};
pub use metadata::{BUNDLE_NAME, FileRecord, LOGS_NAME, METADATA_NAME, Metadata, MetadataError};
pub use output::{place_output, write_output};
pub use pipelines::{CheckedPipeline, Pipelines, check_pipelines};
pub use preview::{Preview, PreviewOptions, system_clock};
pub use report::{BuildReport, Duplicate, ImageReport, ModuleUse, ModulesReport, PackageUse, Timings, Why};
pub use request::{BuildRequest, Change, Delta, Source};
pub use restore::RestoreOptions;
pub use shelf::Shelf;
pub use signing::{BundleKey, KeyError, KeyId, Keys, ParseKeyError};
pub use verify::{AuditError, UNPACKED_BYTES_MAX, VerifyError, VerifyReport, verify, verify_audit};
pub use workspace::tree_of;
