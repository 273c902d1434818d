//! Runs of spaces, and the locks of their services, in both databases.

use std::sync::Arc;

use hivesync_jobs::{Fence, Moment};
use hivesync_storage::Database;
use hivesync_storage::sql::accounts::{self, User};
use hivesync_storage::sql::audit::{self, AuditEvent};
use hivesync_storage::sql::pipeline_jobs::{
    ATTEMPTS_MAX, LOCK_MS, NewStep, Service, ServiceEnd, ServiceStatus, Started, finish, give_up, lock,
    of_queue, release, start, stop,
};
use hivesync_storage::sql::pipeline_runs::{
    self, ArtifactKind, Follows, PipelineArtifact, PipelineDecision, PipelineRun, Unblocking, WordOf,
};
use hivesync_storage::sql::projects;
use hivesync_storage::sql::step_runs::{self, StepRun, StepsOf};
use hivesync_testkit::{Durability, Postgres};
use hivesync_types::Tier;

fn id(name: &str) -> String {
    format!("{name:0>26}")
}

async fn owner(db: &Database) {
    let user = User {
        id: id("U"),
        email: "u@example.org".to_owned(),
        tier: Tier::Pro,
        display_name: "U".to_owned(),
        created_at: Moment(1),
    };
    assert!(accounts::register(db, &user, "hash").await.unwrap());
    projects::create(db, &id("P"), "Flats", &user.id, Moment(1)).await.unwrap();
}

async fn run(db: &Database, name: &str) -> PipelineRun {
    let run = PipelineRun {
        id: id(name),
        project_id: id("P"),
        user_id: id("U"),
        tier: Tier::Pro,
        is_blocked: false,
        ended_at: None,
        request: "A flat.".to_owned(),
        plan: "residential".to_owned(),
        ratio: "16:9".to_owned(),
        ratio_locked: true,
        quality_post_step4: "4K".to_owned(),
        payload_size_estimate: 0,
        current_step: 0,
        retries_left: 10,
        last_error: None,
        created_at: Moment(5),
    };
    pipeline_runs::keep(db, &run).await.unwrap();
    assert_eq!(pipeline_runs::by_id(db, &run.id).await.unwrap().as_ref(), Some(&run));
    run
}

/// A step of a run over an input, whose services and job of the queue are called so.
fn step<'a>(run: &'a PipelineRun, input: &'a str, queue_job: &'a str, now: u64) -> NewStep<'a> {
    let mut reversed = Service::ALL;
    reversed.reverse();
    let services = reversed.map(|service| {
        let name = service.as_str();
        (service, format!("{queue_job}-{name}"), format!("{}-{input}-{name}", run.id))
    });
    NewStep {
        run_id: &run.id,
        step_id: 0,
        payload_ref: input,
        services,
        queue_job,
        at_once: 2,
        now: Moment(now),
    }
}

async fn two_starts_at_one_time_begin_a_step_once(db: &Arc<Database>) {
    let run = Arc::new(run(db, "1").await);
    let starts = ["a", "b", "c", "d"].map(|queue_job| {
        let (db, run) = (Arc::clone(db), Arc::clone(&run));
        tokio::spawn(async move { start(&db, &step(&run, "x", queue_job, 10)).await.unwrap() })
    });
    let mut began = Vec::new();
    for started in starts {
        began.push(started.await.unwrap());
    }
    assert_eq!(began.iter().filter(|started| **started == Started::New).count(), 1, "{began:?}");
    assert_eq!(began.iter().filter(|started| **started == Started::Running).count(), 3, "{began:?}");
    // Other pictures are another input, and the step is under way all the same.
    assert_eq!(start(db, &step(&run, "y", "e", 11)).await.unwrap(), Started::Running);
}

async fn a_lock_is_taken_once_and_given_up_by_its_age_or_by_the_queue(db: &Arc<Database>) {
    let run = run(db, "2").await;
    assert_eq!(start(db, &step(&run, "x", "q2", 0)).await.unwrap(), Started::New);
    let services = of_queue(db, "q2").await.unwrap();
    let order: Vec<Service> = services.iter().map(|job| job.service).collect();
    assert_eq!(order, Service::ALL, "whatever their ids are");
    let first = &services[0];
    let now = LOCK_MS * 10;
    let take =
        async |fence: u32, at: u64| lock(db, &first.id, ("w", Fence(fence)), Moment(at)).await.unwrap();
    let (one, two) = tokio::join!(take(1, now), take(2, now));
    assert!(one != two, "of two that come at one time one has it");
    let holder = if one { Fence(1) } else { Fence(2) };
    assert!(!take(3, now + LOCK_MS).await, "five minutes are respected");
    assert_eq!(start(db, &step(&run, "x", "q2b", now + LOCK_MS)).await.unwrap(), Started::Running);
    assert!(take(3, now + LOCK_MS + 1).await);
    let end = (ServiceEnd::Completed, 7);
    assert!(!finish(db, &first.id, holder, end, Moment(now)).await.unwrap(), "its lock is another's");
    release(db, "q2", Fence(3), Moment(now)).await.unwrap();
    assert_eq!(of_queue(db, "q2").await.unwrap()[0].status, ServiceStatus::Running, "it is of this claim");
    release(db, "q2", Fence(4), Moment(now)).await.unwrap();
    assert!(take(4, now).await, "the queue has ended the claim before");
    assert_eq!(of_queue(db, "q2").await.unwrap()[0].attempts, ATTEMPTS_MAX);
    release(db, "q2", Fence(5), Moment(now)).await.unwrap();
    assert!(!take(5, now + 2 * LOCK_MS).await, "three attempts are all");
    assert!(give_up(db, "q2", "CODE: it broke", Moment(now)).await.unwrap());
    assert_eq!(start(db, &step(&run, "x", "q2c", now)).await.unwrap(), Started::Exhausted);
    let untouched = of_queue(db, "q2c").await.unwrap();
    assert_eq!(untouched, [], "what is refused has changed nothing");
}

fn decision(run: &PipelineRun, decision: &str) -> PipelineDecision {
    PipelineDecision {
        id: format!("{}-{decision}", run.id),
        run_id: run.id.clone(),
        step_id: 0,
        attempt: 1,
        decision: decision.to_owned(),
        schema_validations: "[]".to_owned(),
        rule_checks: "{}".to_owned(),
        llm_audit: "null".to_owned(),
        retry_budget_remaining: 9,
        block_reason: (decision == "block").then(|| "Look.".to_owned()),
        decided_by: None,
        note: None,
        created_at: Moment(20),
    }
}

async fn a_step_is_concluded_once_with_its_decisions(db: &Arc<Database>) {
    let run = run(db, "3").await;
    assert_eq!(start(db, &step(&run, "x", "q3", 0)).await.unwrap(), Started::New);
    for job in of_queue(db, "q3").await.unwrap() {
        assert!(lock(db, &job.id, ("w", Fence(2)), Moment(1)).await.unwrap());
        let end = (ServiceEnd::Completed, 7);
        assert!(finish(db, &job.id, Fence(2), end, Moment(9)).await.unwrap());
        assert!(!finish(db, &job.id, Fence(2), end, Moment(9)).await.unwrap(), "it has ended");
    }
    let decided = [decision(&run, "retry"), decision(&run, "proceed")];
    let conclude = async |fence, follows, decided: &[PipelineDecision]| {
        let claim = (run.id.as_str(), "q3", Fence(fence));
        pipeline_runs::conclude(db, claim, decided, (follows, 1), Moment(20)).await.unwrap()
    };
    assert!(!conclude(1, Follows::Next, &decided).await, "a newer claim has taken the step");
    assert_eq!(pipeline_runs::decisions(db, &run.id).await.unwrap(), []);
    assert!(conclude(2, Follows::Next, &decided).await);
    let kept = pipeline_runs::decisions(db, &run.id).await.unwrap();
    assert_eq!(kept.len(), 2);
    assert!(kept.contains(&decided[0]) && kept.contains(&decided[1]));
    let now = pipeline_runs::by_id(db, &run.id).await.unwrap().unwrap();
    assert_eq!((now.current_step, now.retries_left), (1, 9));
    assert_eq!(start(db, &step(&run, "x", "q3b", 30)).await.unwrap(), Started::Known);
    assert_eq!(start(db, &step(&run, "y", "q3c", 30)).await.unwrap(), Started::NotNow);
    assert!(!conclude(2, Follows::Next, &decided).await, "it was concluded before");
    assert_eq!(pipeline_runs::by_id(db, &run.id).await.unwrap().unwrap(), now);
    assert!(conclude(2, Follows::Block("Look."), &[]).await);
    let blocked = pipeline_runs::by_id(db, &run.id).await.unwrap().unwrap();
    assert_eq!((blocked.is_blocked, blocked.last_error.as_deref()), (true, Some("Look.")));
    assert!(!conclude(2, Follows::Next, &[]).await, "a person must look first");
}

fn word<'a>(run: &'a PipelineRun, id: &'a str, word: Unblocking) -> WordOf<'a> {
    let audit = AuditEvent {
        id,
        at: Moment(40),
        actor: Some(&run.user_id),
        action: "space_run.unblock",
        subject: Some(&run.id),
        code: None,
        request_id: "",
    };
    WordOf { id, run_id: &run.id, user_id: &run.user_id, word, note: "I have seen the bath.", audit }
}

async fn a_person_opens_a_blocked_run_once_and_on_record(db: &Arc<Database>) {
    let run = run(db, "5").await;
    let unblock =
        async |id: &str, how| pipeline_runs::unblock(db, word(&run, id, how), Moment(40)).await.unwrap();
    assert!(!unblock("5A", Unblocking::Retry).await, "it is not blocked");
    let block = async |queue_job: &str| {
        assert_eq!(start(db, &step(&run, "x", queue_job, 0)).await.unwrap(), Started::New);
        let decided = [PipelineDecision { id: queue_job.to_owned(), ..decision(&run, "block") }];
        let claim = (run.id.as_str(), queue_job, Fence(1));
        let follows = (Follows::Block("Look."), 0);
        assert!(pipeline_runs::conclude(db, claim, &decided, follows, Moment(20)).await.unwrap());
        assert!(give_up(db, queue_job, "blocked", Moment(20)).await.unwrap());
    };
    block("q5").await;
    let (one, two) = tokio::join!(unblock("5B", Unblocking::Retry), unblock("5C", Unblocking::Retry));
    assert!(one != two, "of two that come at one time one decides");
    let now = pipeline_runs::by_id(db, &run.id).await.unwrap().unwrap();
    assert_eq!((now.is_blocked, now.current_step, now.last_error), (false, 0, None));
    block("q5b").await;
    assert!(unblock("5D", Unblocking::Proceed).await);
    let now = pipeline_runs::by_id(db, &run.id).await.unwrap().unwrap();
    assert_eq!((now.is_blocked, now.current_step), (false, 1));

    let decided = pipeline_runs::decisions(db, &run.id).await.unwrap();
    let told: Vec<_> = decided
        .iter()
        .map(|one| (one.decision.as_str(), one.step_id, one.attempt, one.decided_by.is_some()))
        .collect();
    assert_eq!(
        told,
        [("block", 0, 1, false), ("block", 0, 1, false), ("retry", 0, 2, true), ("proceed", 0, 3, true)]
    );
    assert_eq!(decided[3].decided_by.as_deref(), Some(run.user_id.as_str()));
    assert_eq!(decided[3].note.as_deref(), Some("I have seen the bath."));
    assert_eq!(decided[3].retry_budget_remaining, 10);
    let events = audit::newest(db, 10).await.unwrap();
    let of_run = events.iter().filter(|event| event.subject.as_deref() == Some(&run.id));
    assert_eq!(of_run.count(), 2, "what was refused left no record of a decision");
}

async fn services_that_were_not_begun_stop_with_the_one_that_blocked(db: &Arc<Database>) {
    let run = run(db, "7").await;
    assert_eq!(start(db, &step(&run, "x", "q7", 0)).await.unwrap(), Started::New);
    let services = of_queue(db, "q7").await.unwrap();
    assert!(lock(db, &services[3].id, ("w", Fence(2)), Moment(1)).await.unwrap());
    let statuses =
        async || of_queue(db, "q7").await.unwrap().iter().map(|job| job.status).collect::<Vec<_>>();
    let (waits, runs, blocked) = (ServiceStatus::Pending, ServiceStatus::Running, ServiceStatus::Blocked);
    stop(db, "q7", (Fence(1), "Look."), Moment(2)).await.unwrap();
    assert_eq!(statuses().await, [waits, waits, waits, runs], "a newer claim has the step");
    stop(db, "q7", (Fence(2), "Look."), Moment(2)).await.unwrap();
    assert_eq!(statuses().await, [blocked, blocked, blocked, runs]);
    assert!(give_up(db, "q7", "over", Moment(3)).await.unwrap());
}

async fn a_run_ends_when_no_step_is_under_way_and_nothing_begins_in_it(db: &Arc<Database>) {
    let run = run(db, "6").await;
    assert_eq!(start(db, &step(&run, "x", "q6", 50)).await.unwrap(), Started::New);
    assert!(!pipeline_runs::end(db, &run.id, Moment(60)).await.unwrap(), "a step is under way");
    assert_eq!(pipeline_runs::by_id(db, &run.id).await.unwrap().unwrap().ended_at, None);
    let idle = async |before| pipeline_runs::idle(db, Moment(before), 100).await.unwrap().contains(&run.id);
    assert!(!idle(1000).await, "nor is its time over");
    assert!(give_up(db, "q6", "over", Moment(55)).await.unwrap());
    assert!(!idle(50).await && idle(51).await, "its last step began at 50");
    assert!(!pipeline_runs::close(db, &run.id, (Moment(50), Moment(60))).await.unwrap());
    assert!(pipeline_runs::end(db, &run.id, Moment(60)).await.unwrap());
    assert!(pipeline_runs::end(db, &run.id, Moment(70)).await.unwrap());
    let ended = pipeline_runs::by_id(db, &run.id).await.unwrap().unwrap();
    assert_eq!(ended.ended_at, Some(Moment(60)), "it ends once");
    assert_eq!(start(db, &step(&run, "x", "q6b", 80)).await.unwrap(), Started::NotNow);
    assert!(!pipeline_runs::keep_upload(db, &upload(&run, "6A"), ("b", 9)).await.unwrap());
    assert!(!pipeline_runs::unblock(db, word(&run, "6B", Unblocking::Retry), Moment(81)).await.unwrap());
}

async fn tries_of_steps_are_counted_once(db: &Arc<Database>) {
    let of = StepsOf { run: "r", pipeline: "content-post", job_id: "j" };
    let tried = |attempt, models_us| StepRun {
        step: "write".to_owned(),
        attempt,
        is_done: attempt == 1,
        fuel: 7,
        sandbox_us: 30,
        models_us,
        asks: 1,
    };
    step_runs::keep(db, of, &[tried(1, 100), tried(2, 200)], Moment(90)).await.unwrap();
    // A claim that was taken over ends the same run once more.
    step_runs::keep(db, of, &[tried(1, 0)], Moment(95)).await.unwrap();
    let times = step_runs::times(db, Moment(90), 10).await.unwrap();
    let mut whole: Vec<u64> = times.iter().map(|time| time.whole_us).collect();
    whole.sort_unstable();
    assert_eq!((whole, times[0].sandbox_us), (vec![130, 230], 30));
    assert_eq!(step_runs::times(db, Moment(90), 1).await.unwrap().len(), 1);
    assert_eq!(step_runs::times(db, Moment(91), 10).await.unwrap(), []);
    assert_eq!(step_runs::forget_before(db, Moment(90)).await.unwrap(), 0);
    assert_eq!(step_runs::forget_before(db, Moment(91)).await.unwrap(), 2);
}

fn upload(run: &PipelineRun, name: &str) -> PipelineArtifact {
    PipelineArtifact {
        id: id(name),
        run_id: run.id.clone(),
        step_id: None,
        kind: ArtifactKind::Original,
        storage_path: format!("spaces/{}/original-{}", run.id, id(name)),
        metadata_json: "{}".to_owned(),
        bytes: 8,
        digest: "d".to_owned(),
        signed_url: None,
        created_at: Moment(6),
    }
}

async fn uploads_are_counted_and_links_remembered(db: &Arc<Database>) {
    let run = run(db, "4").await;
    let upload = |name: &str| upload(&run, name);
    assert!(pipeline_runs::keep_upload(db, &upload("4A"), ("b", 1)).await.unwrap());
    assert!(!pipeline_runs::keep_upload(db, &upload("4B"), ("b", 1)).await.unwrap());
    pipeline_runs::cache_link(db, &id("4A"), ("https://a", Moment(99))).await.unwrap();
    let kept = pipeline_runs::artifacts(db, &run.id).await.unwrap();
    let link = Some(("https://a".to_owned(), Moment(99)));
    assert_eq!(kept, [PipelineArtifact { signed_url: link, ..upload("4A") }]);
    let run = pipeline_runs::by_id(db, &run.id).await.unwrap().unwrap();
    assert_eq!(run.payload_size_estimate, 8, "what was refused is not counted");
    assert!(pipeline_runs::keeps(db, &upload("4A").storage_path).await.unwrap());
    assert!(!pipeline_runs::keeps(db, &upload("4B").storage_path).await.unwrap());
    assert_eq!(pipeline_runs::forget_artifacts(db, &run.id).await.unwrap(), 1);
    assert!(!pipeline_runs::keeps(db, &upload("4A").storage_path).await.unwrap());
}

async fn all(db: Database) {
    let db = Arc::new(db);
    owner(&db).await;
    two_starts_at_one_time_begin_a_step_once(&db).await;
    a_lock_is_taken_once_and_given_up_by_its_age_or_by_the_queue(&db).await;
    // Nothing of the runs before counts against these.
    for queue_job in ["a", "b", "c", "d", "q2"] {
        give_up(&db, queue_job, "over", Moment(0)).await.unwrap();
    }
    a_step_is_concluded_once_with_its_decisions(&db).await;
    uploads_are_counted_and_links_remembered(&db).await;
    a_person_opens_a_blocked_run_once_and_on_record(&db).await;
    services_that_were_not_begun_stop_with_the_one_that_blocked(&db).await;
    a_run_ends_when_no_step_is_under_way_and_nothing_begins_in_it(&db).await;
    tries_of_steps_are_counted_once(&db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spaces_are_kept_alike_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    all(Database::open_file(&folder.path().join("hivesync.db")).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spaces_are_kept_alike_in_postgresql() {
    let postgres = Postgres::start(Durability::None).unwrap();
    all(Database::open_postgres(&postgres.url("postgres")).await.unwrap()).await;
}
