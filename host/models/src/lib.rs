//! Questions of pipeline steps, put to the models that the configuration names.
//!
//! A step returns a question as a value; here it becomes one request to an OpenAI-compatible
//! endpoint: the local model first where there is one, then the primary, then the fallback. What
//! comes back is read as a stream, bounded in bytes and time, and becomes an answer that the
//! step's next call gets. [`Recorded`] answers from a file instead, so that a run can be made
//! again without any model.
//!
//! What it does not do: judge what a model says, follow a redirect, keep a budget, or write
//! anything down. A question and an answer are a user's words: neither reaches a log.
//!
//! **Invariant:** a key leaves this process only inside a request to the one address that it is
//! configured for, and no address comes from a question or from an answer.

mod chain;
mod endpoint;
mod key;
mod provider;
mod question;
mod recorded;
mod request;
mod stream;

pub use chain::{Answered, Models};
pub use endpoint::{Endpoint, EndpointError};
pub use key::ApiKey;
pub use provider::{Fault, Place, Provider};
pub use question::Question;
pub use recorded::{Recorded, RecordedError};
