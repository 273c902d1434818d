//! Questions to a real HTTPS server on loopback, and to addresses that must never be asked.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::future::ready;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hivesync_reachability::{AddressRule, Failure, Probe, Reachability};
use hivesync_testkit::KeyPair;
use rustls::RootCertStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio_rustls::TlsAcceptor;

const NAME: &str = "site.example";

/// A server that answers every connection with `answer`, and keeps what it was sent.
struct Site {
    port: u16,
    roots: RootCertStore,
    connections: Arc<AtomicUsize>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// `answer`: the bytes of the response; `None` keeps the connection open in silence.
    async fn answering(answer: Option<&'static str>) -> Self {
        let pair = KeyPair::named(NAME).unwrap();
        let (acceptor, roots) = (pair.acceptor().unwrap(), pair.roots().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, heads) = (Arc::new(AtomicUsize::new(0)), Arc::default());
        let site = Self { port, roots, connections: Arc::clone(&connections), heads: Arc::clone(&heads) };
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(acceptor.clone(), tcp, answer, Arc::clone(&heads)));
            }
        });
        site
    }

    fn url(&self, rest: &str) -> String {
        format!("https://{NAME}:{}{rest}", self.port)
    }

    fn probe(&self) -> Probe {
        Probe::trusting(self.roots.clone(), AddressRule::PublicAndLoopback, Duration::from_secs(2)).unwrap()
    }

    async fn ask(&self, rest: &str) -> Reachability {
        self.probe().ask_resolved_by(&self.url(rest), 7, |_, _| ready(Ok(vec![loopback()]))).await
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(acceptor: TlsAcceptor, tcp: TcpStream, answer: Option<&str>, heads: Arc<Mutex<Vec<String>>>) {
    let Ok(mut tls) = acceptor.accept(tcp).await else { return };
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match tls.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    heads.lock().await.push(String::from_utf8(head).unwrap());
    match answer {
        Some(answer) => {
            // The other side may have what it wants and be gone.
            let _ = tls.write_all(answer.as_bytes()).await;
            let _ = tls.shutdown().await;
        }
        None => std::future::pending().await,
    }
}

fn loopback() -> IpAddr {
    "127.0.0.1".parse().unwrap()
}

#[tokio::test]
async fn a_page_that_answers_is_reachable_and_is_asked_for_nothing_more() {
    let site = Site::answering(Some("HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n")).await;
    let answer = site.ask("/a/b?c=d#e").await;
    assert_eq!(
        answer,
        Reachability { reachable: true, status_code: Some(200), checked_at_ms: 7, error: None }
    );
    let expected = format!(
        "HEAD /a/b?c=d HTTP/1.1\r\nhost: {NAME}:{}\r\nuser-agent: hivesync-reachability\r\n\r\n",
        site.port
    );
    assert_eq!(*site.heads.lock().await, [expected]);
}

#[tokio::test]
async fn the_status_decides_whether_the_thing_is_there() {
    for (line, reachable) in [
        ("204 No Content", true),
        ("302 Found\r\nLocation: https://127.0.0.1/", true),
        ("401 Unauthorized", true),
        ("403 Forbidden", true),
        ("404 Not Found", false),
        ("405 Method Not Allowed", true),
        ("410 Gone", false),
        ("429 Too Many Requests", true),
        ("500 Internal Server Error", false),
        ("501 Not Implemented", true),
        ("503 Service Unavailable", false),
    ] {
        let answer: &'static str = Box::leak(format!("HTTP/1.1 {line}\r\n\r\n").into_boxed_str());
        let site = Site::answering(Some(answer)).await;
        let found = site.ask("/").await;
        assert_eq!((found.reachable, found.error), (reachable, None), "{line}");
        assert_eq!(found.status_code.unwrap().to_string(), line[..3]);
        assert_eq!(site.connections(), 1, "nothing is followed: {line}");
    }
}

#[tokio::test]
async fn a_name_with_one_private_address_is_not_connected_to() {
    let site = Site::answering(Some("HTTP/1.1 200 OK\r\n\r\n")).await;
    let both = vec![loopback(), "10.0.0.7".parse().unwrap()];
    let answer = site.probe().ask_resolved_by(&site.url("/"), 7, |_, _| ready(Ok(both))).await;
    assert_eq!((answer.reachable, answer.status_code, answer.error), (false, None, Some(Failure::Blocked)));
    assert_eq!(site.connections(), 0);

    // The twin: the allowed address by itself is asked.
    assert!(site.ask("/").await.reachable);
    assert_eq!(site.connections(), 1);
}

#[tokio::test]
async fn the_public_rule_never_reaches_this_machine() {
    let site = Site::answering(Some("HTTP/1.1 200 OK\r\n\r\n")).await;
    let probe = Probe::trusting(site.roots.clone(), AddressRule::Public, Duration::from_secs(2)).unwrap();
    for url in [
        site.url("/"),
        format!("https://{NAME}/"),
        "https://127.0.0.1/".to_owned(),
        "https://[::1]/".to_owned(),
        "https://[::ffff:127.0.0.1]/".to_owned(),
        "https://2130706433/".to_owned(),
        "https://0x7f.1/".to_owned(),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
    ] {
        let answer = probe.ask_resolved_by(&url, 7, |_, _| ready(Ok(vec![loopback()]))).await;
        assert_eq!(answer.error, Some(Failure::Blocked), "{url}");
    }
    assert_eq!(site.connections(), 0);
}

#[tokio::test]
async fn only_plain_https_addresses_are_asked() {
    let site = Site::answering(Some("HTTP/1.1 200 OK\r\n\r\n")).await;
    let port = site.port;
    for url in [
        format!("http://{NAME}:{port}/"),
        format!("ftp://{NAME}:{port}/"),
        format!("https://user@{NAME}:{port}/"),
        format!("https://user:word@{NAME}:{port}/"),
        "file:///etc/passwd".to_owned(),
        "https://".to_owned(),
        "not an address".to_owned(),
        String::new(),
    ] {
        let answer = site.probe().ask_resolved_by(&url, 7, |_, _| ready(Ok(vec![loopback()]))).await;
        assert_eq!(answer.error, Some(Failure::Blocked), "{url}");
    }
    assert_eq!(site.connections(), 0);
}

#[tokio::test]
async fn what_goes_wrong_has_a_name() {
    let site = Site::answering(Some("HTTP/1.1 200 OK\r\n\r\n")).await;
    let unknown = site
        .probe()
        .ask_resolved_by(&site.url("/"), 7, |_, _| ready(Err(io::ErrorKind::NotFound.into())))
        .await;
    assert_eq!(unknown.error, Some(Failure::DnsError));
    let empty = site.probe().ask_resolved_by(&site.url("/"), 7, |_, _| ready(Ok(Vec::new()))).await;
    assert_eq!(empty.error, Some(Failure::DnsError));

    let stranger = Site::answering(None).await;
    let untrusted =
        site.probe().ask_resolved_by(&stranger.url("/"), 7, |_, _| ready(Ok(vec![loopback()]))).await;
    assert_eq!(untrusted.error, Some(Failure::TlsError));

    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let refused = site
        .probe()
        .ask_resolved_by(&format!("https://{NAME}:{closed}/"), 7, |_, _| ready(Ok(vec![loopback()])))
        .await;
    assert_eq!(refused.error, Some(Failure::Timeout));
}

#[tokio::test]
async fn a_server_that_keeps_silent_is_left_at_the_deadline() {
    let site = Site::answering(None).await;
    let answer = site.ask("/").await;
    assert_eq!((answer.reachable, answer.error), (false, Some(Failure::Timeout)));
    assert_eq!(site.heads.lock().await.len(), 1, "the question had arrived");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read() {
    let long: &'static str =
        Box::leak(format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "x".repeat(64 * 1024)).into_boxed_str());
    let site = Site::answering(Some(long)).await;
    assert_eq!(site.ask("/").await.error, Some(Failure::Timeout));
}
