//! `projects`, `project_members` and `project_images`.

use std::fmt;
use std::str::FromStr;

use hivesync_jobs::Moment;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use super::slice::Slice;
use super::{count, integer, maybe_text, moment, number, parsed, text, time};
use crate::database::{Database, Statement as _, Transaction, commit};
use crate::error::StorageError;

/// What somebody may do in a project. Each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Look.
    Guest,
    /// Upload and build.
    Member,
    /// Say who is a member.
    Admin,
    /// Everything.
    Owner,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 4] = [Self::Guest, Self::Member, Self::Admin, Self::Owner];

    /// The name used in JSON and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the role is owner, admin, member or guest")]
pub struct ParseRoleError;

impl FromStr for Role {
    type Err = ParseRoleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(ParseRoleError)
    }
}

/// A project as one of its people sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// A ULID.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The digest of its newest image; none before the first upload.
    pub image: Option<String>,
    /// Since when.
    pub created_at: Moment,
    /// When its name or files changed last.
    pub updated_at: Moment,
    /// What whoever looks may do.
    pub role: Role,
}

/// A member of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user_id: String,
    /// Their address.
    pub email: String,
    /// What they may do.
    pub role: Role,
}

/// An image of a project's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectImage {
    /// Of what is in it, in hex.
    pub digest: String,
    /// How many files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Keeps a new project with its owner.
pub async fn create(
    db: &Database,
    id: &str,
    name: &str,
    owner: &str,
    now: Moment,
) -> Result<(), StorageError> {
    let mut transaction = db.begin().await?;
    sqlx::query("INSERT INTO projects (id, name, created_at, updated_at) VALUES ($1, $2, $3, $3)")
        .bind(id)
        .bind(name)
        .bind(moment(now)?)
        .execute(&mut *transaction)
        .await
        .map_err(StorageError::database("keeping a project"))?;
    sqlx::query(
        "INSERT INTO project_members (project_id, user_id, role, created_at) VALUES ($1, $2, 'owner', $3)",
    )
    .bind(id)
    .bind(owner)
    .bind(moment(now)?)
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("keeping an owner"))?;
    commit(transaction).await
}

/// Holds a project's row until the transaction is over: who comes meanwhile waits and sees what it did.
pub(super) async fn hold(transaction: &mut Transaction, id: &str) -> Result<(), StorageError> {
    let held = sqlx::query("UPDATE projects SET name = name WHERE id = $1").bind(id);
    let held = held.execute(&mut **transaction).await;
    held.map(drop).map_err(StorageError::database("holding a project"))
}

/// What the user of the first parameter may do in each of their projects, by themselves or
/// through a team: the most of it.
const PROJECT: &str = "SELECT projects.id, projects.name, projects.image, projects.created_at,
       projects.updated_at, access.rank
     FROM projects JOIN (
       SELECT project_id, MAX(CASE role WHEN 'owner' THEN 3 WHEN 'admin' THEN 2 WHEN 'member' THEN 1
           ELSE 0 END) AS rank
       FROM (
         SELECT project_id, role FROM project_members WHERE user_id = $1
         UNION ALL
         SELECT project_teams.project_id, project_teams.role
         FROM project_teams JOIN team_members ON team_members.team_id = project_teams.team_id
         WHERE team_members.user_id = $1
       ) AS granted GROUP BY project_id
     ) AS access ON access.project_id = projects.id";

/// A project, as this user sees it; none when they are not one of its people.
pub async fn seen_by(db: &Database, user_id: &str, id: &str) -> Result<Option<Project>, StorageError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("{PROJECT} WHERE projects.id = $2")))
        .bind(user_id)
        .bind(id)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a project"))?;
    row.as_ref().map(project).transpose()
}

/// The projects of a user, the newest first.
pub async fn of_user(db: &Database, user_id: &str, slice: &Slice) -> Result<Vec<Project>, StorageError> {
    let sql = format!("{PROJECT} WHERE {}", slice.condition("projects.id", 2));
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(user_id)
        .bind(slice.bound())
        .bind(slice.count())
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for projects"))?;
    slice.in_order(rows.iter().map(project).collect())
}

/// The people of a project, those whose accounts are the newest first.
pub async fn members(db: &Database, project_id: &str, slice: &Slice) -> Result<Vec<Member>, StorageError> {
    let sql = format!(
        "SELECT project_members.user_id, users.email, project_members.role
         FROM project_members JOIN users ON users.id = project_members.user_id
         WHERE project_members.project_id = $1 AND {}",
        slice.condition("project_members.user_id", 2)
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(project_id)
        .bind(slice.bound())
        .bind(slice.count())
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for members"))?;
    slice.in_order(rows.iter().map(member).collect())
}

/// Gives a user a role, in place of the one they have. The owner's is never changed: false.
pub async fn set_member(
    db: &Database,
    project_id: &str,
    user_id: &str,
    role: Role,
    now: Moment,
) -> Result<bool, StorageError> {
    let set = sqlx::query(
        "INSERT INTO project_members (project_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (project_id, user_id) DO UPDATE SET role = excluded.role
         WHERE project_members.role <> 'owner'",
    )
    .bind(project_id)
    .bind(user_id)
    .bind(role.as_str())
    .bind(moment(now)?)
    .write(db, "keeping a member")
    .await?;
    Ok(set.rows_affected() > 0)
}

/// Takes a user out of a project. The owner stays: false.
pub async fn remove_member(db: &Database, project_id: &str, user_id: &str) -> Result<bool, StorageError> {
    let removed =
        sqlx::query("DELETE FROM project_members WHERE project_id = $1 AND user_id = $2 AND role <> 'owner'")
            .bind(project_id)
            .bind(user_id)
            .write(db, "removing a member")
            .await?;
    Ok(removed.rows_affected() > 0)
}

/// Makes an image the project's newest.
pub async fn set_image(
    db: &Database,
    project_id: &str,
    image: &ProjectImage,
    uploaded_by: &str,
    now: Moment,
) -> Result<(), StorageError> {
    let mut transaction = db.begin().await?;
    sqlx::query(
        "INSERT INTO project_images (project_id, digest, files, bytes, uploaded_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (project_id, digest) DO NOTHING",
    )
    .bind(project_id)
    .bind(&image.digest)
    .bind(number(image.files, "a number of files")?)
    .bind(number(image.bytes, "a size")?)
    .bind(uploaded_by)
    .bind(moment(now)?)
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("keeping an image"))?;
    sqlx::query("UPDATE projects SET image = $1, updated_at = $2 WHERE id = $3")
        .bind(&image.digest)
        .bind(moment(now)?)
        .bind(project_id)
        .execute(&mut *transaction)
        .await
        .map_err(StorageError::database("changing a project"))?;
    commit(transaction).await
}

/// An image of this project.
pub async fn image(
    db: &Database,
    project_id: &str,
    digest: &str,
) -> Result<Option<ProjectImage>, StorageError> {
    let row =
        sqlx::query("SELECT digest, files, bytes FROM project_images WHERE project_id = $1 AND digest = $2")
            .bind(project_id)
            .bind(digest)
            .fetch_optional(&db.pool)
            .await
            .map_err(StorageError::database("looking for an image"))?;
    let image = |row: AnyRow| {
        Ok(ProjectImage {
            digest: text(&row, "digest")?,
            files: count(&row, "files")?,
            bytes: count(&row, "bytes")?,
        })
    };
    row.map(image).transpose()
}

pub(super) fn member(row: &AnyRow) -> Result<Member, StorageError> {
    Ok(Member { user_id: text(row, "user_id")?, email: text(row, "email")?, role: parsed(row, "role")? })
}

fn project(row: &AnyRow) -> Result<Project, StorageError> {
    Ok(Project {
        id: text(row, "id")?,
        name: text(row, "name")?,
        image: maybe_text(row, "image")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
        role: usize::try_from(integer(row, "rank")?)
            .ok()
            .and_then(|rank| Role::ALL.get(rank).copied())
            .ok_or(super::NONSENSE)?,
    })
}
