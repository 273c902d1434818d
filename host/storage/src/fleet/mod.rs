//! What the processes of a fleet tell each other through Redis.
//!
//! A doorbell, so that a job begins sooner; counters, so that limits hold for all together;
//! signs of life, for who looks. None of it is the truth about anything: a Redis that is
//! flushed, stopped or slow costs time and exactness, never a job.
//!
//! What this module does not do: remember requests. A nonce that was forgotten would let a
//! replay through, so nonces are in the database.
//!
//! **Invariant:** nobody waits for Redis longer than a moment, and nothing is lost with it.

mod doorbell;
mod heartbeat;
mod limiter;

use std::time::Duration;

use redis::TlsCertificates;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};

use crate::error::StorageError;
pub use doorbell::Doorbell;
pub use heartbeat::{Heartbeat, SILENT_AFTER};
pub use limiter::{Allowance, Limiter, Rate};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_millis(500);
/// How long an answer may take. A limit that takes longer is worth less than the wait.
const ANSWER: Duration = Duration::from_millis(100);
/// How long it waits at most before it tries to connect again.
const AGAIN: Duration = Duration::from_millis(500);

/// Redis, as long as it is there.
#[derive(Clone)]
pub struct Fleet {
    client: redis::Client,
    connection: ConnectionManager,
}

impl std::fmt::Debug for Fleet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Its address may hold a password.
        f.debug_struct("Fleet").finish_non_exhaustive()
    }
}

impl Fleet {
    /// The Redis at this address, which need not be there yet.
    pub fn new(url: &str) -> Result<Self, StorageError> {
        let client = redis::Client::open(url).map_err(|error| failed("reading its address", &error))?;
        Self::of(client)
    }

    /// The Redis at this address, which begins with `rediss://`, where these certificates in PEM are
    /// believed and no others.
    pub fn trusting(url: &str, ca: Vec<u8>) -> Result<Self, StorageError> {
        let certificates = TlsCertificates { client_tls: None, root_cert: Some(ca) };
        let client = redis::Client::build_with_tls(url, certificates);
        Self::of(client.map_err(|error| failed("reading its address or certificates", &error))?)
    }

    fn of(client: redis::Client) -> Result<Self, StorageError> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(ANSWER))
            .set_max_delay(AGAIN)
            .set_number_of_retries(1);
        let connection = ConnectionManager::new_lazy_with_config(client.clone(), config);
        Ok(Self { client, connection: connection.map_err(|error| failed("connecting", &error))? })
    }

    /// Whether it answers now.
    pub async fn check(&self) -> Result<(), StorageError> {
        let mut connection = self.connection.clone();
        let answer: Result<String, _> = redis::cmd("PING").query_async(&mut connection).await;
        answer.map(|_| ()).map_err(|error| failed("looking for it", &error))
    }
}

fn failed(what: &'static str, error: &redis::RedisError) -> StorageError {
    StorageError::Redis { what, detail: error.to_string() }
}
