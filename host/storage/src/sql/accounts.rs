//! `users` and `user_profiles`.

use hivesync_jobs::Moment;
use hivesync_types::Tier;
use sqlx::any::AnyRow;

use super::{moment, parsed, text, time};
use crate::database::{Database, Statement as _, Transaction, commit};
use crate::error::StorageError;

/// A user, without what only the password check needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// A ULID.
    pub id: String,
    /// In lower case.
    pub email: String,
    /// What they pay for.
    pub tier: Tier,
    /// What others see.
    pub display_name: String,
    /// Since when.
    pub created_at: Moment,
}

/// Keeps a new user. False when the address has an account.
pub async fn register(db: &Database, user: &User, password_hash: &str) -> Result<bool, StorageError> {
    let mut transaction = db.begin().await?;
    let inserted = sqlx::query(
        "INSERT INTO users (id, email, password_hash, tier, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (email) DO NOTHING",
    )
    .bind(&user.id)
    .bind(&user.email)
    .bind(password_hash)
    .bind(user.tier.as_str())
    .bind(moment(user.created_at)?)
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("keeping a user"))?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("INSERT INTO user_profiles (user_id, display_name, updated_at) VALUES ($1, $2, $3)")
        .bind(&user.id)
        .bind(&user.display_name)
        .bind(moment(user.created_at)?)
        .execute(&mut *transaction)
        .await
        .map_err(StorageError::database("keeping a profile"))?;
    commit(transaction).await?;
    Ok(true)
}

/// Holds a user's row until the transaction is over: who comes meanwhile waits and sees what it did.
pub(super) async fn hold(transaction: &mut Transaction, id: &str) -> Result<(), StorageError> {
    let held = sqlx::query("UPDATE users SET tier = tier WHERE id = $1").bind(id);
    let held = held.execute(&mut **transaction).await;
    held.map(drop).map_err(StorageError::database("holding a user"))
}

const USER: &str = "SELECT users.id, users.email, users.tier, users.created_at, users.password_hash,
       user_profiles.display_name
     FROM users JOIN user_profiles ON user_profiles.user_id = users.id";

/// The user of this address and the hash of their password.
pub async fn by_email(db: &Database, email: &str) -> Result<Option<(User, String)>, StorageError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("{USER} WHERE users.email = $1")))
        .bind(email)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a user"))?;
    row.map(|row| Ok((user(&row)?, text(&row, "password_hash")?))).transpose()
}

/// The user with this id.
pub async fn by_id(db: &Database, id: &str) -> Result<Option<User>, StorageError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("{USER} WHERE users.id = $1")))
        .bind(id)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a user"))?;
    row.as_ref().map(user).transpose()
}

/// Changes what a user pays for. False when there is no such user.
pub async fn set_tier(db: &Database, id: &str, tier: Tier) -> Result<bool, StorageError> {
    let changed = sqlx::query("UPDATE users SET tier = $1 WHERE id = $2")
        .bind(tier.as_str())
        .bind(id)
        .write(db, "changing a tier")
        .await?;
    Ok(changed.rows_affected() > 0)
}

fn user(row: &AnyRow) -> Result<User, StorageError> {
    Ok(User {
        id: text(row, "id")?,
        email: text(row, "email")?,
        tier: parsed(row, "tier")?,
        display_name: text(row, "display_name")?,
        created_at: time(row, "created_at")?,
    })
}
