//! Words shared by every crate of the host: digests, limits, platforms, error codes.
//!
//! There is no I/O in here, and nothing that knows about a process, a database or a guest.

pub mod bounds;
mod code;
mod digest;
mod limits;
mod pages;
mod platform;
mod tier;

pub use code::{Code, Fault};
pub use digest::{Digest, ParseDigestError};
pub use limits::{CompileLimits, Limits};
pub use pages::{codes_with_pages, page};
pub use platform::{ParsePlatformError, Platform};
pub use tier::{ParseTierError, Tier, TierLimits, Tiers};
