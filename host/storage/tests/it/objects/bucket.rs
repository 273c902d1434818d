//! A bucket, on a server that checks signatures, checksums and conditions.

use std::time::Duration;

use hivesync_access::Refusal;
use hivesync_storage::{AccessKey, BucketSettings, Objects, StorageError, Stored};
use hivesync_testkit::{BUCKET, S3};
use hivesync_types::Code;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use zeroize::Zeroizing;

use super::rules::{self, LINK_TTL, bytes, metadata, once};

const ID: &str = "an-id";
const SECRET: &str = "a-secret-that-nobody-sees";

fn settings(s3: &S3, retries: u32) -> BucketSettings {
    BucketSettings {
        endpoint: s3.url(),
        region: "auto".to_owned(),
        name: BUCKET.to_owned(),
        key: AccessKey { id: ID.to_owned(), secret: Zeroizing::new(SECRET.to_owned()) },
        retries,
    }
}

/// What a client without any key gets: the status, and the answer's end.
async fn get(link: &str) -> (u16, Vec<u8>) {
    let (server, path) = link.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = tokio::net::TcpStream::connect(server).await.unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    let body = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    (status, answer[body..].to_vec())
}

#[tokio::test]
async fn a_bucket_keeps_the_rules() {
    let s3 = S3::start(ID, SECRET).unwrap();
    let objects = Objects::bucket(&settings(&s3, 1));
    objects.check().await.unwrap();
    rules::all(&objects).await;
}

#[tokio::test]
async fn a_link_is_good_without_a_key_until_it_ends() {
    let s3 = S3::start(ID, SECRET).unwrap();
    let objects = Objects::bucket(&settings(&s3, 1));
    objects.put(once(metadata(1), b"inside")).await.unwrap();
    let now = Timestamp::now();
    let link = objects.link(&metadata(1), LINK_TTL, now).await.unwrap();
    let (status, body) = get(&link).await;
    assert_eq!((status, body.ends_with(b"inside")), (200, true), "{}", String::from_utf8_lossy(&body));
    let other = link.replace(&metadata(1).to_string(), &metadata(2).to_string());
    assert_eq!(get(&other).await.0, 403);
    let ended = objects.link(&metadata(1), LINK_TTL, now - LINK_TTL - Duration::from_secs(1)).await.unwrap();
    assert_eq!(get(&ended).await.0, 403);
    // However long somebody asks for.
    let long = objects.link(&metadata(1), Duration::from_secs(86_400), now).await.unwrap();
    assert!(long.contains("X-Amz-Expires=300&") || long.ends_with("X-Amz-Expires=300"), "{long}");
    assert_eq!(objects.admit(&metadata(1).to_string(), "", now), Err(Refusal::Link));
}

#[tokio::test]
async fn a_wrong_key_stores_nothing_and_no_error_shows_a_secret() {
    let s3 = S3::start(ID, SECRET).unwrap();
    let mut wrong = settings(&s3, 0);
    wrong.key.secret = Zeroizing::new("another-secret".to_owned());
    assert!(!format!("{wrong:?}").contains("another-secret"));
    let stranger = Objects::bucket(&wrong);
    let error = stranger.put(once(metadata(1), b"x")).await.unwrap_err();
    assert_eq!((error.code(), error.is_away()), (Code::StorageUploadFailed, false), "{error}");
    assert!(!format!("{error:?} {stranger:?}").contains("another-secret"));
    assert!(stranger.check().await.is_err());
    let objects = Objects::bucket(&settings(&s3, 0));
    assert_eq!(bytes(&objects, &metadata(1)).await, None);
}

#[tokio::test]
async fn a_store_that_is_away_is_an_error_and_then_goes_on() {
    let mut s3 = S3::start(ID, SECRET).unwrap();
    let objects = Objects::bucket(&settings(&s3, 0));
    assert_eq!(objects.put(once(metadata(1), b"x")).await.unwrap(), Stored::New);
    s3.kill().unwrap();
    let error = objects.put(once(metadata(2), b"y")).await.unwrap_err();
    assert!(matches!(error, StorageError::ObjectsAway { what: "storing", .. }), "{error}");
    s3.start_again().unwrap();
    assert_eq!(objects.put(once(metadata(1), b"x")).await.unwrap(), Stored::Already);
    assert_eq!(objects.put(once(metadata(2), b"y")).await.unwrap(), Stored::New);
}
