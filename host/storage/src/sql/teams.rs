//! `teams`, `team_members` and `project_teams`.

use hivesync_jobs::Moment;
use sqlx::any::AnyRow;

use super::projects::{Member, Role};
use super::slice::Slice;
use super::{moment, parsed, text, time};
use crate::database::{Database, Statement as _, commit};
use crate::error::StorageError;

/// A team as one of its people sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// A ULID.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Since when.
    pub created_at: Moment,
    /// What whoever looks may do in it.
    pub role: Role,
}

/// A team that works on a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectTeam {
    /// Which.
    pub team_id: String,
    /// What people call it.
    pub name: String,
    /// What its people may do in the project.
    pub role: Role,
}

/// Keeps a new team with its owner.
pub async fn create(
    db: &Database,
    id: &str,
    name: &str,
    owner: &str,
    now: Moment,
) -> Result<(), StorageError> {
    let mut transaction = db.begin().await?;
    sqlx::query("INSERT INTO teams (id, name, created_at) VALUES ($1, $2, $3)")
        .bind(id)
        .bind(name)
        .bind(moment(now)?)
        .execute(&mut *transaction)
        .await
        .map_err(StorageError::database("keeping a team"))?;
    sqlx::query("INSERT INTO team_members (team_id, user_id, role, created_at) VALUES ($1, $2, 'owner', $3)")
        .bind(id)
        .bind(owner)
        .bind(moment(now)?)
        .execute(&mut *transaction)
        .await
        .map_err(StorageError::database("keeping an owner"))?;
    commit(transaction).await
}

const TEAM: &str = "SELECT teams.id, teams.name, teams.created_at, team_members.role
     FROM teams JOIN team_members ON team_members.team_id = teams.id AND team_members.user_id = $1";

/// A team, as this user sees it; none when they are not one of its people.
pub async fn seen_by(db: &Database, user_id: &str, id: &str) -> Result<Option<Team>, StorageError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("{TEAM} WHERE teams.id = $2")))
        .bind(user_id)
        .bind(id)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a team"))?;
    row.as_ref().map(team).transpose()
}

/// The teams of a user, the newest first.
pub async fn of_user(db: &Database, user_id: &str, slice: &Slice) -> Result<Vec<Team>, StorageError> {
    let sql = format!("{TEAM} WHERE {}", slice.condition("teams.id", 2));
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(user_id)
        .bind(slice.bound())
        .bind(slice.count())
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for teams"))?;
    slice.in_order(rows.iter().map(team).collect())
}

/// The people of a team.
pub async fn members(db: &Database, team_id: &str, slice: &Slice) -> Result<Vec<Member>, StorageError> {
    let sql = format!(
        "SELECT team_members.user_id, users.email, team_members.role
         FROM team_members JOIN users ON users.id = team_members.user_id
         WHERE team_members.team_id = $1 AND {}",
        slice.condition("team_members.user_id", 2)
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(team_id)
        .bind(slice.bound())
        .bind(slice.count())
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for members"))?;
    slice.in_order(rows.iter().map(super::projects::member).collect())
}

/// Gives a user a role, in place of the one they have. The owner's is never changed: false.
pub async fn set_member(
    db: &Database,
    team_id: &str,
    user_id: &str,
    role: Role,
    now: Moment,
) -> Result<bool, StorageError> {
    let set = sqlx::query(
        "INSERT INTO team_members (team_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (team_id, user_id) DO UPDATE SET role = excluded.role
         WHERE team_members.role <> 'owner'",
    )
    .bind(team_id)
    .bind(user_id)
    .bind(role.as_str())
    .bind(moment(now)?)
    .write(db, "keeping a member")
    .await?;
    Ok(set.rows_affected() > 0)
}

/// Takes a user out of a team. The owner stays: false.
pub async fn remove_member(db: &Database, team_id: &str, user_id: &str) -> Result<bool, StorageError> {
    let removed =
        sqlx::query("DELETE FROM team_members WHERE team_id = $1 AND user_id = $2 AND role <> 'owner'")
            .bind(team_id)
            .bind(user_id)
            .write(db, "removing a member")
            .await?;
    Ok(removed.rows_affected() > 0)
}

/// Gives the people of a team a role in a project, in place of the one that they have.
pub async fn set_project(
    db: &Database,
    project_id: &str,
    team_id: &str,
    role: Role,
    now: Moment,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO project_teams (project_id, team_id, role, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (project_id, team_id) DO UPDATE SET role = excluded.role",
    )
    .bind(project_id)
    .bind(team_id)
    .bind(role.as_str())
    .bind(moment(now)?)
    .write(db, "giving a team a project")
    .await
    .map(drop)
}

/// Takes a project from a team. False when it had none.
pub async fn remove_project(db: &Database, project_id: &str, team_id: &str) -> Result<bool, StorageError> {
    let removed = sqlx::query("DELETE FROM project_teams WHERE project_id = $1 AND team_id = $2")
        .bind(project_id)
        .bind(team_id)
        .write(db, "taking a project from a team")
        .await?;
    Ok(removed.rows_affected() > 0)
}

/// The teams that work on a project.
pub async fn of_project(
    db: &Database,
    project_id: &str,
    slice: &Slice,
) -> Result<Vec<ProjectTeam>, StorageError> {
    let sql = format!(
        "SELECT project_teams.team_id, teams.name, project_teams.role
         FROM project_teams JOIN teams ON teams.id = project_teams.team_id
         WHERE project_teams.project_id = $1 AND {}",
        slice.condition("project_teams.team_id", 2)
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(project_id)
        .bind(slice.bound())
        .bind(slice.count())
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for teams"))?;
    let team = |row: &AnyRow| {
        Ok(ProjectTeam {
            team_id: text(row, "team_id")?,
            name: text(row, "name")?,
            role: parsed(row, "role")?,
        })
    };
    slice.in_order(rows.iter().map(team).collect())
}

fn team(row: &AnyRow) -> Result<Team, StorageError> {
    Ok(Team {
        id: text(row, "id")?,
        name: text(row, "name")?,
        created_at: time(row, "created_at")?,
        role: parsed(row, "role")?,
    })
}
