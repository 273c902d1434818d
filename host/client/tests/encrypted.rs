//! A server that is reached over TLS, and believed when its certificate is.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use hivesync_client::{Client, ClientError};
use hivesync_testkit::KeyPair;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;

const USER: &str =
    r#"{"id":"01J00000000000000000000000","email":"ada@example.com","display_name":"","tier":"free"}"#;

/// A server that answers whatever it is asked with a user, and keeps what it heard.
struct Site {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// With this certificate; in the clear without one.
    async fn start(pair: Option<&KeyPair>) -> Self {
        let acceptor = pair.map(|pair| pair.acceptor().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let site = Self { port, heard: Arc::clone(&heard) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, heard) = (acceptor.clone(), Arc::clone(&heard));
                tokio::spawn(async move {
                    match acceptor {
                        None => answer(stream, &heard).await,
                        Some(acceptor) => {
                            // Who does not believe it says nothing more.
                            let Ok(stream) = acceptor.accept(stream).await else { return };
                            answer(stream, &heard).await;
                        }
                    }
                });
            }
        });
        site
    }

    fn at(&self, scheme: &str, name: &str) -> String {
        format!("{scheme}://{name}:{}", self.port)
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, heard: &Mutex<Vec<String>>) {
    let mut bytes = Vec::new();
    let is_request = loop {
        match stream.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(_) => return,
        }
        // As the first byte of TLS, where a word is expected.
        if !bytes.first().is_some_and(u8::is_ascii_uppercase) {
            break false;
        }
        if bytes.ends_with(b"\r\n\r\n") {
            break true;
        }
    };
    let answer = if is_request {
        heard.lock().unwrap().push(String::from_utf8_lossy(&bytes).into_owned());
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{USER}", USER.len())
    } else {
        "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n".to_owned()
    };
    // The other side may have what it wants and be gone.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn ask(client: Client) -> Result<String, ClientError> {
    client.with_token("hush").accounts_me().await.map(|user| user.email)
}

#[tokio::test]
async fn a_server_is_believed_by_its_certificate_and_asked_by_its_name() {
    let pair = KeyPair::named("localhost").unwrap();
    let site = Site::start(Some(&pair)).await;
    let client = Client::trusting(&site.at("https", "localhost"), pair.certificate.as_bytes()).unwrap();
    assert_eq!(ask(client).await.unwrap(), "ada@example.com");
    let heard = site.heard().concat();
    assert!(heard.starts_with("GET /api/v1/me HTTP/1.1\r\n"), "{heard}");
    assert!(heard.contains(&format!("\r\nhost: localhost:{}\r\n", site.port)), "{heard}");
    assert!(heard.contains("\r\nauthorization: Bearer hush\r\n"), "{heard}");
}

#[tokio::test]
async fn nothing_is_said_to_a_server_that_nobody_signed_for() {
    let (ours, strangers) = (KeyPair::named("localhost").unwrap(), KeyPair::named("localhost").unwrap());
    let site = Site::start(Some(&strangers)).await;
    let address = site.at("https", "localhost");
    let believing = Client::trusting(&address, ours.certificate.as_bytes()).unwrap();
    for client in [believing, Client::new(&address).unwrap()] {
        let refused = ask(client).await.unwrap_err();
        assert!(matches!(refused, ClientError::Stranger(_)), "{refused:?}");
        assert!(refused.to_string().contains("Client::trusting"), "{refused}");
    }
    assert!(site.heard().is_empty(), "{:?}", site.heard());
}

#[tokio::test]
async fn a_certificate_is_good_for_its_own_name_alone() {
    let pair = KeyPair::named("hive.example").unwrap();
    let site = Site::start(Some(&pair)).await;
    for name in ["localhost", "127.0.0.1"] {
        let client = Client::trusting(&site.at("https", name), pair.certificate.as_bytes()).unwrap();
        let refused = ask(client).await.unwrap_err();
        assert!(matches!(refused, ClientError::OtherName(_)), "{refused:?}");
    }
    assert!(site.heard().is_empty(), "{:?}", site.heard());
}

#[tokio::test]
async fn a_server_in_the_clear_is_asked_over_http_and_not_over_https() {
    let pair = KeyPair::named("127.0.0.1").unwrap();
    let site = Site::start(None).await;
    assert_eq!(ask(Client::new(&site.at("http", "127.0.0.1")).unwrap()).await.unwrap(), "ada@example.com");
    assert_eq!(site.heard().len(), 1);
    let client = Client::trusting(&site.at("https", "127.0.0.1"), pair.certificate.as_bytes()).unwrap();
    let refused = ask(client).await.unwrap_err();
    assert!(matches!(refused, ClientError::NotEncrypted(_)), "{refused:?}");
    assert_eq!(site.heard().len(), 1);
}

#[test]
fn what_is_to_be_believed_has_to_be_a_certificate_for_an_address_that_shows_one() {
    let pair = KeyPair::named("localhost").unwrap();
    for nobody in
        ["", "words", pair.key.as_str(), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
    {
        let refused = Client::trusting("https://localhost", nobody.as_bytes()).unwrap_err();
        assert!(matches!(refused, ClientError::Certificates), "{refused:?}");
    }
    let both = format!("{}{}", pair.certificate, KeyPair::named("other").unwrap().certificate);
    assert!(Client::trusting("https://localhost", both.as_bytes()).is_ok());
    let refused = Client::trusting("http://localhost", pair.certificate.as_bytes()).unwrap_err();
    assert!(matches!(refused, ClientError::Unencrypted(_)), "{refused:?}");
}
