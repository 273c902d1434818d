//! A part of a list that is ordered by id, the newest first, and read in both directions.

use sqlx::any::AnyRow;

use super::LAST_ID;
use crate::database::Database;
use crate::error::StorageError;

/// Where a part of a list stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// At the beginning.
    First,
    /// After the row with this id.
    After(String),
    /// Before the row with this id.
    Before(String),
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// Where it stands.
    pub place: Place,
    /// Rows at most.
    pub count: u32,
}

impl Slice {
    /// The condition, order and limit of a query: the parameter `first` is [`Slice::bound`], the
    /// one after it [`Slice::count`].
    pub(super) fn condition(&self, column: &str, first: u8) -> String {
        let limit = first.saturating_add(1);
        match self.place {
            Place::First | Place::After(_) => {
                format!("{column} < ${first} ORDER BY {column} DESC LIMIT ${limit}")
            }
            Place::Before(_) => format!("{column} > ${first} ORDER BY {column} ASC LIMIT ${limit}"),
        }
    }

    pub(super) fn bound(&self) -> &str {
        match &self.place {
            Place::First => LAST_ID,
            Place::After(id) | Place::Before(id) => id,
        }
    }

    pub(super) fn count(&self) -> i64 {
        i64::from(self.count)
    }

    /// The rows of a project in `table`, of the `newest` ones only where that says how many.
    pub(super) async fn of_project<T>(
        &self,
        db: &Database,
        (table, what): (&'static str, &'static str),
        project_id: &str,
        newest: Option<u32>,
        read: impl Fn(&AnyRow) -> Result<T, StorageError>,
    ) -> Result<Vec<T>, StorageError> {
        // Without a bound all of them would be looked at for each page.
        let shown = newest.map_or_else(String::new, |newest| {
            format!(
                "AND id IN (SELECT id FROM {table} WHERE project_id = $1 ORDER BY id DESC LIMIT {newest})"
            )
        });
        let sql =
            format!("SELECT * FROM {table} WHERE project_id = $1 {shown} AND {}", self.condition("id", 2));
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(project_id)
            .bind(self.bound())
            .bind(self.count())
            .fetch_all(&db.pool)
            .await
            .map_err(StorageError::database(what))?;
        self.in_order(rows.iter().map(read).collect())
    }

    /// Rows as they were read, in the list's own order.
    pub(super) fn in_order<T>(&self, rows: Result<Vec<T>, StorageError>) -> Result<Vec<T>, StorageError> {
        let mut rows = rows?;
        if matches!(self.place, Place::Before(_)) {
            rows.reverse();
        }
        Ok(rows)
    }
}
