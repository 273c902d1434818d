//! What a fleet counts, in both databases.

use std::sync::Arc;

use hivesync_storage::Database;
use hivesync_storage::sql::counts::{self, Count};
use hivesync_testkit::{Durability, Postgres};
use tokio::task::JoinSet;

/// Many processes add to the same numbers, in different orders.
async fn nothing_that_was_counted_is_lost(db: Database) {
    let db = Arc::new(db);
    assert_eq!(counts::all(&db).await.unwrap(), []);
    counts::add(&db, &[]).await.unwrap();
    let mut adding = JoinSet::new();
    for process in 0..20 {
        let db = Arc::clone(&db);
        let mut mine = vec![Count::new("a", "", 1), Count::new("b", "x", 2), Count::new("b", "y", 3)];
        if process % 2 == 0 {
            mine.reverse();
        }
        adding.spawn(async move { counts::add(&db, &mine).await });
    }
    for added in adding.join_all().await {
        added.unwrap();
    }
    let expected = [Count::new("a", "", 20), Count::new("b", "x", 40), Count::new("b", "y", 60)];
    assert_eq!(counts::all(&db).await.unwrap(), expected);
    // All of it or nothing.
    let too_much = [Count::new("a", "", 1), Count::new("b", "x", u64::MAX)];
    assert!(counts::add(&db, &too_much).await.is_err());
    assert_eq!(counts::all(&db).await.unwrap(), expected);
}

#[tokio::test]
async fn a_file_counts_for_all_who_write_to_it() {
    let folder = tempfile::tempdir().unwrap();
    nothing_that_was_counted_is_lost(Database::open_file(&folder.path().join("tables.db")).await.unwrap())
        .await;
}

#[tokio::test]
async fn postgres_counts_for_a_fleet() {
    let postgres = Postgres::start(Durability::None).unwrap();
    nothing_that_was_counted_is_lost(Database::open_postgres(&postgres.url("postgres")).await.unwrap()).await;
}
