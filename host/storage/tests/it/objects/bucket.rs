//! A bucket, on two servers that check signatures and checksums.

use std::time::Duration;

use aws_sdk_s3::types::ChecksumMode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hivesync_access::Refusal;
use hivesync_storage::{Area, Body, Objects, StorageError, Stored, Upload};
use hivesync_testkit::BUCKET;
use hivesync_types::{Code, Digest};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use zeroize::Zeroizing;

use super::rules::{self, LINK_TTL, bundle, bytes, metadata, once};
use super::servers::{Server, client};

/// One test of each on each server.
macro_rules! on_both_servers {
    ($($rule:ident),* $(,)?) => {
        mod s3 {
            use super::Server;
            $(#[tokio::test]
            async fn $rule() {
                super::$rule(Server::s3()).await;
            })*
        }
        mod garage {
            use super::Server;
            $(#[tokio::test]
            async fn $rule() {
                super::$rule(Server::garage()).await;
            })*
        }
    };
}

on_both_servers!(
    a_bucket_keeps_the_rules,
    a_link_is_good_without_a_key_until_it_ends,
    a_wrong_key_stores_nothing_and_no_error_shows_a_secret,
    a_store_that_is_away_is_an_error_and_then_goes_on,
    the_bucket_holds_the_digest_against_the_bytes_and_keeps_it,
    an_upload_that_breaks_off_leaves_nothing,
);

/// What a client without any key gets.
struct Got {
    status: u16,
    head: String,
    body: Vec<u8>,
}

async fn get(link: &str) -> Got {
    let (server, path) = link.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = tokio::net::TcpStream::connect(server).await.unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    let body = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8_lossy(&answer[..body]).to_ascii_lowercase();
    Got { status, head, body: answer[body..].to_vec() }
}

async fn a_bucket_keeps_the_rules(server: Server) {
    let objects = server.objects();
    objects.check().await.unwrap();
    rules::of_every_place(&objects).await;
    // See `garage.rs` for what becomes of the condition where it is not known.
    if matches!(server, Server::S3(_)) {
        rules::an_object_is_never_written_over_unless_that_is_asked_for(&objects).await;
    }
}

async fn a_link_is_good_without_a_key_until_it_ends(server: Server) {
    let objects = server.objects();
    objects.put(once(metadata(1), b"inside")).await.unwrap();
    let now = Timestamp::now();
    let link = objects.link(&metadata(1), LINK_TTL, now).await.unwrap();
    let got = get(&link).await;
    assert_eq!((got.status, got.body.ends_with(b"inside")), (200, true), "{}", got.head);
    assert!(got.head.contains("\r\ncontent-disposition: attachment\r\n"), "{}", got.head);
    let other = link.replace(&metadata(1).to_string(), &metadata(2).to_string());
    assert_eq!(get(&other).await.status, 403);
    let shown = link.replace("attachment", "inline");
    assert_eq!(get(&shown).await.status, 403, "nobody makes a page of it");
    let ended = objects.link(&metadata(1), LINK_TTL, now - LINK_TTL - Duration::from_secs(1)).await.unwrap();
    let got = get(&ended).await;
    // The words of each differ.
    let refused = if matches!(server, Server::S3(_)) { 403 } else { 400 };
    assert_eq!((got.status, got.body.ends_with(b"inside")), (refused, false), "{}", got.head);
    // However long somebody asks for.
    let long = objects.link(&metadata(1), Duration::from_secs(86_400), now).await.unwrap();
    assert!(long.contains("X-Amz-Expires=300&") || long.ends_with("X-Amz-Expires=300"), "{long}");
    assert_eq!(objects.admit(&metadata(1).to_string(), "", now), Err(Refusal::Link));
}

async fn a_wrong_key_stores_nothing_and_no_error_shows_a_secret(server: Server) {
    let mut wrong = server.settings(0);
    wrong.key.secret = Zeroizing::new("another-secret".to_owned());
    assert!(!format!("{wrong:?}").contains("another-secret"));
    let stranger = Objects::bucket(&wrong);
    let error = stranger.put(once(metadata(1), b"x")).await.unwrap_err();
    assert_eq!((error.code(), error.is_away()), (Code::StorageUploadFailed, false), "{error}");
    assert!(!format!("{error:?} {stranger:?}").contains("another-secret"));
    assert!(stranger.check().await.is_err());
    assert_eq!(bytes(&server.objects(), &metadata(1)).await, None);
}

async fn a_store_that_is_away_is_an_error_and_then_goes_on(mut server: Server) {
    let objects = Objects::bucket(&server.settings(0));
    assert_eq!(objects.put(once(metadata(1), b"x")).await.unwrap(), Stored::New);
    server.kill();
    let error = objects.put(once(metadata(2), b"y")).await.unwrap_err();
    assert!(matches!(error, StorageError::ObjectsAway { what: "storing", .. }), "{error}");
    server.start_again();
    assert_eq!(bytes(&objects, &metadata(1)).await.unwrap(), b"x");
    assert_eq!(objects.put(once(metadata(2), b"y")).await.unwrap(), Stored::New);
}

async fn the_bucket_holds_the_digest_against_the_bytes_and_keeps_it(server: Server) {
    let (objects, client) = (server.objects(), client(server.settings(0).endpoint));
    objects.put(once(metadata(1), b"inside")).await.unwrap();
    let head = client.head_object().bucket(BUCKET).key(metadata(1).to_string());
    let head = head.checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
    let sum = |bytes: &[u8]| STANDARD.encode(Digest::of(bytes).as_bytes());
    assert_eq!(head.checksum_sha256(), Some(sum(b"inside").as_str()));
    assert_eq!(head.content_type(), Some(metadata(1).media_type()));
    // Bytes that changed on their way.
    let put = client.put_object().bucket(BUCKET).key(metadata(2).to_string());
    let refused = put.checksum_sha256(sum(b"what was sent")).body(b"what came".to_vec().into()).send().await;
    assert_eq!(refused.unwrap_err().raw_response().unwrap().status().as_u16(), 400);
    // The other refuses what it has written by then.
    if matches!(server, Server::Garage(_)) {
        assert_eq!(bytes(&objects, &metadata(2)).await, None);
    }
}

async fn an_upload_that_breaks_off_leaves_nothing(server: Server) {
    let objects = server.objects();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.zip");
    let content: Vec<u8> = (0..8_000_000_u32).flat_map(u32::to_le_bytes).collect();
    std::fs::write(&path, &content).unwrap();
    let key = bundle(1, &content);
    let upload = Upload { body: Body::File(path), ..once(key, &content) };
    let sending = tokio::spawn({
        let (objects, upload) = (objects.clone(), upload.clone());
        async move { objects.put(upload).await }
    });
    let nothing = server.bytes();
    while server.bytes() < nothing + 1_000_000 {
        assert!(!sending.is_finished());
        tokio::task::yield_now().await;
    }
    sending.abort();
    assert!(sending.await.unwrap_err().is_cancelled(), "it was in the middle");
    assert_eq!(objects.describe(&key).await.unwrap(), None);
    assert!(objects.list(&Area::Previews, None, 10).await.unwrap().objects.is_empty());
    assert_eq!(objects.put(upload).await.unwrap(), Stored::New);
    let listed = objects.list(&Area::Previews, None, 10).await.unwrap().objects;
    assert_eq!(listed.iter().map(|object| object.bytes).collect::<Vec<_>>(), [32_000_000]);
}

#[tokio::test]
async fn an_upload_that_is_sent_again_is_stored_already() {
    let mut server = Server::s3();
    let objects = server.objects();
    assert_eq!(objects.put(once(metadata(1), b"x")).await.unwrap(), Stored::New);
    server.kill();
    server.start_again();
    assert_eq!(objects.put(once(metadata(1), b"x")).await.unwrap(), Stored::Already);
}
