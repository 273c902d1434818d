//! Lifecycle rules of a bucket, on a server that remembers them and counts.

use std::sync::{Arc, Mutex};

use hivesync_storage::{AccessKey, Area, BucketSettings, Expiry, Objects};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use zeroize::Zeroizing;

const THEIRS: &str = "<Rule><ID>of the owner</ID><Filter><Prefix>other/</Prefix></Filter>\
    <Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule>";

/// What the bucket has, and which changes it was asked for.
#[derive(Default)]
struct Remembered {
    rules: Option<String>,
    changes: Vec<String>,
}

type Bucket = Arc<Mutex<Remembered>>;

async fn start(rules: Option<String>) -> (Bucket, Objects) {
    let bucket = Arc::new(Mutex::new(Remembered { rules, changes: Vec::new() }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = BucketSettings {
        endpoint: format!("http://{}", listener.local_addr().unwrap()),
        region: "auto".to_owned(),
        name: "b".to_owned(),
        key: AccessKey { id: "id".to_owned(), secret: Zeroizing::new("secret".to_owned()) },
        retries: 0,
    };
    let served = Arc::clone(&bucket);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            answer(stream, &served).await;
        }
    });
    (bucket, Objects::bucket(&settings))
}

async fn answer(mut stream: TcpStream, bucket: &Bucket) {
    let mut request = Vec::new();
    let (head, body) = loop {
        stream.read_buf(&mut request).await.unwrap();
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            break (head, body.to_owned());
        }
    };
    assert!(head.lines().next().unwrap().contains("?lifecycle"), "{head}");
    let (status, answer) = {
        let mut bucket = bucket.lock().unwrap();
        match head.split(' ').next().unwrap() {
            "get" => match &bucket.rules {
                Some(rules) => ("200 OK", rules.clone()),
                None => {
                    ("404 Not Found", "<Error><Code>NoSuchLifecycleConfiguration</Code></Error>".to_owned())
                }
            },
            "put" => {
                bucket.changes.push(body.clone());
                bucket.rules = Some(body);
                ("200 OK", String::new())
            }
            _ => {
                bucket.changes.push("removed".to_owned());
                bucket.rules = None;
                ("204 No Content", String::new())
            }
        }
    };
    let length = answer.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all((head + &answer).as_bytes()).await.unwrap();
}

fn changes(bucket: &Bucket) -> Vec<String> {
    bucket.lock().unwrap().changes.clone()
}

#[tokio::test]
async fn our_rules_stand_beside_those_of_the_owner_and_are_set_once() {
    let configuration = format!("<LifecycleConfiguration>{THEIRS}</LifecycleConfiguration>");
    let (bucket, objects) = start(Some(configuration)).await;
    let ours = [Expiry { area: Area::Previews, days: 1 }, Expiry { area: Area::WorkerLogs, days: 7 }];
    objects.apply_expiry(&ours).await.unwrap();
    objects.apply_expiry(&ours).await.unwrap();
    let set = changes(&bucket);
    assert_eq!(set.len(), 1, "{set:?}");
    for part in
        ["<ID>of the owner</ID>", "<Prefix>previews/</Prefix>", "<Prefix>logs/workers/</Prefix>", "<Days>7<"]
    {
        assert!(set[0].contains(part), "{part}: {}", set[0]);
    }
    objects.apply_expiry(&[Expiry { area: Area::Previews, days: 2 }]).await.unwrap();
    let set = changes(&bucket);
    assert_eq!(set.len(), 2);
    assert!(set[1].contains("<Days>2<") && !set[1].contains("logs/workers/"), "{}", set[1]);
    objects.apply_expiry(&[]).await.unwrap();
    let left = bucket.lock().unwrap().rules.clone().unwrap();
    assert!(left.contains("<ID>of the owner</ID>") && !left.contains("previews/"), "{left}");
}

#[tokio::test]
async fn a_bucket_without_rules_gets_ours_and_loses_them_whole() {
    let (bucket, objects) = start(None).await;
    objects.apply_expiry(&[]).await.unwrap();
    assert!(changes(&bucket).is_empty());
    objects.apply_expiry(&[Expiry { area: Area::Maps, days: 30 }]).await.unwrap();
    objects.apply_expiry(&[]).await.unwrap();
    let set = changes(&bucket);
    assert!(set.len() == 2 && set[0].contains("<Prefix>maps/</Prefix>") && set[1] == "removed", "{set:?}");
}
