//! A stream that rings the bells of all processes.
//!
//! A ring is an entry in a short stream. Who listens begins at its end, so a stream that was
//! flushed, or that was never there, is one to which nothing has been written yet.

use std::time::Duration;

use redis::AsyncConnectionConfig;
use redis::streams::{StreamMaxlen, StreamReadOptions, StreamReadReply};
use tokio::task::JoinHandle;

use super::{CONNECT, Fleet};
use crate::queue::{Bell, Rings};

const STREAM: &str = "hivesync:bell";
/// Entries that are kept. Who missed a hundred rings needs one.
const KEPT: usize = 100;
/// How long a listener is silent before it asks again: a connection that died unseen is found.
const SILENCE: Duration = Duration::from_secs(2);
/// How long it waits before it tries again.
const AGAIN: Duration = Duration::from_millis(250);

/// The stream, tied to the bell of one process until it is dropped.
#[derive(Debug)]
pub struct Doorbell {
    listening: JoinHandle<()>,
    ringing: JoinHandle<()>,
}

impl Doorbell {
    /// Rings `bell` when another process rings, and the others when this one does.
    pub fn tie(fleet: &Fleet, bell: &Bell) -> Self {
        let listening = tokio::spawn(listen(fleet.client.clone(), bell.clone()));
        let ringing = tokio::spawn(ring(fleet.clone(), bell.rings_here()));
        Self { listening, ringing }
    }
}

impl Drop for Doorbell {
    fn drop(&mut self) {
        self.listening.abort();
        self.ringing.abort();
    }
}

async fn ring(fleet: Fleet, mut rings: Rings) {
    let mut connection = fleet.connection;
    while rings.next().await {
        let sent: Result<(), _> = redis::cmd("XADD")
            .arg(STREAM)
            .arg(StreamMaxlen::Approx(KEPT))
            .arg("*")
            .arg("ring")
            .arg(1)
            .query_async(&mut connection)
            .await;
        if let Err(error) = sent {
            // The others look by themselves soon.
            tracing::debug!(%error, "a ring was not heard");
        }
    }
}

async fn listen(client: redis::Client, bell: Bell) {
    loop {
        if let Err(error) = hear(&client, &bell).await {
            tracing::debug!(%error, "nobody can ring for now");
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn hear(client: &redis::Client, bell: &Bell) -> Result<(), redis::RedisError> {
    // Of its own, because a read that waits holds up all behind it.
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(SILENCE + SILENCE));
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    let options = StreamReadOptions::default().block(usize::try_from(SILENCE.as_millis()).unwrap_or(1));
    let _ear = bell.listen();
    // Whatever was rung while nobody listened.
    bell.ring_from_elsewhere();
    let mut last = "$".to_owned();
    loop {
        let mut read = redis::cmd("XREAD");
        let read = read.arg(&options).arg("STREAMS").arg(STREAM).arg(&last);
        let heard: Option<StreamReadReply> = read.query_async(&mut connection).await?;
        let entries = heard.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids);
        if let Some(entry) = entries.last() {
            bell.ring_from_elsewhere();
            last = entry.id;
        }
    }
}
