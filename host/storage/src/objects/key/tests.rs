use proptest::prelude::*;

use super::*;

#[test]
fn keys_are_spelled_as_the_requirements_have_them() {
    let job = JobId(1);
    let device = DeviceKey::Row(ServerId(2));
    let version = BundleVersion::from(&Digest::of(b"abc"));
    let one = "00000000000000000000000001";
    let two = "00000000000000000000000002";
    for (key, text) in [
        (
            ObjectKey::Bundle { job, device, version },
            format!("previews/{one}/{two}/bundle-ba7816bf8f01cfea.zip"),
        ),
        (
            ObjectKey::Metadata { job, device: DeviceKey::Default },
            format!("previews/{one}/default/metadata.json"),
        ),
        (
            ObjectKey::Image { digest: Digest::of(b"abc") },
            "images/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad.zip".to_owned(),
        ),
        (ObjectKey::AiDocs { job }, format!("ai-docs/{one}.json")),
        (ObjectKey::AiDocsRecord { job }, format!("ai-docs/{one}.run.json")),
        (ObjectKey::Map { project: ServerId(1), version: ServerId(2) }, format!("maps/{one}/{two}.json")),
        (
            ObjectKey::WorkerLog { worker: WorkerId(1), at: Moment(5) },
            format!("logs/workers/{one}/0000000000005.json"),
        ),
        (
            ObjectKey::PreviewEvents { job, at: Moment(1_763_741_000_123), seq: 7 },
            format!("logs/preview/{one}/events/1763741000123-000007.json"),
        ),
        (ObjectKey::Attachment { attachment: ServerId(2) }, format!("tasks/attachments/{two}")),
        (ObjectKey::Transcript { item: ServerId(2) }, format!("content/items/{two}/transcript.txt")),
        (ObjectKey::RepositoryContext { item: ServerId(2) }, format!("content/items/{two}/context.json")),
        (ObjectKey::Post { job }, format!("content/posts/{one}.md")),
        (ObjectKey::PostRecord { job }, format!("content/posts/{one}.run.json")),
        (ObjectKey::PostPatch { job }, format!("content/posts/{one}.patch")),
        (
            ObjectKey::SpaceOriginal { run: ServerId(1), artifact: ServerId(2) },
            format!("spaces/{one}/original-{two}"),
        ),
        (
            ObjectKey::SpacePreview { run: ServerId(1), artifact: ServerId(2) },
            format!("spaces/{one}/preview-{two}.jpg"),
        ),
        (
            ObjectKey::SpaceResult { run: ServerId(1), artifact: ServerId(2) },
            format!("spaces/{one}/result-{two}.json"),
        ),
    ] {
        assert_eq!(key.to_string(), text);
        assert_eq!(text.parse(), Ok(key));
    }
}

#[test]
fn what_the_server_did_not_write_is_no_key() {
    let id = "0000000000000000000000000A";
    for text in [
        String::new(),
        "previews".to_owned(),
        format!("previews/{id}/../metadata.json"),
        format!("previews/{id}/default/metadata.json/"),
        format!("/previews/{id}/default/metadata.json"),
        format!("previews/{}/default/metadata.json", id.to_lowercase()),
        format!("previews/{id}/default/bundle-.zip"),
        format!("previews/{id}/default/bundle-BA7816BF8F01CFEA.zip"),
        // The letter O is read as a zero.
        format!("ai-docs/O{}.json", &id[1..]),
        // More than 128 bits.
        "ai-docs/80000000000000000000000000.json".to_owned(),
        "images/BA7816.zip".to_owned(),
        format!("logs/workers/{id}/5.json"),
        format!("logs/preview/{id}/events/0000000000005-7.json"),
        format!("logs/preview/{id}/events/+000000000005-000007.json"),
        format!("tasks/attachments/{id}/more"),
        format!("content/items/{id}/other.txt"),
        format!("content/posts/{id}"),
        format!("content/posts/{id}.html"),
    ] {
        assert_eq!(text.parse::<ObjectKey>(), Err(ParseNameError), "{text}");
    }
}

proptest! {
    #[test]
    fn a_key_stays_itself_and_plain(a: u128, b: u128, at: u64, seq: u32) {
        let (job, device) = (JobId(a), DeviceKey::Row(ServerId(b)));
        let version = BundleVersion::from(&Digest::of(&a.to_le_bytes()));
        for key in [
            ObjectKey::Bundle { job, device, version },
            ObjectKey::Metadata { job, device },
            ObjectKey::WorkerLog { worker: WorkerId(a), at: Moment(at) },
            ObjectKey::PreviewEvents { job, at: Moment(at), seq },
        ] {
            let text = key.to_string();
            prop_assert_eq!(text.parse(), Ok(key));
            prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-.".contains(&b)), "{}", text);
        }
    }
}
