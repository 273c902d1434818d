//! A bucket's own rules, which a fleet sets when it starts: a net under its cleanup.

use hivesync_testkit::{Durability, Garage, Postgres};
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::scaled::SECRETS;
use super::server::Server;
use crate::patience::until;

const ID: &str = "GK0123456789abcdef01234567";
const SECRET: &str = "5ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4";

/// A fleet of one node, whose bucket keeps rules.
struct Fleet {
    postgres: Postgres,
    garage: Garage,
}

impl Fleet {
    fn start() -> Self {
        let postgres = Postgres::start(Durability::None).unwrap();
        Self { postgres, garage: Garage::start(ID, SECRET).unwrap() }
    }

    /// A node that keeps logs for so many days.
    fn node(&self, folder: TempDir, log_days: &str) -> Server {
        let (database, bucket) = (self.postgres.url("postgres"), self.garage.url());
        let places = [
            ("DATABASE_URL", database.as_str()),
            ("R2_ENDPOINT", bucket.as_str()),
            ("R2_ACCESS_KEY_ID", ID),
            ("R2_SECRET_ACCESS_KEY", SECRET),
            ("WORKER_CONCURRENCY", "0"),
            ("LOG_RETENTION_DAYS", log_days),
        ];
        Server::start_in(folder, &[&places[..], &SECRETS].concat())
    }

    /// How often the rules were looked at, and how often they were set.
    fn requests(&self) -> [usize; 2] {
        let log = self.garage.log().unwrap();
        ["GET", "PUT"].map(|method| {
            let request = format!("{method} /hivesync-storage/?lifecycle");
            // That there are none yet is an error, and another line.
            log.lines().filter(|line| line.contains(&request) && !line.contains(" error ")).count()
        })
    }

    /// What the bucket itself says that its rules are.
    fn rules(&self) -> Value {
        let bucket: Value = serde_json::from_str(&self.garage.bucket().unwrap()).unwrap();
        bucket["lifecycleRules"].clone()
    }
}

fn rule(prefix: &str, days: u32) -> Value {
    json!({
        "ID": format!("hivesync {prefix}"),
        "Status": "Enabled",
        "Filter": { "Prefix": prefix },
        "Expiration": { "Days": days },
    })
}

/// Two days more than the tables give what lies there.
fn rules(log_days: u32) -> Value {
    let logs = log_days + 2;
    json!([
        rule("previews/", 3),
        rule("logs/workers/", logs),
        rule("logs/preview/", logs),
        rule("content/posts/", 3),
    ])
}

#[test]
fn a_node_sets_the_rules_of_its_bucket_at_its_start_where_they_are_others() {
    let fleet = Fleet::start();
    assert_eq!((fleet.rules(), fleet.requests()), (Value::Null, [0, 0]));
    let restart = |node: Server, log_days: &str| {
        node.signal(Signal::TERM);
        let (code, folder) = node.ended();
        assert_eq!(code, Some(0));
        fleet.node(folder, log_days)
    };
    let node = fleet.node(tempfile::tempdir().unwrap(), "7");
    until("the rules are set", || fleet.requests() == [1, 1] && fleet.rules() == rules(7));
    let node = restart(node, "7");
    until("the rules are looked at again", || fleet.requests()[0] == 2);
    let node = restart(node, "20");
    until("the rules are those of the new settings", || fleet.rules() == rules(20));
    assert_eq!(fleet.requests(), [3, 2], "not at the second start, where they were right");
    drop(node);
}
