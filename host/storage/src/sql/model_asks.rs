//! `model_asks` and `token_spending`: what runs asked models, what they were answered, and the
//! tokens of a day.
//!
//! **Invariant:** a question is kept together with the tokens that are set aside for it, and no
//! more are set aside on a day than its payer has, or all payers together.

use hivesync_jobs::Moment;

use super::{count, integer, maybe_text, moment, number, text};
use crate::database::{Database, Statement as _, Transaction, commit};
use crate::error::StorageError;

/// A day, in milliseconds.
const DAY_MS: u64 = 24 * 3_600_000;
/// The name under which all payers are counted together.
const ALL: &str = "";

/// Whose tokens a question takes, and how many there are in a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payer {
    /// Such as `user:` and an id; never empty.
    pub name: String,
    /// What they paid for: a label.
    pub tier: String,
    /// Tokens of a day.
    pub tokens_a_day: u64,
    /// Tokens of a day of all payers together.
    pub tokens_of_all: u64,
}

/// A question at its place in a run.
#[derive(Debug, Clone, Copy)]
pub struct NewAsk<'a> {
    /// The run, in hex.
    pub run: &'a str,
    /// The question, in hex.
    pub question: &'a str,
    /// The job whose run it is.
    pub job_id: &'a str,
    /// Tokens that it takes at most.
    pub tokens: u64,
}

/// What is known of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It is kept, and tokens are set aside for it.
    New,
    /// It was kept before and has no answer.
    Unanswered,
    /// It was answered: JSON.
    Answered(String),
    /// It is not kept: there are not so many tokens left today.
    Spent,
}

/// Keeps a question and sets tokens aside for it, unless it is kept already.
pub async fn begin(
    db: &Database,
    ask: NewAsk<'_>,
    payer: &Payer,
    now: Moment,
) -> Result<Known, StorageError> {
    let mut transaction = db.begin().await?;
    let inserted = sqlx::query(
        "INSERT INTO model_asks (run, question, job_id, payer, day, tokens, asked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (run, question) DO NOTHING",
    )
    .bind(ask.run)
    .bind(ask.question)
    .bind(ask.job_id)
    .bind(&payer.name)
    .bind(day(now)?)
    .bind(tokens(ask.tokens)?)
    .bind(moment(now)?)
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("keeping a question"))?;
    if inserted.rows_affected() == 0 {
        let row = sqlx::query("SELECT answer FROM model_asks WHERE run = $1 AND question = $2")
            .bind(ask.run)
            .bind(ask.question)
            .fetch_one(&mut *transaction)
            .await
            .map_err(StorageError::database("looking for an answer"))?;
        return Ok(maybe_text(&row, "answer")?.map_or(Known::Unanswered, Known::Answered));
    }
    // Always in this order, so that no two of them wait for each other.
    for (name, tier, most) in
        [(payer.name.as_str(), payer.tier.as_str(), payer.tokens_a_day), (ALL, ALL, payer.tokens_of_all)]
    {
        if !set_aside(&mut transaction, (name, tier, most), ask.tokens, now).await? {
            // Dropped, the transaction leaves nothing.
            return Ok(Known::Spent);
        }
    }
    commit(transaction).await?;
    Ok(Known::New)
}

async fn set_aside(
    transaction: &mut Transaction,
    (name, tier, most): (&str, &str, u64),
    wanted: u64,
    now: Moment,
) -> Result<bool, StorageError> {
    let failed = || StorageError::database("setting tokens aside");
    sqlx::query(
        "INSERT INTO token_spending (day, payer, tier, tokens) VALUES ($1, $2, $3, 0)
         ON CONFLICT (day, payer) DO NOTHING",
    )
    .bind(day(now)?)
    .bind(name)
    .bind(tier)
    .execute(&mut **transaction)
    .await
    .map_err(failed())?;
    let spent = sqlx::query(
        "UPDATE token_spending SET tokens = tokens + $3, tier = $4
         WHERE day = $1 AND payer = $2 AND tokens + $3 <= $5",
    )
    .bind(day(now)?)
    .bind(name)
    .bind(tokens(wanted)?)
    .bind(tier)
    .bind(tokens(most)?)
    .execute(&mut **transaction)
    .await
    .map_err(failed())?;
    Ok(spent.rows_affected() > 0)
}

/// Keeps the answer, which is JSON, and what it took in place of what was set aside. A question
/// has one answer: the first.
pub async fn settle(
    db: &Database,
    (run, question): (&str, &str),
    (answer, took): (&str, u64),
    now: Moment,
) -> Result<(), StorageError> {
    let failed = || StorageError::database("keeping an answer");
    let mut transaction = db.begin().await?;
    let answered = sqlx::query(
        "UPDATE model_asks SET answer = $3, answered_at = $4
         WHERE run = $1 AND question = $2 AND answer IS NULL",
    )
    .bind(run)
    .bind(question)
    .bind(answer)
    .bind(moment(now)?)
    .execute(&mut *transaction)
    .await
    .map_err(failed())?;
    if answered.rows_affected() == 0 {
        return Ok(());
    }
    let row = sqlx::query("SELECT payer, day, tokens FROM model_asks WHERE run = $1 AND question = $2")
        .bind(run)
        .bind(question)
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed())?;
    let (payer, day, aside) = (text(&row, "payer")?, integer(&row, "day")?, integer(&row, "tokens")?);
    let took = tokens(took)?;
    sqlx::query("UPDATE model_asks SET tokens = $3 WHERE run = $1 AND question = $2")
        .bind(run)
        .bind(question)
        .bind(took)
        .execute(&mut *transaction)
        .await
        .map_err(failed())?;
    for name in [payer.as_str(), ALL] {
        sqlx::query("UPDATE token_spending SET tokens = tokens + $3 WHERE day = $1 AND payer = $2")
            .bind(day)
            .bind(name)
            .bind(took.saturating_sub(aside))
            .execute(&mut *transaction)
            .await
            .map_err(failed())?;
    }
    commit(transaction).await
}

/// Tokens of a payer that are spent or set aside today.
pub async fn spent(db: &Database, payer: &str, now: Moment) -> Result<u64, StorageError> {
    let row = sqlx::query("SELECT tokens FROM token_spending WHERE day = $1 AND payer = $2")
        .bind(day(now)?)
        .bind(payer)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("counting tokens"))?;
    row.map_or(Ok(0), |row| count(&row, "tokens"))
}

/// Milliseconds until the next day begins.
pub const fn until_tomorrow(now: Moment) -> u64 {
    DAY_MS - now.0 % DAY_MS
}

/// Forgets questions and days before this moment, so many at most.
pub async fn forget_before(db: &Database, before: Moment, most: u32) -> Result<u64, StorageError> {
    let what = "forgetting questions";
    let asks = sqlx::query(
        "DELETE FROM model_asks WHERE (run, question) IN
           (SELECT run, question FROM model_asks WHERE asked_at < $1 LIMIT $2)",
    )
    .bind(moment(before)?)
    .bind(i64::from(most))
    .write(db, what)
    .await?;
    sqlx::query("DELETE FROM token_spending WHERE day < $1").bind(day(before)?).write(db, what).await?;
    sqlx::query("DELETE FROM pipeline_inputs WHERE created_at < $1")
        .bind(moment(before)?)
        .write(db, what)
        .await?;
    Ok(asks.rows_affected())
}

fn day(now: Moment) -> Result<i64, StorageError> {
    number(now.0 / DAY_MS, "a day")
}

fn tokens(count: u64) -> Result<i64, StorageError> {
    number(count, "a number of tokens")
}
