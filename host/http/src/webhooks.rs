//! What is said to the addresses that owners of projects named, as Standard Webhooks have it
//! (<https://www.standardwebhooks.com>): signed, with an id that stays the same, again and again
//! until it arrives or nobody believes that it will.
//!
//! What this does not do: decide what is said; that is written down together with what happened.
//!
//! **Invariant:** a message that was written down is sent, at least once, until its address takes it
//! or its tries are over, whichever process dies meanwhile; none goes to an address of a private network.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use hivesync_access::{Secret, sign_webhook, unseal};
use hivesync_jobs::Moment;
use hivesync_reachability::{Courier, Failure, Message};
use hivesync_storage::sql::moment_of;
use hivesync_storage::sql::webhooks::{self, Attempt, Settled};
use hivesync_storage::{Database, StorageError};
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};

use crate::api::Clock;
use crate::handlers::page::rfc3339;
use crate::news::News;

/// What the seals of secrets are for.
pub(crate) const CONTEXT: &str = "webhook secret";
/// What a test is called among events.
const PING: &str = "ping";
/// Messages on their way at one time, one an address: a slow one keeps no other waiting.
const AT_ONCE: usize = 16;
/// Addresses that are looked at in one go: those that are busy and as many again.
const LOOKED_AT: u32 = 32;
/// How long an attempt may take with everything about it; after that another process may make it.
const LEASE: Duration = Duration::from_secs(60);
/// How long until the next attempt, after the first, the second and so on. Then there is none.
const PAUSES: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3600),
    Duration::from_secs(6 * 3600),
    Duration::from_secs(12 * 3600),
];
/// How often the tables are looked at where nobody rings: for what other processes wrote, and for
/// what is to be tried again.
const LOOK: Duration = Duration::from_secs(5);
/// How long to wait after a bell, which rings for progress too, for those that follow it.
const BREATH: Duration = Duration::from_millis(100);

/// A message's id as its receiver sees it, at every attempt and in every list.
pub(crate) fn message_id(id: &str) -> String {
    format!("msg_{id}")
}

/// Who brings messages.
pub struct Postman {
    /// The tables.
    pub db: Database,
    /// Asks addresses.
    pub courier: Courier,
    /// Seals the secrets of addresses.
    pub secret: Secret,
    /// The time.
    pub clock: Clock,
    /// Rings when something happened.
    pub news: Arc<News>,
}

/// Brings messages until `stop` becomes true, and waits for those that are on their way.
pub async fn deliver(postman: Arc<Postman>, mut stop: watch::Receiver<bool>) {
    let mut round = Round::default();
    loop {
        if let Err(error) = postman.send_out(&mut round).await {
            tracing::warn!(%error, "messages to webhooks could not be looked at");
        }
        tokio::select! {
            _ = stop.changed() => break,
            Some(ended) = round.tasks.join_next_with_id() => {
                round.ended(ended.map_or_else(|error| error.id(), |(id, ())| id));
            }
            () = postman.news.any() => tokio::time::sleep(BREATH).await,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    while round.tasks.join_next().await.is_some() {}
}

/// What is on its way.
#[derive(Default)]
struct Round {
    tasks: JoinSet<()>,
    /// To which address each is.
    addresses: HashMap<Id, String>,
    busy: BTreeSet<String>,
}

impl Round {
    fn ended(&mut self, id: Id) {
        if let Some(address) = self.addresses.remove(&id) {
            self.busy.remove(&address);
        }
    }
}

impl Postman {
    /// Begins an attempt for each address that something is due for and that has none.
    async fn send_out(self: &Arc<Self>, round: &mut Round) -> Result<(), StorageError> {
        if round.tasks.len() >= AT_ONCE {
            return Ok(());
        }
        for address in webhooks::due(&self.db, self.now(), LOOKED_AT).await? {
            if round.tasks.len() >= AT_ONCE {
                break;
            }
            if !round.busy.insert(address.clone()) {
                continue;
            }
            let (postman, to) = (Arc::clone(self), address.clone());
            let task = round.tasks.spawn(async move {
                if let Err(error) = postman.bring(&to).await {
                    tracing::warn!(%error, webhook.id = %to, "what came of a message is not known");
                }
            });
            round.addresses.insert(task.id(), address);
        }
        Ok(())
    }

    /// Makes one attempt for an address, if one is due and nobody else makes it.
    async fn bring(&self, address: &str) -> Result<(), StorageError> {
        let now = self.now();
        let Some(attempt) = webhooks::claim(&self.db, address, now, now.after(LEASE)).await? else {
            return Ok(());
        };
        let came = match self.message(&attempt, now) {
            Some(message) => match self.courier.bring(&attempt.url, message).await {
                Ok(status) => Came::Answer(status),
                Err(failure) => Came::Nothing(failure),
            },
            None => Came::Unsigned,
        };
        let now = self.now();
        let settled = settled(&attempt, came, now);
        tracing::debug!(webhook.id = %address, ?came, ?settled, "a webhook was called");
        // What came too late is another attempt's to say.
        webhooks::settle(&self.db, &attempt, settled, came.words(), now).await.map(drop)
    }

    /// The message, the same at each attempt but for its time. None where its secret cannot be read.
    fn message(&self, attempt: &Attempt, now: Moment) -> Option<Message> {
        let secret = unseal(&self.secret, CONTEXT, &attempt.secret).ok()?;
        let secret = String::from_utf8(secret).ok()?;
        let mut data: Map<String, Value> = serde_json::from_str(&attempt.data).unwrap_or_default();
        data.insert("project_id".to_owned(), attempt.project_id.as_str().into());
        data.retain(|_, value| !value.is_null());
        let timestamp = rfc3339(attempt.created_at);
        let body = json!({ "type": attempt.event, "timestamp": timestamp, "data": data }).to_string();
        let (id, seconds) = (message_id(&attempt.message_id), i64::try_from(now.0 / 1000).ok()?);
        let signature = sign_webhook(&secret, &id, seconds, body.as_bytes())?;
        let headers = vec![
            ("webhook-id", id),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", signature),
        ];
        Some(Message { headers, body: body.into() })
    }

    fn now(&self) -> Moment {
        moment_of((self.clock)())
    }
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    /// This status.
    Answer(u16),
    /// No answer.
    Nothing(Failure),
    /// The secret of the address was sealed before that of this server was changed.
    Unsigned,
}

impl Came {
    /// As the project's owner sees it.
    const fn words(self) -> (Option<u16>, Option<&'static str>) {
        match self {
            Self::Answer(status @ 200..300) => (Some(status), None),
            Self::Answer(status @ 300..400) => (Some(status), Some("redirect")),
            Self::Answer(status) => (Some(status), Some("status")),
            Self::Nothing(Failure::Timeout) => (None, Some("timeout")),
            Self::Nothing(Failure::DnsError) => (None, Some("dns_error")),
            Self::Nothing(Failure::TlsError) => (None, Some("tls_error")),
            Self::Nothing(Failure::Blocked) => (None, Some("blocked")),
            Self::Unsigned => (None, Some("secret_unreadable")),
        }
    }
}

/// What becomes of a message.
fn settled(attempt: &Attempt, came: Came, now: Moment) -> Settled {
    let pause = usize::try_from(attempt.number).ok().and_then(|number| PAUSES.get(number.checked_sub(1)?));
    match (came, pause) {
        (Came::Answer(200..300), _) => Settled::Delivered,
        // Whoever tests sees what came of it, and tests again.
        _ if attempt.event == PING => Settled::Lost,
        (Came::Answer(410), _) => Settled::Unwanted,
        (Came::Nothing(Failure::Blocked) | Came::Unsigned, _) | (_, None) => Settled::Dead,
        (_, Some(pause)) => Settled::Later(now.after(*pause)),
    }
}

#[cfg(test)]
mod tests;
