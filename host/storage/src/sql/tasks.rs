//! `tasks` and `comments`.

use std::fmt;
use std::str::FromStr;

use hivesync_jobs::Moment;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use super::slice::Slice;
use super::{maybe_text, moment, parsed, text, time};
use crate::database::{Database, Statement as _, commit};
use crate::error::StorageError;

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Nobody works on it.
    Open,
    /// Somebody does.
    InProgress,
    /// It is done.
    Done,
}

impl TaskStatus {
    const ALL: [Self; 3] = [Self::Open, Self::InProgress, Self::Done];

    /// The name used in JSON and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InProgress => "in_progress",
            Self::Done => "done",
        }
    }
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TaskStatus {
    type Err = StorageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(super::NONSENSE)
    }
}

/// Something that is to be done in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// A ULID.
    pub id: String,
    /// Of which project.
    pub project_id: String,
    /// In a line.
    pub title: String,
    /// In as many as it takes.
    pub description: String,
    /// How far it is.
    pub status: TaskStatus,
    /// Who is to do it.
    pub assignee: Option<String>,
    /// Who wrote it.
    pub created_by: String,
    /// When.
    pub created_at: Moment,
    /// When it changed last.
    pub updated_at: Moment,
}

/// What somebody says of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// A ULID.
    pub id: String,
    /// Of which task.
    pub task_id: String,
    /// Who said it.
    pub author: String,
    /// What.
    pub body: String,
    /// When.
    pub created_at: Moment,
}

/// Keeps a task: a new one, or one that changed.
pub async fn keep(db: &Database, task: &Task) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO tasks (id, project_id, title, description, status, assignee, created_by, created_at,
           updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO UPDATE SET title = excluded.title, description = excluded.description,
           status = excluded.status, assignee = excluded.assignee, updated_at = excluded.updated_at",
    )
    .bind(&task.id)
    .bind(&task.project_id)
    .bind(&task.title)
    .bind(&task.description)
    .bind(task.status.as_str())
    .bind(&task.assignee)
    .bind(&task.created_by)
    .bind(moment(task.created_at)?)
    .bind(moment(task.updated_at)?)
    .write(db, "keeping a task")
    .await
    .map(drop)
}

/// A task of this project.
pub async fn of_id(db: &Database, project_id: &str, id: &str) -> Result<Option<Task>, StorageError> {
    let row = sqlx::query("SELECT * FROM tasks WHERE id = $1 AND project_id = $2")
        .bind(id)
        .bind(project_id)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a task"))?;
    row.as_ref().map(task).transpose()
}

/// The tasks of a project, the newest first.
pub async fn of_project(db: &Database, project_id: &str, slice: &Slice) -> Result<Vec<Task>, StorageError> {
    let sql = format!("SELECT * FROM tasks WHERE project_id = $1 AND {}", slice.condition("id", 2));
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(project_id)
        .bind(slice.bound())
        .bind(slice.count())
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for tasks"))?;
    slice.in_order(rows.iter().map(task).collect())
}

/// Removes a task with everything that was said of it and the rows of its attachments.
pub async fn remove(db: &Database, id: &str) -> Result<(), StorageError> {
    let mut transaction = db.begin().await?;
    for sql in [
        "DELETE FROM attachments WHERE task_id = $1",
        "DELETE FROM comments WHERE task_id = $1",
        "DELETE FROM tasks WHERE id = $1",
    ] {
        sqlx::query(sql)
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(StorageError::database("removing a task"))?;
    }
    commit(transaction).await
}

/// Keeps a new comment.
pub async fn comment(db: &Database, comment: &Comment) -> Result<(), StorageError> {
    sqlx::query("INSERT INTO comments (id, task_id, author, body, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(&comment.id)
        .bind(&comment.task_id)
        .bind(&comment.author)
        .bind(&comment.body)
        .bind(moment(comment.created_at)?)
        .write(db, "keeping a comment")
        .await
        .map(drop)
}

/// The comments of a task, the newest first.
pub async fn comments(db: &Database, task_id: &str, slice: &Slice) -> Result<Vec<Comment>, StorageError> {
    let sql = format!("SELECT * FROM comments WHERE task_id = $1 AND {}", slice.condition("id", 2));
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(task_id)
        .bind(slice.bound())
        .bind(slice.count())
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for comments"))?;
    slice.in_order(rows.iter().map(said).collect())
}

/// A comment of this task.
pub async fn comment_of_id(db: &Database, task_id: &str, id: &str) -> Result<Option<Comment>, StorageError> {
    let row = sqlx::query("SELECT * FROM comments WHERE id = $1 AND task_id = $2")
        .bind(id)
        .bind(task_id)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a comment"))?;
    row.as_ref().map(said).transpose()
}

/// Removes a comment. False when it was gone.
pub async fn remove_comment(db: &Database, id: &str) -> Result<bool, StorageError> {
    let removed =
        sqlx::query("DELETE FROM comments WHERE id = $1").bind(id).write(db, "removing a comment").await?;
    Ok(removed.rows_affected() > 0)
}

/// Who has said something of a task, and who wrote it or is to do it: each once.
pub async fn people(db: &Database, task: &Task) -> Result<Vec<String>, StorageError> {
    let rows = sqlx::query("SELECT DISTINCT author FROM comments WHERE task_id = $1")
        .bind(&task.id)
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for the people of a task"))?;
    let mut people = rows.iter().map(|row| text(row, "author")).collect::<Result<Vec<_>, _>>()?;
    people.push(task.created_by.clone());
    people.extend(task.assignee.clone());
    people.sort_unstable();
    people.dedup();
    Ok(people)
}

fn task(row: &AnyRow) -> Result<Task, StorageError> {
    Ok(Task {
        id: text(row, "id")?,
        project_id: text(row, "project_id")?,
        title: text(row, "title")?,
        description: text(row, "description")?,
        status: parsed(row, "status")?,
        assignee: maybe_text(row, "assignee")?,
        created_by: text(row, "created_by")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

fn said(row: &AnyRow) -> Result<Comment, StorageError> {
    Ok(Comment {
        id: text(row, "id")?,
        task_id: text(row, "task_id")?,
        author: text(row, "author")?,
        body: text(row, "body")?,
        created_at: time(row, "created_at")?,
    })
}
