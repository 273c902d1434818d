//! The API: who asks, what they may, and what is put into the queue for them.
//!
//! Every handler reads its request through [`extract`], decides with the tables of
//! `hivesync-storage`, and answers JSON or a [`Problem`]. What takes long is a job in the
//! queue and is done by a worker.
//!
//! What this crate does not do: build anything, listen on a socket, read a configuration, a
//! clock or random numbers. All of it is passed in with [`Api`].
//!
//! **Invariant:** a request that is refused leaves nothing stored and nothing queued; what
//! belongs to others answers as what does not exist.

mod api;
mod autoscale;
mod devices;
mod document;
mod extract;
mod handlers;
mod idempotency;
mod identifiers;
mod limits;
mod metrics;
mod news;
mod passwords;
mod peer;
mod problem;
mod respond;
mod routes;
mod stream;
mod times;
mod upkeep;
mod vitals;
mod webhooks;
mod words;

pub use api::{Api, Clock, Entropy, Secrets, Settings};
pub use autoscale::{Advice, Scaling, advise, report_advice};
pub use handlers::billing::Billing;
pub use metrics::Metrics;
pub use news::News;
pub use peer::Peer;
pub use problem::Problem;
pub use routes::router;
pub use upkeep::upkeep;
pub use vitals::{Finding, Status, Vitals, WorkerStatus, worker_status};
pub use webhooks::{Postman, deliver};
