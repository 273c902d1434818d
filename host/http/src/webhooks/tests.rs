//! Messages to a real HTTPS server of this machine, whose clock and answers a test sets.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use hivesync_access::seal;
use hivesync_jobs::Fence;
use hivesync_reachability::AddressRule;
use hivesync_storage::sql::accounts::{self, User};
use hivesync_storage::sql::maps::{self, MapKind, MapOutcome, NewMap};
use hivesync_storage::sql::projects;
use hivesync_storage::sql::slice::{Place, Slice};
use hivesync_storage::sql::webhooks::{Event, MessageState, Webhook};
use hivesync_testkit::KeyPair;
use hivesync_types::Tier;
use jiff::Timestamp;
use rustls::RootCertStore;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;

const USER: &str = "00000000000000000000000001";
const PROJECT: &str = "00000000000000000000000002";
const HOOK: &str = "00000000000000000000000003";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A server that keeps what it is sent and answers what it is told to; nothing, for an empty word.
struct Receiver {
    address: SocketAddr,
    roots: RootCertStore,
    got: Arc<Mutex<Vec<Letter>>>,
    answer: Arc<Mutex<&'static str>>,
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Letter {
    head: String,
    body: String,
}

impl Letter {
    fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("{name} in {}", self.head))
    }
}

impl Receiver {
    async fn start() -> Self {
        let pair = KeyPair::named("127.0.0.1").unwrap();
        let (acceptor, roots) = (pair.acceptor().unwrap(), pair.roots().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (got, answer) = (Arc::<Mutex<Vec<Letter>>>::default(), Arc::new(Mutex::new("200 OK")));
        let receiver = Self { address, roots, got: Arc::clone(&got), answer: Arc::clone(&answer) };
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(take(acceptor.clone(), tcp, Arc::clone(&got), Arc::clone(&answer)));
            }
        });
        receiver
    }

    fn answers(&self, status: &'static str) {
        *self.answer.lock().unwrap() = status;
    }

    fn got(&self) -> Vec<Letter> {
        self.got.lock().unwrap().clone()
    }
}

async fn take(
    acceptor: TlsAcceptor,
    tcp: TcpStream,
    got: Arc<Mutex<Vec<Letter>>>,
    answer: Arc<Mutex<&'static str>>,
) {
    let Ok(mut tls) = acceptor.accept(tcp).await else { return };
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(tls.read_u8().await.unwrap());
    }
    let mut letter = Letter { head: String::from_utf8(bytes).unwrap(), body: String::new() };
    let mut body = vec![0; letter.header("content-length").parse().unwrap()];
    tls.read_exact(&mut body).await.unwrap();
    letter.body = String::from_utf8(body).unwrap();
    got.lock().unwrap().push(letter);
    let answer = *answer.lock().unwrap();
    if answer.is_empty() {
        std::future::pending::<()>().await;
    }
    // The other side may have what it wants and be gone.
    let _ = tls.write_all(format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n").as_bytes()).await;
    let _ = tls.shutdown().await;
}

/// A project with one webhook, and somebody who brings its messages.
struct World {
    postman: Arc<Postman>,
    receiver: Receiver,
    clock: Arc<AtomicI64>,
    _folder: TempDir,
}

impl World {
    async fn new() -> Self {
        Self::under(AddressRule::PublicAndLoopback).await
    }

    async fn under(rule: AddressRule) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open_file(&folder.path().join("tables.db")).await.unwrap();
        let receiver = Receiver::start().await;
        let courier = Courier::trusting(receiver.roots.clone(), rule, Duration::from_secs(1)).unwrap();
        let clock = Arc::new(AtomicI64::new(1_700_000_000_000));
        let told = Arc::clone(&clock);
        let postman = Arc::new(Postman {
            db,
            courier,
            secret: Secret::new(b"sealed with this"),
            clock: Arc::new(move || Timestamp::from_millisecond(told.load(Ordering::Relaxed)).unwrap()),
            news: Arc::default(),
        });
        let world = Self { postman, receiver, clock, _folder: folder };
        let now = world.postman.now();
        let user = User {
            id: USER.to_owned(),
            email: "a@example.com".to_owned(),
            tier: Tier::Free,
            created_at: now,
            display_name: String::new(),
        };
        assert!(accounts::register(world.db(), &user, "hash").await.unwrap());
        projects::create(world.db(), PROJECT, "notes", USER, now).await.unwrap();
        let webhook = Webhook {
            id: HOOK.to_owned(),
            project_id: PROJECT.to_owned(),
            url: format!("https://{}/hook?a=b", world.receiver.address),
            events: vec![Event::MapReady],
            secret: seal(&world.postman.secret, CONTEXT, [1; 32], SECRET.as_bytes()).unwrap(),
            created_at: now,
            disabled_at: None,
        };
        assert!(webhooks::keep(world.db(), &webhook, USER, 1).await.unwrap());
        world
    }

    fn db(&self) -> &Database {
        &self.postman.db
    }

    fn pass(&self, time: Duration) {
        self.clock.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// A question about a map was asked and has its answer.
    async fn happen(&self, number: u32) {
        let (id, now) = (format!("{number:026}"), self.postman.now());
        let new = NewMap {
            id: id.clone(),
            project_id: PROJECT.to_owned(),
            user_id: USER.to_owned(),
            tier: Tier::Free,
            kind: MapKind::Diff,
            question: "{}".to_owned(),
            versions_max: 1,
            created_at: now,
        };
        assert!(maps::ask(self.db(), &new, None).await.unwrap());
        assert!(maps::begin(self.db(), &id, Fence(1), "w", now).await.unwrap());
        let job = maps::by_id(self.db(), &id).await.unwrap().unwrap();
        let ended = maps::end(self.db(), &job, Fence(1), &MapOutcome::Success(None), now).await.unwrap();
        assert!(ended.is_some());
    }

    async fn bring(&self) {
        self.postman.bring(HOOK).await.unwrap();
    }

    async fn messages(&self) -> Vec<webhooks::Message> {
        let slice = Slice { place: Place::First, count: 100 };
        webhooks::of_webhook(self.db(), HOOK, &slice).await.unwrap()
    }

    async fn message(&self) -> webhooks::Message {
        self.messages().await.into_iter().next().unwrap()
    }

    async fn is_disabled(&self) -> bool {
        webhooks::by_id(self.db(), PROJECT, HOOK).await.unwrap().unwrap().disabled_at.is_some()
    }
}

#[tokio::test]
async fn what_happened_is_told_once_signed_and_nothing_else_is() {
    let world = World::new().await;
    world.happen(7).await;
    world.pass(Duration::from_millis(1500));
    world.bring().await;
    world.bring().await;
    let got = world.receiver.got();
    let [letter] = got.as_slice() else { panic!("{got:?}") };
    assert!(letter.head.starts_with("POST /hook?a=b HTTP/1.1\r\nhost: 127.0.0.1:"), "{}", letter.head);
    assert_eq!(letter.header("content-type"), "application/json");
    assert_eq!(
        letter.body,
        r#"{"data":{"job_id":"00000000000000000000000007","project_id":"00000000000000000000000002"},"timestamp":"2023-11-14T22:13:20Z","type":"map.ready"}"#
    );
    assert_eq!(letter.header("webhook-id"), "msg_00000000000000000000000007");
    assert_eq!(letter.header("webhook-timestamp"), "1700000001");
    let signed = sign_webhook(SECRET, letter.header("webhook-id"), 1_700_000_001, letter.body.as_bytes());
    assert_eq!(Some(letter.header("webhook-signature")), signed.as_deref());
    let message = world.message().await;
    assert_eq!(
        (message.state, message.attempts, message.status_code),
        (MessageState::Delivered, 1, Some(200))
    );
}

#[tokio::test]
async fn a_message_that_fails_is_sent_again_with_its_own_id_until_it_arrives() {
    let world = World::new().await;
    world.receiver.answers("500 Internal Server Error");
    world.happen(7).await;
    world.bring().await;
    let message = world.message().await;
    assert_eq!((message.state, message.error.as_deref()), (MessageState::Pending, Some("status")));
    world.bring().await;
    assert_eq!(world.receiver.got().len(), 1, "not before its time");
    world.receiver.answers("204 No Content");
    world.pass(PAUSES[0]);
    world.bring().await;
    let got = world.receiver.got();
    assert_eq!(got.len(), 2);
    assert_eq!((&got[0].body, got[0].header("webhook-id")), (&got[1].body, got[1].header("webhook-id")));
    assert_ne!(got[0].header("webhook-signature"), got[1].header("webhook-signature"), "the time is signed");
    let message = world.message().await;
    assert_eq!((message.state, message.attempts, message.error), (MessageState::Delivered, 2, None));
}

#[tokio::test]
async fn an_address_at_which_nothing_arrives_is_told_no_more_until_a_test_does() {
    let world = World::new().await;
    world.receiver.answers("500 Internal Server Error");
    world.happen(7).await;
    for pause in PAUSES {
        world.bring().await;
        world.pass(pause);
    }
    assert!(!world.is_disabled().await);
    world.happen(8).await;
    world.bring().await;
    assert_eq!(world.receiver.got().len(), PAUSES.len() + 1);
    assert!(world.is_disabled().await);
    let states: Vec<_> =
        world.messages().await.into_iter().map(|message| (message.state, message.error)).collect();
    let dead = |error: &str| (MessageState::Dead, Some(error.to_owned()));
    assert_eq!(states, [dead("disabled"), dead("status")]);
    world.happen(9).await;
    assert_eq!(world.messages().await.len(), 2, "nothing is written down for it");
    assert!(
        webhooks::ping(world.db(), HOOK, "00000000000000000000000010", world.postman.now()).await.unwrap()
    );
    world.bring().await;
    assert!(world.is_disabled().await);
    world.receiver.answers("200 OK");
    assert!(
        webhooks::ping(world.db(), HOOK, "00000000000000000000000011", world.postman.now()).await.unwrap()
    );
    world.bring().await;
    assert!(!world.is_disabled().await);
}

#[tokio::test]
async fn one_dead_message_among_others_that_arrive_turns_nothing_off() {
    let world = World::new().await;
    world.receiver.answers("500 Internal Server Error");
    world.happen(7).await;
    for pause in PAUSES {
        world.bring().await;
        world.pass(pause);
    }
    // It is due as well, and later.
    world.pass(Duration::from_secs(1));
    world.happen(8).await;
    let claimed =
        webhooks::claim(world.db(), HOOK, world.postman.now(), world.postman.now().after(LEASE)).await;
    let last = claimed.unwrap().unwrap();
    assert_eq!((last.message_id.as_str(), last.number), ("00000000000000000000000007", 8));
    world.receiver.answers("200 OK");
    world.bring().await;
    let settled = settled(&last, Came::Answer(500), world.postman.now());
    assert_eq!(settled, Settled::Dead);
    assert!(
        webhooks::settle(world.db(), &last, settled, (Some(500), None), world.postman.now()).await.unwrap()
    );
    assert!(!world.is_disabled().await);
}

#[tokio::test]
async fn who_is_slow_leads_elsewhere_or_is_gone_is_seen_for_what_they_are() {
    for (answer, error, state) in [
        ("", "timeout", MessageState::Pending),
        ("302 Found\r\nlocation: https://127.0.0.1/", "redirect", MessageState::Pending),
        ("410 Gone", "status", MessageState::Dead),
    ] {
        let world = World::new().await;
        world.receiver.answers(answer);
        world.happen(7).await;
        world.bring().await;
        let message = world.message().await;
        assert_eq!((message.error.as_deref(), message.state), (Some(error), state), "{answer}");
        assert_eq!(world.receiver.got().len(), 1, "{answer}");
        assert_eq!(world.is_disabled().await, state == MessageState::Dead, "{answer}");
    }
}

#[tokio::test]
async fn an_address_of_this_machine_gets_no_packet() {
    let world = World::under(AddressRule::Public).await;
    // As an address that was made for another port: the rule is asked at each attempt.
    world.happen(7).await;
    world.bring().await;
    let message = world.message().await;
    assert_eq!((message.state, message.error.as_deref()), (MessageState::Dead, Some("blocked")));
    assert!(world.receiver.got().is_empty() && world.is_disabled().await);
}

#[tokio::test]
async fn what_a_process_took_and_died_with_is_sent_by_the_next() {
    let world = World::new().await;
    world.happen(7).await;
    let now = world.postman.now();
    let lost = webhooks::claim(world.db(), HOOK, now, now.after(LEASE)).await.unwrap().unwrap();
    world.bring().await;
    assert!(world.receiver.got().is_empty(), "another has it");
    world.pass(LEASE);
    world.bring().await;
    assert_eq!(world.receiver.got().len(), 1);
    let late = webhooks::settle(world.db(), &lost, Settled::Lost, (None, None), world.postman.now()).await;
    assert!(!late.unwrap(), "the end of an attempt that was given up does not count");
    assert_eq!(world.message().await.state, MessageState::Delivered);
}

#[tokio::test]
async fn a_bell_brings_a_message_and_what_is_on_its_way_is_waited_for() {
    let world = World::new().await;
    let (stop, stopped) = watch::channel(false);
    let delivering = tokio::spawn(deliver(Arc::clone(&world.postman), stopped));
    world.happen(7).await;
    world.postman.news.ring("7");
    let arrived = async {
        while world.message().await.state != MessageState::Delivered {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), arrived).await.unwrap();
    stop.send(true).unwrap();
    delivering.await.unwrap();
}
