//! A peer that misbehaves on purpose, which no real runner does.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};

use hivesync_protocol::{encode, wit};

use super::*;

/// What the broker reads when the peer says these bytes and closes.
async fn hear(said: &[u8], received_max: u64) -> Result<Option<FromRunner>, Error> {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let mut frames = Frames::new(ours, received_max);
    let said = said.to_vec();
    let peer = tokio::spawn(async move { theirs.write_all(&said).await });
    let heard = frames.next().await;
    drop(frames);
    // The peer may find nobody listening any more.
    let _ = peer.await.unwrap();
    heard
}

fn log(message: &str) -> Vec<u8> {
    let level = wit::log::Level::Info;
    encode(&FromRunner::Log { level, message: message.to_owned() }).unwrap()
}

fn fault(heard: Result<Option<FromRunner>, Error>) -> ProtocolFault {
    match heard {
        Err(Error::Protocol(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_frame_is_heard_and_one_that_breaks_off_is_a_lost_peer() {
    let frame = log("hello");
    assert!(matches!(hear(&frame, 99).await, Ok(Some(FromRunner::Log { .. }))));
    for length in 0..frame.len() {
        assert!(matches!(hear(&frame[..length], 99).await, Ok(None)), "{length}");
    }
}

#[tokio::test]
async fn a_length_that_no_frame_has_is_refused_before_its_bytes_come() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let mut frames = Frames::new(ours, u64::MAX);
    theirs.write_all(&(FRAME_BYTES_MAX + 1).to_le_bytes()).await.unwrap();
    // The peer stays open and sends nothing more: only the length can be the reason.
    let refused = fault(frames.next().await);
    assert!(matches!(refused, ProtocolFault::Frame(FrameError::TooLong { .. })), "{refused}");
}

#[tokio::test]
async fn bytes_that_are_no_message_are_refused() {
    for body in [vec![0xff; 40], vec![], vec![200, 1, 2, 3], [&log("x")[4..], &[0]].concat()] {
        let length = u32::try_from(body.len()).unwrap().to_le_bytes();
        let refused = fault(hear(&[&length[..], &body].concat(), 99).await);
        assert!(matches!(refused, ProtocolFault::Frame(FrameError::Malformed(_))), "{refused}");
    }
}

#[tokio::test]
async fn a_peer_that_says_more_than_a_run_may_is_refused_at_the_byte() {
    let frame = log("hello");
    let length = u64::try_from(frame.len() - 4).unwrap();
    assert!(matches!(hear(&frame, length).await, Ok(Some(_))));
    assert!(matches!(fault(hear(&frame, length - 1).await), ProtocolFault::TooMuch { .. }));
}

fn sleeper() -> Child {
    Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn().unwrap()
}

/// Opens a session with a peer that says this first.
async fn open(first: &[u8]) -> (Result<(), Error>, Child) {
    let child = sleeper();
    let (ours, theirs) = socket::pair(rustix::net::SocketType::STREAM).unwrap();
    rustix::net::send(&theirs, first, rustix::net::SendFlags::empty()).unwrap();
    let runner = Runner::from_child(&child, ours);
    let opened = Session::open(runner, Instant::now() + Duration::from_secs(60), 1 << 20).await;
    (opened.map(drop), child)
}

#[tokio::test]
async fn a_runner_whose_first_word_is_not_that_it_is_ready_is_killed() {
    let ready = encode(&FromRunner::Ready(Layer2::default())).unwrap();
    for (first, refused) in
        [(ready, false), (log("hello"), true), (vec![9, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], true)]
    {
        let (opened, mut child) = open(&first).await;
        let code = opened.err().map(|error| error.code());
        assert_eq!(code, refused.then_some(Code::HostProtocol));
        // Dropping a session kills its process, a good one's too.
        let signal = child.wait().unwrap().signal();
        assert_eq!(signal, Some(libc::SIGKILL));
    }
}

#[tokio::test]
async fn a_runner_that_cannot_build_its_walls_says_why() {
    let detail = "no user namespaces".to_owned();
    let fault = hivesync_protocol::RunFault { code: Code::PolicyDegradedLayer2, detail, backtrace: vec![] };
    let end = hivesync_protocol::End {
        run_id: hivesync_types::Digest::of(b""),
        result: Err(fault),
        usage: hivesync_protocol::Usage::default(),
    };
    let (opened, mut child) = open(&encode(&FromRunner::End(Box::new(end))).unwrap()).await;
    let error = opened.unwrap_err();
    assert_eq!((error.code(), error.evidence().as_str()), (Code::PolicyDegradedLayer2, "no user namespaces"));
    child.wait().unwrap();
}
