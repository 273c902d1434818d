//! What holds in every place.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use hivesync_jobs::{JobId, Moment, WorkerId};
use hivesync_storage::{
    Area, Body, BundleVersion, DeviceKey, ObjectKey, Objects, ServerId, StorageError, Stored, Upload, Write,
};
use hivesync_types::{Code, Digest};

pub(super) const LINK_TTL: Duration = Duration::from_secs(60);

pub(super) fn metadata(job: u128) -> ObjectKey {
    ObjectKey::Metadata { job: JobId(job), device: DeviceKey::Default }
}

pub(super) fn bundle(job: u128, bytes: &[u8]) -> ObjectKey {
    let version = BundleVersion::from(&Digest::of(bytes));
    ObjectKey::Bundle { job: JobId(job), device: DeviceKey::Row(ServerId(9)), version }
}

pub(super) fn once(key: ObjectKey, bytes: &[u8]) -> Upload {
    let body = Body::Bytes(Bytes::copy_from_slice(bytes));
    Upload { key, body, digest: Digest::of(bytes), write: Write::Once }
}

pub(super) async fn bytes(objects: &Objects, key: &ObjectKey) -> Option<Vec<u8>> {
    let object = objects.read(key).await.unwrap()?;
    let announced = object.bytes;
    let bytes = object.whole(1 << 30).await.unwrap();
    assert_eq!(u64::try_from(bytes.len()).unwrap(), announced);
    Some(bytes.to_vec())
}

pub(super) async fn all(objects: &Objects) {
    of_every_place(objects).await;
    an_object_is_never_written_over_unless_that_is_asked_for(objects).await;
}

/// Those that ask nothing of a place but what each knows.
pub(super) async fn of_every_place(objects: &Objects) {
    what_was_stored_is_there(objects).await;
    bytes_of_another_digest_leave_nothing(objects).await;
    a_file_is_stored_as_it_is(objects).await;
    what_was_removed_is_gone(objects).await;
    a_listing_in_parts_is_the_whole_area_in_order(objects).await;
}

async fn what_was_stored_is_there(objects: &Objects) {
    let key = bundle(1, b"zip");
    assert_eq!(bytes(objects, &key).await, None);
    assert_eq!(objects.describe(&key).await.unwrap(), None);
    assert_eq!(objects.put(once(key, b"zip")).await.unwrap(), Stored::New);
    assert_eq!(bytes(objects, &key).await.unwrap(), b"zip");
    let info = objects.describe(&key).await.unwrap().unwrap();
    assert_eq!((info.bytes, info.digest), (3, Digest::of(b"zip")));
    let limited = objects.read(&key).await.unwrap().unwrap().whole(2).await.unwrap_err();
    assert!(matches!(limited, StorageError::TooLarge(_)), "{limited}");
    assert_eq!(objects.put(once(metadata(1), b"")).await.unwrap(), Stored::New);
    assert_eq!(bytes(objects, &metadata(1)).await.unwrap(), b"");
}

pub(super) async fn an_object_is_never_written_over_unless_that_is_asked_for(objects: &Objects) {
    let key = metadata(2);
    assert_eq!(objects.put(once(key, b"first")).await.unwrap(), Stored::New);
    assert_eq!(objects.put(once(key, b"first")).await.unwrap(), Stored::Already);
    let taken = objects.put(once(key, b"other")).await.unwrap_err();
    assert!(matches!(taken, StorageError::Taken(taken) if taken == key), "{taken}");
    assert_eq!(taken.code(), Code::StorageUploadFailed);
    assert_eq!(bytes(objects, &key).await.unwrap(), b"first");
    let replaced = Upload { write: Write::Replace, ..once(key, b"other") };
    assert_eq!(objects.put(replaced).await.unwrap(), Stored::New);
    assert_eq!(bytes(objects, &key).await.unwrap(), b"other");
}

async fn bytes_of_another_digest_leave_nothing(objects: &Objects) {
    let key = metadata(3);
    for write in [Write::Once, Write::Replace] {
        let wrong = Upload { digest: Digest::of(b"what was meant"), write, ..once(key, b"what was sent") };
        let refused = objects.put(wrong).await.unwrap_err();
        assert!(matches!(refused, StorageError::Checksum(refused) if refused == key), "{refused}");
        assert_eq!(bytes(objects, &key).await, None);
    }
}

async fn a_file_is_stored_as_it_is(objects: &Objects) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.zip");
    let content: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    std::fs::write(&path, &content).unwrap();
    let key = bundle(4, &content);
    let upload = Upload { body: Body::File(path), ..once(key, &content) };
    assert_eq!(objects.put(upload).await.unwrap(), Stored::New);
    assert!(bytes(objects, &key).await.unwrap() == content);
}

async fn what_was_removed_is_gone(objects: &Objects) {
    let key = metadata(5);
    objects.put(once(key, b"x")).await.unwrap();
    objects.remove(&key).await.unwrap();
    assert_eq!(bytes(objects, &key).await, None);
    objects.remove(&key).await.unwrap();
    assert_eq!(objects.put(once(key, b"y")).await.unwrap(), Stored::New);
}

async fn a_listing_in_parts_is_the_whole_area_in_order(objects: &Objects) {
    let mut expected = BTreeSet::new();
    for seq in 0..7 {
        let key = ObjectKey::PreviewEvents { job: JobId(6), at: Moment(1_763_741_000_000), seq };
        objects.put(once(key, b"[]")).await.unwrap();
        expected.insert(key.to_string());
    }
    // Neighbours by name, which belong to other areas.
    let worker = ObjectKey::WorkerLog { worker: WorkerId(6), at: Moment(1) };
    for key in [worker, ObjectKey::PreviewEvents { job: JobId(7), at: Moment(1), seq: 1 }] {
        objects.put(once(key, b"[]")).await.unwrap();
    }
    for part in [1, 3, 7, 100] {
        let (mut found, mut after) = (Vec::new(), None::<String>);
        loop {
            let listing = objects.list(&Area::PreviewLog(JobId(6)), after.as_deref(), part).await.unwrap();
            assert!(listing.objects.len() <= part && listing.foreign.is_empty());
            found.extend(listing.objects.iter().map(|object| (object.key.to_string(), object.bytes)));
            after = listing.next;
            if after.is_none() {
                break;
            }
        }
        let wanted: Vec<(String, u64)> = expected.iter().map(|name| (name.clone(), 2)).collect();
        assert_eq!(found, wanted, "in parts of {part}");
    }
    let both = objects.list(&Area::PreviewLogs, None, 100).await.unwrap();
    assert_eq!(both.objects.len(), 8);
    assert!(objects.list(&Area::Maps, None, 100).await.unwrap().objects.is_empty());
}
