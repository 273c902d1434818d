//! `subscriptions` and `billing_events`.
//!
//! **Invariant:** an event of the provider changes something once, and a user's tier is the
//! best that a good subscription of theirs gives.

use hivesync_jobs::Moment;
use hivesync_types::Tier;

use super::{moment, parsed, text};
use crate::database::{Database, commit};
use crate::error::StorageError;

/// What the provider says of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The provider's id.
    pub id: String,
    /// Who pays.
    pub user_id: String,
    /// The order that it began with.
    pub order_id: String,
    /// What is paid for.
    pub tier: Tier,
    /// It gives its tier now.
    pub is_good: bool,
    /// The provider's word for where it stands.
    pub status: String,
    /// By the provider's clock.
    pub updated_at: Moment,
}

/// What is to become of subscriptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// One is as said here.
    Set(Subscription),
    /// Those of this order are good no longer.
    Refund {
        /// The provider's id.
        order_id: String,
    },
}

/// An event of the provider.
#[derive(Debug, Clone, Copy)]
pub struct BillingEvent<'a> {
    /// No other event has it.
    pub event_id: &'a str,
    /// What happened.
    pub name: &'a str,
    /// When it arrived.
    pub received_at: Moment,
}

/// Takes an event in. False when it was taken in before.
pub async fn take(db: &Database, event: BillingEvent<'_>, change: &Change) -> Result<bool, StorageError> {
    let mut transaction = db.begin().await?;
    let subject = match change {
        Change::Set(subscription) => &subscription.id,
        Change::Refund { order_id } => order_id,
    };
    let new = sqlx::query(
        "INSERT INTO billing_events (event_id, name, subject, received_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (event_id) DO NOTHING",
    )
    .bind(event.event_id)
    .bind(event.name)
    .bind(subject)
    .bind(moment(event.received_at)?)
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("keeping a billing event"))?;
    if new.rows_affected() == 0 {
        return Ok(false);
    }
    let users = match change {
        Change::Set(subscription) => set(&mut transaction, subscription).await?,
        Change::Refund { order_id } => refund(&mut transaction, order_id).await?,
    };
    for user in users {
        grade(&mut transaction, &user).await?;
    }
    commit(transaction).await?;
    Ok(true)
}

/// Who has this subscription.
pub async fn subscriber(db: &Database, id: &str) -> Result<Option<String>, StorageError> {
    let row = sqlx::query("SELECT user_id FROM subscriptions WHERE id = $1")
        .bind(id)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a subscription"))?;
    row.map(|row| text(&row, "user_id")).transpose()
}

async fn set(
    connection: &mut sqlx::AnyConnection,
    subscription: &Subscription,
) -> Result<Vec<String>, StorageError> {
    sqlx::query(
        "INSERT INTO subscriptions (id, user_id, order_id, tier, is_good, status, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (id) DO UPDATE SET tier = excluded.tier, is_good = excluded.is_good,
           status = excluded.status, updated_at = excluded.updated_at
         WHERE subscriptions.updated_at <= excluded.updated_at",
    )
    .bind(&subscription.id)
    .bind(&subscription.user_id)
    .bind(&subscription.order_id)
    .bind(subscription.tier.as_str())
    .bind(i64::from(subscription.is_good))
    .bind(&subscription.status)
    .bind(moment(subscription.updated_at)?)
    .execute(&mut *connection)
    .await
    .map_err(StorageError::database("keeping a subscription"))?;
    // Once somebody's, a subscription stays theirs.
    let owner = sqlx::query("SELECT user_id FROM subscriptions WHERE id = $1")
        .bind(&subscription.id)
        .fetch_one(&mut *connection)
        .await
        .map_err(StorageError::database("looking for a subscription"))?;
    Ok(vec![text(&owner, "user_id")?])
}

async fn refund(connection: &mut sqlx::AnyConnection, order_id: &str) -> Result<Vec<String>, StorageError> {
    let rows = sqlx::query(
        "UPDATE subscriptions SET is_good = 0, status = 'refunded' WHERE order_id = $1 RETURNING user_id",
    )
    .bind(order_id)
    .fetch_all(&mut *connection)
    .await
    .map_err(StorageError::database("taking a subscription back"))?;
    rows.iter().map(|row| text(row, "user_id")).collect()
}

/// Gives a user the best tier that they pay for.
async fn grade(connection: &mut sqlx::AnyConnection, user_id: &str) -> Result<(), StorageError> {
    let rows = sqlx::query("SELECT tier FROM subscriptions WHERE user_id = $1 AND is_good = 1")
        .bind(user_id)
        .fetch_all(&mut *connection)
        .await
        .map_err(StorageError::database("looking for subscriptions"))?;
    let tiers = rows.iter().map(|row| parsed(row, "tier")).collect::<Result<Vec<Tier>, _>>()?;
    let tier = tiers.into_iter().max().unwrap_or(Tier::Free);
    sqlx::query("UPDATE users SET tier = $1 WHERE id = $2")
        .bind(tier.as_str())
        .bind(user_id)
        .execute(&mut *connection)
        .await
        .map(drop)
        .map_err(StorageError::database("changing a tier"))
}
