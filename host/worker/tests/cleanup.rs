//! What is removed when its time is over, and what stays.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hivesync_jobs::{Fence, JobId, Moment};
use hivesync_storage::sql::accounts::{self, User};
use hivesync_storage::sql::audit::AuditEvent;
use hivesync_storage::sql::content_items::{Intake, ItemFields, ItemObjects};
use hivesync_storage::sql::content_jobs::{self, NewContentJob};
use hivesync_storage::sql::nonces::Arrival;
use hivesync_storage::sql::notifications::{Happened, Notification};
use hivesync_storage::sql::pipeline_runs::{self, ArtifactKind, PipelineArtifact, PipelineRun};
use hivesync_storage::sql::previews::{self, NewPreview, Outcome, PreviewArtifact, Word};
use hivesync_storage::sql::projects;
use hivesync_storage::sql::turn::Turn;
use hivesync_storage::{
    Body, BundleVersion, Database, DeviceKey, Links, ObjectKey, Objects, ServerId, Upload, Write,
};
use hivesync_testkit::{Durability, Postgres};
use hivesync_types::{Code, Digest, Platform, Tier};
use hivesync_worker::{Cleanup, CleanupSettings, Removed};
use jiff::Timestamp;
use tempfile::TempDir;

const USER: &str = "00000000000000000000000001";
const PROJECT: &str = "00000000000000000000000002";
const HOUR: Duration = Duration::from_secs(3600);
const GRACE: Duration = Duration::from_secs(1800);

/// A fleet of one, whose clock a test moves.
struct World {
    cleanup: Cleanup,
    clock: Arc<AtomicI64>,
    _folder: TempDir,
}

impl World {
    async fn new(is_dry_run: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open_file(&folder.path().join("tables.db")).await.unwrap();
        let links = Links { base_url: String::new(), secrets: Vec::new() };
        let objects = Objects::directory(&folder.path().join("objects"), links).await.unwrap();
        let clock = Arc::new(AtomicI64::new(Timestamp::now().as_millisecond()));
        let settings = CleanupSettings {
            tmp_ttl: HOUR,
            log_retention: HOUR * 24 * 7,
            artifact_ttl: HOUR * 24,
            space_ttl: HOUR * 24 * 30,
            grace: GRACE,
            is_dry_run,
        };
        let told = Arc::clone(&clock);
        let cleanup = Cleanup {
            db,
            objects,
            data: folder.path().to_owned(),
            settings,
            clock: Arc::new(move || Timestamp::from_millisecond(told.load(Ordering::Relaxed)).unwrap()),
        };
        let world = Self { cleanup, clock, _folder: folder };
        let user = User {
            id: USER.to_owned(),
            email: "a@example.com".to_owned(),
            tier: Tier::Free,
            created_at: world.now(),
            display_name: String::new(),
        };
        assert!(accounts::register(world.db(), &user, "hash").await.unwrap());
        projects::create(world.db(), PROJECT, "notes", USER, world.now()).await.unwrap();
        world
    }

    fn db(&self) -> &Database {
        &self.cleanup.db
    }

    fn now(&self) -> Moment {
        Moment(u64::try_from(self.clock.load(Ordering::Relaxed)).unwrap())
    }

    fn pass(&self, time: Duration) {
        self.clock.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// A preview that was asked for, which is its first event, and that a worker has begun.
    async fn preview(&self, number: u128) -> String {
        let id = ServerId(number).to_string();
        let new = NewPreview {
            id: id.clone(),
            project_id: PROJECT.to_owned(),
            user_id: USER.to_owned(),
            tier: Tier::Free,
            platform: Platform::Web,
            image: Digest::of(b"").to_string(),
            options: "{}".to_owned(),
            devices: "[]".to_owned(),
            eventflow_enabled: false,
            token_version: 0,
            idempotency_key: None,
            body_digest: String::new(),
            created_at: self.now(),
        };
        previews::ask(self.db(), &new, None).await.unwrap();
        assert!(previews::begin(self.db(), &id, Fence(1), USER, self.now()).await.unwrap());
        id
    }

    /// Stores a bundle under a job's name, as a worker does before it reports.
    async fn stored(&self, number: u128, words: &'static str) -> ObjectKey {
        let digest = Digest::of(words.as_bytes());
        let (job, device, version) = (JobId(number), DeviceKey::Default, BundleVersion::from(&digest));
        let key = ObjectKey::Bundle { job, device, version };
        let body = Body::Bytes(Bytes::from(words));
        self.cleanup.objects.put(Upload { key, body, digest, write: Write::Once }).await.unwrap();
        key
    }

    /// A preview that was built and whose artifact is good for an hour.
    async fn built(&self, number: u128) -> (String, ObjectKey) {
        let id = self.preview(number).await;
        let bundle = self.stored(number, "bundle").await;
        let metadata = ObjectKey::Metadata { job: JobId(number), device: DeviceKey::Default };
        let artifact = PreviewArtifact {
            device_id: "default".to_owned(),
            bundle_key: bundle.to_string(),
            metadata_key: metadata.to_string(),
            digest: Digest::of(b"bundle").to_string(),
            bytes: 6,
        };
        let outcome = Outcome::Success { artifacts: vec![artifact], expires_at: self.now().after(HOUR) };
        let notification = Notification {
            id: id.clone(),
            user_id: USER.to_owned(),
            kind: Happened::PreviewFinished,
            data: "{}".to_owned(),
            created_at: self.now(),
            read_at: None,
        };
        let word = Word { event: "{}", notification: &notification };
        assert!(previews::end(self.db(), &id, Fence(1), &outcome, word, self.now()).await.unwrap());
        (id, bundle)
    }

    async fn is_stored(&self, key: &ObjectKey) -> bool {
        self.cleanup.objects.describe(key).await.unwrap().is_some()
    }
}

#[tokio::test]
async fn an_artifact_goes_when_its_time_and_the_grace_are_over() {
    let world = World::new(false).await;
    let (id, bundle) = world.built(10).await;
    world.pass(HOUR + GRACE - Duration::from_millis(1));
    assert_eq!(world.cleanup.light().await.unwrap(), Removed::default());
    assert!(world.is_stored(&bundle).await);
    world.pass(Duration::from_millis(1));
    assert_eq!(world.cleanup.light().await.unwrap(), Removed { artifacts: 1, ..Removed::default() });
    assert!(!world.is_stored(&bundle).await);
    assert!(previews::artifacts(world.db(), &id).await.unwrap().is_empty());
    assert_eq!(world.cleanup.light().await.unwrap(), Removed::default());
}

#[tokio::test]
async fn an_object_without_a_row_goes_after_the_grace_and_one_of_an_open_job_stays() {
    let world = World::new(false).await;
    let (_, kept) = world.built(10).await;
    // A worker whose lease was lost stored other bytes for the same job.
    let late = world.stored(10, "other bytes").await;
    let nobodys = world.stored(11, "nobody's").await;
    world.preview(12).await;
    let open = world.stored(12, "not reported yet").await;
    assert_eq!(world.cleanup.deep().await.unwrap().orphans, 0, "within the grace");
    world.pass(GRACE + Duration::from_secs(60));
    assert_eq!(world.cleanup.deep().await.unwrap().orphans, 2);
    for (key, stays) in [(kept, true), (open, true), (late, false), (nobodys, false)] {
        assert_eq!(world.is_stored(&key).await, stays, "{key}");
    }
}

/// A run of spaces, an object that a row of it names, and one that none does.
async fn pictured(world: &World) -> (PipelineRun, ObjectKey, ObjectKey) {
    let run = PipelineRun {
        id: ServerId(20).to_string(),
        project_id: PROJECT.to_owned(),
        user_id: USER.to_owned(),
        tier: Tier::Free,
        is_blocked: false,
        ended_at: None,
        request: "A flat.".to_owned(),
        plan: "other".to_owned(),
        ratio: "1:1".to_owned(),
        ratio_locked: false,
        quality_post_step4: "2K".to_owned(),
        payload_size_estimate: 0,
        current_step: 0,
        retries_left: 10,
        last_error: None,
        created_at: world.now(),
    };
    pipeline_runs::keep(world.db(), &run).await.unwrap();
    let digest = Digest::of(b"picture");
    let mut keys = Vec::new();
    for artifact in [ServerId(21), ServerId(22)] {
        let key = ObjectKey::SpaceOriginal { run: ServerId(20), artifact };
        let body = Body::Bytes(Bytes::from_static(b"picture"));
        world.cleanup.objects.put(Upload { key, body, digest, write: Write::Once }).await.unwrap();
        keys.push(key);
    }
    let upload = PipelineArtifact {
        id: ServerId(21).to_string(),
        run_id: run.id.clone(),
        step_id: None,
        kind: ArtifactKind::Original,
        storage_path: keys[0].to_string(),
        metadata_json: "{}".to_owned(),
        bytes: 7,
        digest: digest.to_string(),
        signed_url: None,
        created_at: world.now(),
    };
    assert!(pipeline_runs::keep_upload(world.db(), &upload, ("b", 9)).await.unwrap());
    (run, keys[0], keys[1])
}

#[tokio::test]
async fn a_run_that_nothing_is_done_with_ends_and_its_pictures_go() {
    let world = World::new(false).await;
    let (run, kept, nobodys) = pictured(&world).await;
    let document = ObjectKey::AiDocs { job: JobId(30) };
    let transcript = ObjectKey::Transcript { item: ServerId(31) };
    for key in [document, transcript] {
        let (body, digest) = (Body::Bytes(Bytes::from_static(b"{}")), Digest::of(b"{}"));
        world.cleanup.objects.put(Upload { key, body, digest, write: Write::Once }).await.unwrap();
    }
    assert_eq!(world.cleanup.deep().await.unwrap(), Removed::default(), "within the grace");
    world.pass(GRACE + Duration::from_secs(60));
    assert_eq!(world.cleanup.deep().await.unwrap(), Removed { orphans: 3, ..Removed::default() });
    for (key, stays) in [(kept, true), (nobodys, false), (document, false), (transcript, false)] {
        assert_eq!(world.is_stored(&key).await, stays, "{key}");
    }

    world.pass(HOUR * 24 * 30 - GRACE - Duration::from_secs(60));
    assert_eq!(world.cleanup.deep().await.unwrap(), Removed::default());
    world.pass(Duration::from_millis(1));
    assert_eq!(world.cleanup.deep().await.unwrap(), Removed { rows: 1, ..Removed::default() });
    assert!(!world.is_stored(&kept).await);
    assert_eq!(pipeline_runs::artifacts(world.db(), &run.id).await.unwrap(), []);
    let ended = pipeline_runs::by_id(world.db(), &run.id).await.unwrap().unwrap();
    assert_eq!(ended.ended_at, Some(world.now()));
    assert_eq!(world.cleanup.deep().await.unwrap(), Removed::default(), "it ends once");
}

#[tokio::test]
async fn a_transcript_goes_when_another_took_its_place_or_its_request_never_ended() {
    let world = World::new(false).await;
    let transcript = |number| ObjectKey::Transcript { item: ServerId(number) };
    let fields = ItemFields {
        clip_created_at: Moment(1),
        clip_view_count: 0,
        clip_duration: 1.0,
        content_score: None,
        platform: "twitch".to_owned(),
        processing_status: "pending".to_owned(),
        content_category: "other".to_owned(),
        document: "{}".to_owned(),
    };
    // The second takes the place of the first; the third was stored, and no row was written for it.
    for number in [61, 62, 63] {
        let (body, digest) = (Body::Bytes(Bytes::from_static(b"words")), Digest::of(b"words"));
        let upload = Upload { key: transcript(number), body, digest, write: Write::Once };
        world.cleanup.objects.put(upload).await.unwrap();
        let mut intake = Intake::begin(world.db()).await.unwrap();
        let taken = intake.take(&ServerId(60).to_string(), "clip", world.now()).await.unwrap();
        let name = ServerId(number).to_string();
        let objects = ItemObjects { name, transcript: Some((5, 1)), github_context: None };
        intake.fill(&taken, &fields, &objects).await.unwrap();
        if number != 63 {
            intake.commit().await.unwrap();
        }
    }
    assert_eq!(world.cleanup.deep().await.unwrap(), Removed::default(), "within the grace");
    world.pass(GRACE + Duration::from_secs(60));
    assert_eq!(world.cleanup.deep().await.unwrap(), Removed { orphans: 2, ..Removed::default() });
    for (number, stays) in [(61, false), (62, true), (63, false)] {
        assert_eq!(world.is_stored(&transcript(number)).await, stays, "{number}");
    }
}

#[tokio::test]
async fn a_post_goes_with_all_that_was_made_of_it_when_its_day_is_over() {
    let world = World::new(false).await;
    let job = JobId(40);
    let new = NewContentJob {
        id: ServerId(40).to_string(),
        key_id: "content".to_owned(),
        idempotency_key: None,
        request_digest: "x".to_owned(),
        request: "{}".to_owned(),
        step_total: 5,
        created_at: world.now(),
        expires_at: world.now().after(HOUR * 24),
    };
    let event = AuditEvent {
        id: &new.id,
        at: world.now(),
        actor: None,
        action: "test",
        subject: None,
        code: None,
        request_id: "",
    };
    let forget_at = world.now().after(HOUR);
    let arrival = Arrival { nonce: "n", forget_at, event, replayed: Code::NonceUsed };
    content_jobs::ask(world.db(), arrival, &new).await.unwrap();
    let made = [ObjectKey::Post { job }, ObjectKey::PostPatch { job }, ObjectKey::PostRecord { job }];
    for key in made {
        let (body, digest) = (Body::Bytes(Bytes::from_static(b"post")), Digest::of(b"post"));
        world.cleanup.objects.put(Upload { key, body, digest, write: Write::Once }).await.unwrap();
    }
    world.pass(HOUR * 24);
    assert_eq!(world.cleanup.posts().await.unwrap(), Removed::default());
    assert!(world.is_stored(&made[0]).await);
    world.pass(Duration::from_millis(1));
    assert_eq!(world.cleanup.posts().await.unwrap(), Removed { rows: 1, ..Removed::default() });
    for key in made {
        assert!(!world.is_stored(&key).await, "{key}");
    }
    assert_eq!(content_jobs::by_id(world.db(), &new.id).await.unwrap(), None);
}

#[tokio::test]
async fn events_of_what_is_over_go_with_the_logs_and_those_of_an_open_job_stay() {
    let world = World::new(false).await;
    let (over, _) = world.built(10).await;
    let open = world.preview(12).await;
    world.pass(HOUR * 24 * 7 + Duration::from_secs(60));
    // Its beginning and its end.
    assert_eq!(world.cleanup.deep().await.unwrap().logs, 2);
    let count = async |id: &str| previews::events_after(world.db(), id, 0, 10).await.unwrap().len();
    assert_eq!((count(&over).await, count(&open).await), (0, 1));
}

#[tokio::test]
async fn a_dry_run_counts_and_removes_nothing() {
    let world = World::new(true).await;
    let (id, bundle) = world.built(10).await;
    let nobodys = world.stored(11, "nobody's").await;
    let (run, picture, _) = pictured(&world).await;
    world.pass(HOUR * 24 * 31);
    assert_eq!(world.cleanup.light().await.unwrap().artifacts, 1);
    assert_eq!(world.cleanup.deep().await.unwrap().orphans, 2);
    assert!(world.is_stored(&bundle).await && world.is_stored(&nobodys).await);
    assert!(world.is_stored(&picture).await);
    assert_eq!(pipeline_runs::by_id(world.db(), &run.id).await.unwrap().unwrap().ended_at, None);
    assert_eq!(previews::artifacts(world.db(), &id).await.unwrap().len(), 1);
    assert_eq!(previews::events_after(world.db(), &id, 0, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn one_process_of_a_fleet_has_the_turn_and_the_next_has_it_when_that_one_is_gone() {
    let postgres = Postgres::start(Durability::None).unwrap();
    let url = postgres.url("postgres");
    let [one, two] =
        [Database::open_postgres(&url).await.unwrap(), Database::open_postgres(&url).await.unwrap()];
    let mut held = Turn::take(&one, "cleanup").await.unwrap().unwrap();
    assert!(Turn::take(&two, "cleanup").await.unwrap().is_none());
    assert!(Turn::take(&two, "something else").await.unwrap().is_some());
    held.is_held().await.unwrap();
    drop(held);
    // The server notices in its own time that a connection is gone.
    let taken = async {
        loop {
            if let Some(turn) = Turn::take(&two, "cleanup").await.unwrap() {
                return turn;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), taken).await.unwrap();
}
