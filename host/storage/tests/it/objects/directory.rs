//! A folder as an object store.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, SystemTime};

use hivesync_access::{Refusal, Secret};
use hivesync_storage::{Area, Links, Objects, Stored};
use jiff::Timestamp;

use super::rules::{self, LINK_TTL, bundle, bytes, metadata, once};

fn links() -> Links {
    Links { base_url: "http://localhost:4000/objects".to_owned(), secrets: vec![Secret::new(b"of links")] }
}

async fn open(path: &Path) -> Objects {
    Objects::directory(path, links()).await.unwrap()
}

#[tokio::test]
async fn a_folder_keeps_the_rules() {
    let folder = tempfile::tempdir().unwrap();
    let objects = open(&folder.path().join("not/there/yet")).await;
    rules::all(&objects).await;
}

#[tokio::test]
async fn nothing_grows_where_objects_are_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let objects = open(folder.path()).await;
    rules::all(&objects).await;
    let left = std::fs::read_dir(folder.path().join(".unfinished")).unwrap().count();
    assert_eq!(left, 0, "stored, refused and replaced objects leave nothing behind");
}

#[tokio::test]
async fn of_a_hundred_writers_one_is_first() {
    let folder = tempfile::tempdir().unwrap();
    // Two processes that share a folder know nothing of each other.
    let two = [open(folder.path()).await, open(folder.path()).await];
    let mut writing = tokio::task::JoinSet::new();
    for number in 0..100_usize {
        let objects = two[number % 2].clone();
        let content = if number % 10 < 5 { b"a" } else { b"b" };
        writing.spawn(async move { objects.put(once(metadata(1), content)).await });
    }
    let outcomes = writing.join_all().await;
    let new = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Stored::New))).count();
    let already = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Stored::Already))).count();
    assert_eq!((new, already), (1, 49), "{outcomes:?}");
}

#[tokio::test]
async fn objects_come_and_go_in_one_folder_at_one_time() {
    let folder = tempfile::tempdir().unwrap();
    let objects = open(folder.path()).await;
    let mut working = tokio::task::JoinSet::new();
    for number in 0..40_u128 {
        let objects = objects.clone();
        working.spawn(async move {
            let content = number.to_le_bytes();
            let key = bundle(1, &content);
            assert_eq!(objects.put(once(key, &content)).await.unwrap(), Stored::New);
            objects.remove(&key).await.unwrap();
        });
    }
    working.join_all().await;
    assert!(!folder.path().join("previews").exists(), "folders go with their last object");
}

#[tokio::test]
async fn a_link_out_of_the_folder_leads_nowhere() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let objects = open(folder.path()).await;
    objects.put(once(metadata(1), b"inside")).await.unwrap();
    let path = folder.path().join(metadata(1).to_string());
    std::fs::write(outside.path().join("secret"), b"outside").unwrap();
    std::fs::remove_file(&path).unwrap();
    symlink(outside.path().join("secret"), &path).unwrap();
    assert!(objects.read(&metadata(1)).await.is_err());
    let listing = objects.list(&Area::Previews, None, 10).await.unwrap();
    assert_eq!((listing.objects.len(), listing.foreign), (0, vec![metadata(1).to_string()]));
    // Its control twin: what is no link is read.
    objects.put(once(metadata(2), b"inside")).await.unwrap();
    assert_eq!(bytes(&objects, &metadata(2)).await.unwrap(), b"inside");
}

#[tokio::test]
async fn what_a_dead_process_left_is_removed_after_an_hour() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).await;
    let unfinished = folder.path().join(".unfinished");
    for (name, minutes) in [("old", 61), ("new", 59)] {
        let file = std::fs::File::create(unfinished.join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(minutes * 60)).unwrap();
    }
    open(folder.path()).await;
    assert!(!unfinished.join("old").exists());
    assert!(unfinished.join("new").exists());
}

#[tokio::test]
async fn a_link_lets_its_holder_read_one_object_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let objects = open(folder.path()).await;
    let now = Timestamp::from_second(1_763_741_000).unwrap();
    let link = objects.link(&metadata(1), LINK_TTL, now).await.unwrap();
    let (address, query) = link.split_once('?').unwrap();
    let name = address.strip_prefix("http://localhost:4000/objects/").unwrap();
    assert_eq!(objects.admit(name, query, now), Ok(metadata(1)));
    let later = now + LINK_TTL;
    assert_eq!(objects.admit(name, query, later), Err(Refusal::LinkExpired));
    assert_eq!(objects.admit(&metadata(2).to_string(), query, now), Err(Refusal::Link));
}
