//! A provider that does what a test says: fails, is slow, says nonsense, stops in the middle.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hivesync_models::{Answered, ApiKey, Endpoint, Fault, Models, Place, Provider, Question};
use hivesync_protocol::wit::steps::{Answer, Ask, AskError, Finish, Message, Role};
use hivesync_types::Digest;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the peer does with one connection.
#[derive(Debug, Clone)]
enum Act {
    /// Sends these bytes and closes.
    Say(String),
    /// Sends these bytes and then nothing more, without closing.
    Hang(String),
}

/// A peer and what it heard, a request a connection.
struct Peer {
    base: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    async fn acting(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heard);
        tokio::spawn(async move {
            for act in acts {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read(&mut stream).await;
                kept.lock().unwrap().push(request);
                match act {
                    Act::Say(bytes) => {
                        // Whoever has heard enough closes first.
                        let _ = stream.write_all(bytes.as_bytes()).await;
                    }
                    Act::Hang(bytes) => {
                        let _ = stream.write_all(bytes.as_bytes()).await;
                        tokio::spawn(async move { stream.read(&mut [0; 1]).await });
                    }
                }
            }
        });
        Self { base, heard }
    }

    fn provider(&self, place: Place) -> Provider {
        Provider {
            place,
            endpoint: Endpoint::new(&self.base).unwrap(),
            model: "small".to_owned(),
            key: Some(ApiKey::from("sk-secret".to_owned())),
            patience: Duration::from_secs(20),
            idempotent: false,
        }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// A request with its body.
async fn read(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        let count = stream.read(&mut part).await.unwrap();
        bytes.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
        if body.len() >= length.unwrap().parse::<usize>().unwrap() {
            return text;
        }
    }
}

fn response(status: &str, content_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn event(text: &str, finish: &str) -> String {
    let text = serde_json::to_string(text).unwrap();
    format!("data: {{\"choices\":[{{\"delta\":{{\"content\":{text}}},\"finish_reason\":{finish}}}]}}\n\n")
}

fn streamed(text: &str) -> Act {
    let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":3}}\n\n";
    let body = format!("{}{usage}data: [DONE]\n\n", event(text, "\"stop\""));
    Act::Say(response("200 OK", "text/event-stream; charset=utf-8", &body))
}

fn status(status: &str) -> Act {
    Act::Say(response(status, "application/json", "{\"error\":{\"message\":\"sk-secret is wrong\"}}"))
}

fn question() -> Question {
    let message = Message { role: Role::User, text: "What does it do?".to_owned(), pictures: Vec::new() };
    let schema = Some("{\"type\":\"object\"}".to_owned());
    Question::new(
        Ask { purpose: "test".to_owned(), messages: vec![message], schema, max_tokens: 64 },
        &[],
        1000,
    )
}

async fn ask(peers: &[(&Peer, Place)]) -> Answered {
    let providers = peers.iter().map(|(peer, place)| peer.provider(*place)).collect();
    Models::new(providers).ask(&question(), &Digest::of(b"run")).await
}

fn text(answered: &Answered) -> &str {
    match &answered.answer {
        Answer::Reply(reply) => &reply.text,
        Answer::Failed(error) => panic!("{error:?} {:?}", answered.faults),
    }
}

#[tokio::test]
async fn a_reply_comes_as_a_stream_with_its_count_of_tokens() {
    let peer = Peer::acting(vec![streamed("{\"summary\":\"ü\"}")]).await;
    let answered = ask(&[(&peer, Place::Primary)]).await;
    let Answer::Reply(reply) = &answered.answer else { panic!("{answered:?}") };
    assert_eq!((reply.text.as_str(), reply.finish), ("{\"summary\":\"ü\"}", Finish::Complete));
    assert_eq!((reply.prompt_tokens, reply.reply_tokens, answered.estimated), (11, 3, false));
    assert_eq!((answered.place, answered.faults.len()), (Some(Place::Primary), 0));
    let heard = peer.heard().remove(0);
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("authorization: Bearer sk-secret\r\n"), "{head}");
    let key = Digest::of(b"run").to_string();
    assert!(head.contains(&format!("idempotency-key: {key}")), "{head}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!((&body["model"], &body["stream"]), (&"small".into(), &true.into()));
    assert_eq!(body["response_format"]["json_schema"]["schema"]["type"], "object");
}

#[tokio::test]
async fn a_reply_in_one_piece_is_taken_and_its_tokens_are_estimated() {
    let body = "{\"choices\":[{\"message\":{\"content\":\"twelve bytes\"},\"finish_reason\":\"length\"}]}";
    let peer = Peer::acting(vec![Act::Say(response("200 OK", "application/json", body))]).await;
    let answered = ask(&[(&peer, Place::Local)]).await;
    let Answer::Reply(reply) = &answered.answer else { panic!("{answered:?}") };
    assert_eq!((reply.finish, reply.reply_tokens, answered.estimated), (Finish::Length, 3, true));
}

#[tokio::test]
async fn the_local_model_is_asked_first_and_the_fallback_last() {
    let (local, primary) =
        (Peer::acting(vec![status("401 No")]).await, Peer::acting(vec![status("404 No")]).await);
    let fallback = Peer::acting(vec![streamed("last")]).await;
    let peers = [(&fallback, Place::Fallback), (&primary, Place::Primary), (&local, Place::Local)];
    let answered = ask(&peers).await;
    assert_eq!((text(&answered), answered.place), ("last", Some(Place::Fallback)));
    let faults = [(Place::Local, Fault::Rejected(401)), (Place::Primary, Fault::Rejected(404))];
    assert_eq!(answered.faults, faults);
    assert_eq!((local.heard().len(), primary.heard().len()), (1, 1), "what is rejected is not sent again");
}

#[tokio::test]
async fn a_fault_that_may_pass_is_tried_once_more_and_only_one_of_a_question() {
    let peer = Peer::acting(vec![status("503 Busy"), streamed("again")]).await;
    let answered = ask(&[(&peer, Place::Primary)]).await;
    assert_eq!((text(&answered), &answered.faults), ("again", &vec![(Place::Primary, Fault::Busy(503))]));
    let heard = peer.heard();
    let key =
        |request: &str| request.lines().find(|line| line.starts_with("idempotency-key")).map(str::to_owned);
    assert!(
        key(&heard[0]).is_some() && key(&heard[0]) == key(&heard[1]),
        "the same question has the same key"
    );

    let primary = Peer::acting(vec![status("500 No"), status("500 No")]).await;
    let fallback = Peer::acting(vec![status("429 Slow"), streamed("never asked for")]).await;
    let answered = ask(&[(&primary, Place::Primary), (&fallback, Place::Fallback)]).await;
    assert_eq!(answered.answer, Answer::Failed(AskError::Unavailable));
    let places: Vec<Place> = answered.faults.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, [Place::Primary, Place::Primary, Place::Fallback]);
}

#[tokio::test]
async fn half_a_stream_is_no_reply() {
    let half = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{}",
        event("half of", "null")
    );
    let cut = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9999\r\n\r\n{}",
        event("half of", "null")
    );
    let peer = Peer::acting(vec![Act::Say(half), Act::Say(cut)]).await;
    let answered = ask(&[(&peer, Place::Primary)]).await;
    assert_eq!(answered.answer, Answer::Failed(AskError::Unreadable));
    assert_eq!(answered.faults, [(Place::Primary, Fault::CutShort), (Place::Primary, Fault::CutShort)]);
}

#[tokio::test]
async fn a_provider_that_is_slow_is_left_at_its_deadline() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let peer = Peer::acting(vec![Act::Hang(head.to_owned()), Act::Hang(String::new())]).await;
    let provider = Provider { patience: Duration::from_millis(300), ..peer.provider(Place::Primary) };
    let answered = Models::new(vec![provider]).ask(&question(), &Digest::of(b"run")).await;
    assert_eq!(answered.answer, Answer::Failed(AskError::Timeout));
    assert_eq!(answered.faults, [(Place::Primary, Fault::Timeout), (Place::Primary, Fault::Timeout)]);
}

#[tokio::test]
async fn garbage_an_html_page_and_an_endless_reply_are_no_replies_and_are_not_asked_for_again() {
    let sse = |body: &str| response("200 OK", "text/event-stream", body);
    let endless = "x".repeat(hivesync_types::bounds::REPLY_BYTES_MAX + 1);
    for (said, fault) in [
        (sse("data: {not json\n\n"), Fault::Garbage),
        (response("200 OK", "text/html", "<h1>Sign in</h1>"), Fault::Garbage),
        (response("200 OK", "application/json", "[]"), Fault::Garbage),
        (sse(&event(&endless, "\"stop\"")), Fault::TooLong),
    ] {
        let peer = Peer::acting(vec![Act::Say(said), streamed("never asked for")]).await;
        let answered = ask(&[(&peer, Place::Primary)]).await;
        assert_eq!(answered.answer, Answer::Failed(AskError::Unreadable));
        assert_eq!((answered.faults, peer.heard().len()), (vec![(Place::Primary, fault)], 1));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_takes_the_key_nowhere() {
    let thief = Peer::acting(vec![streamed("stolen")]).await;
    let location = format!(
        "HTTP/1.1 307 Moved\r\nlocation: {}/chat/completions\r\ncontent-length: 0\r\n\r\n",
        thief.base
    );
    let peer = Peer::acting(vec![Act::Say(location)]).await;
    let answered = ask(&[(&peer, Place::Primary)]).await;
    assert_eq!(answered.answer, Answer::Failed(AskError::Unavailable));
    assert_eq!((answered.faults, thief.heard().len()), (vec![(Place::Primary, Fault::Rejected(307))], 0));
}

#[tokio::test]
async fn what_one_provider_refuses_to_say_no_other_is_asked_for() {
    let body = event("", "\"content_filter\"");
    let peer = Peer::acting(vec![Act::Say(response("200 OK", "text/event-stream", &body))]).await;
    let other = Peer::acting(vec![streamed("said after all")]).await;
    let answered = ask(&[(&peer, Place::Primary), (&other, Place::Fallback)]).await;
    assert_eq!(answered.answer, Answer::Failed(AskError::Refused));
    assert_eq!((answered.place, other.heard().len()), (Some(Place::Primary), 0));
}

#[tokio::test]
async fn nobody_to_ask_and_nobody_there_are_unavailable() {
    assert_eq!(ask(&[]).await.answer, Answer::Failed(AskError::Unavailable));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let gone = Peer { base, heard: Arc::default() };
    let answered = ask(&[(&gone, Place::Local)]).await;
    assert_eq!(answered.answer, Answer::Failed(AskError::Unavailable));
    assert_eq!(answered.faults[0], (Place::Local, Fault::Unreachable));
}

#[tokio::test]
async fn a_reply_that_a_provider_gives_again_for_its_key_says_so() {
    let body = format!("{}data: [DONE]\n\n", event("again", "\"stop\""));
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nidempotent-replayed: true\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let peer = Peer::acting(vec![Act::Say(head + &body), streamed("new")]).await;
    assert!(ask(&[(&peer, Place::Primary)]).await.replayed);
    assert!(!ask(&[(&peer, Place::Primary)]).await.replayed);
}

#[test]
fn a_key_is_in_no_text_of_its_provider() {
    let key = ApiKey::from("sk-secret".to_owned());
    assert_eq!(format!("{key:?}"), "***");
}
