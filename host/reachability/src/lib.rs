//! Whether an address that a project names answers, and messages to addresses that its owner names.
//!
//! One `HEAD` or one `POST` over HTTPS, on the host, because a guest has no network. The addresses come
//! from a stranger's project, so the request is built to be of no use to them: no redirect
//! is followed, no body is read, no credential and no choice of header is sent, and the
//! connection goes to the very IP address that was checked, so that a name which resolves
//! differently the second time leads nowhere.
//!
//! What it does not do: decide whom to serve, or how often. Limits for a user and whether
//! the feature is on are the caller's; time for the cache is passed in.
//!
//! **Invariant:** no packet goes to an address that [`AddressRule`] did not allow.

mod address;
mod answers;
mod courier;
mod line;
mod probe;

pub use address::AddressRule;
pub use answers::{ANSWERS_MAX, Answers, FRESH};
pub use courier::{Courier, Message, takes};
pub use line::{Failure, TlsError};
pub use probe::{DEADLINE_MAX, DEADLINE_MIN, Probe, Reachability};
