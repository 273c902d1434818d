//! Private services for tests and measurements.
//!
//! Each is a process of its own on a free port of the loopback, with its files in a folder
//! that goes with it. It ends with its owner, even when that is killed.
//!
//! What this crate does not do: install anything (`cargo xtask setup` does), or talk to a
//! service that runs on this machine already.

mod clock;
mod garage;
mod model;
mod postgres;
mod redis;
mod s3;
mod service;
#[cfg(feature = "tls")]
mod tls;

pub use clock::Clock;
pub use garage::Garage;
pub use model::Model;
pub use postgres::{Durability, Postgres};
pub use redis::Redis;
pub use s3::{BUCKET, S3};
pub use service::KeyPair;
