//! One provider: an address, a model's name there, a key.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use crate::endpoint::Endpoint;
use crate::key::ApiKey;
use crate::question::Question;
use crate::request;
use crate::stream::{Said, Stream};

/// How long a connection may take.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// Bytes of a reply that is not a stream.
const WHOLE_BYTES_MAX: usize = 4 << 20;
/// The longest pause that a provider may ask for before a question is put again.
const PAUSE_MAX: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(250);
const AGENT: &str = "hivesync-models";
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Which provider of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A model server of the owner's own.
    Local,
    /// The provider that is asked next.
    Primary,
    /// The one after it.
    Fallback,
}

impl Place {
    /// As it stands in reports and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Primary => "primary",
            Self::Fallback => "fallback",
        }
    }
}

/// One provider.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Which it is.
    pub place: Place,
    /// Where it is.
    pub endpoint: Endpoint,
    /// The name of the model there.
    pub model: String,
    /// Its key; none where it asks for none.
    pub key: Option<ApiKey>,
    /// How long a reply may take from the question to its last word.
    pub patience: Duration,
    /// It answers a question with the same `Idempotency-Key` from its own records.
    pub idempotent: bool,
}

/// Why a provider gave no reply. What it said about it is its own words and is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nobody there, or the connection broke.
    #[error("could not be reached")]
    Unreachable,
    /// It did not answer, or not to the end, in time.
    #[error("did not answer in time")]
    Timeout,
    /// It has too much to do, or a mistake of its own.
    #[error("answered with status {0}")]
    Busy(u16),
    /// It does not take the question, the key or the model's name.
    #[error("refused the request with status {0}")]
    Rejected(u16),
    /// It will not answer this question.
    #[error("would not answer this question")]
    Refused,
    /// It answered with something that is no reply.
    #[error("answered with something that is no reply")]
    Garbage,
    /// Its reply ended in the middle.
    #[error("stopped in the middle of its reply")]
    CutShort,
    /// Its reply is longer than a reply may be.
    #[error("said more than a reply may hold")]
    TooLong,
}

impl Fault {
    /// The same question may be answered a moment later.
    pub const fn is_passing(self) -> bool {
        matches!(self, Self::Unreachable | Self::Timeout | Self::Busy(_) | Self::CutShort)
    }
}

/// A fault, and how long the provider wants to be left alone.
pub(crate) struct Failed {
    pub(crate) fault: Fault,
    pub(crate) pause: Duration,
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self { fault, pause: PAUSE }
    }
}

/// A reply, and whether it is one that the provider had given before.
pub(crate) struct Replied {
    pub(crate) said: Said,
    pub(crate) replayed: bool,
}

impl Provider {
    /// Asks once. `key` names the question of one run: the provider may know it by that.
    pub(crate) async fn ask(&self, question: &Question, key: &str) -> Result<Replied, Failed> {
        match timeout(self.patience, self.exchange(question, key)).await {
            Ok(answer) => answer,
            Err(_) => Err(Fault::Timeout.into()),
        }
    }

    async fn exchange(&self, question: &Question, key: &str) -> Result<Replied, Failed> {
        let unreachable = |_| Failed::from(Fault::Unreachable);
        let wire = timeout(CONNECT_TIME, self.endpoint.connect()).await;
        let wire = wire.map_err(|_| Fault::Timeout)?.map_err(|_| Fault::Unreachable)?;
        let (mut sender, driver) = http1::handshake(TokioIo::new(wire)).await.map_err(unreachable)?;
        let exchange = async {
            let response = sender.send_request(self.request(question, key)?).await.map_err(unreachable)?;
            read(response).await
        };
        tokio::pin!(exchange);
        tokio::select! {
            done = &mut exchange => done,
            // What was received before the connection ended may be all there is.
            _ = driver => exchange.await,
        }
    }

    fn request(&self, question: &Question, key: &str) -> Result<Request<Full<Bytes>>, Fault> {
        let body = request::body(question, &self.model, self.place).to_string();
        let mut request = Request::post(self.endpoint.path())
            .header(HOST, self.endpoint.authority())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "text/event-stream, application/json")
            .header(USER_AGENT, AGENT)
            .header(IDEMPOTENCY_KEY, key);
        if let Some(secret) = &self.key {
            request = request.header(AUTHORIZATION, format!("Bearer {}", secret.reveal()));
        }
        // Only a key with a line break in it cannot be sent.
        request.body(Full::new(Bytes::from(body))).map_err(|_| Fault::Rejected(0))
    }
}

async fn read(response: Response<Incoming>) -> Result<Replied, Failed> {
    let status = response.status();
    if status != StatusCode::OK {
        let busy = status.is_server_error() || matches!(status.as_u16(), 408 | 409 | 425 | 429);
        let fault = if busy { Fault::Busy(status.as_u16()) } else { Fault::Rejected(status.as_u16()) };
        return Err(Failed { fault, pause: pause(&response) });
    }
    let replayed = ["idempotent-replayed", "idempotency-replayed"]
        .iter()
        .any(|name| response.headers().get(*name).is_some_and(|value| value == "true"));
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media =
        content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut body = response.into_body();
    let said = match media.as_str() {
        "text/event-stream" => {
            let mut stream = Stream::default();
            while let Some(bytes) = next(&mut body).await? {
                stream.take(&bytes)?;
                if stream.is_done() {
                    break;
                }
            }
            stream.finish()?
        }
        "application/json" => {
            let mut whole = Vec::new();
            while let Some(bytes) = next(&mut body).await? {
                if whole.len().saturating_add(bytes.len()) > WHOLE_BYTES_MAX {
                    return Err(Fault::TooLong.into());
                }
                whole.extend_from_slice(&bytes);
            }
            Stream::whole(&whole)?
        }
        _ => return Err(Fault::Garbage.into()),
    };
    Ok(Replied { said, replayed })
}

async fn next(body: &mut Incoming) -> Result<Option<Bytes>, Fault> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(_)) => return Err(Fault::CutShort),
            Some(Ok(frame)) => {
                if let Ok(bytes) = frame.into_data() {
                    return Ok(Some(bytes));
                }
            }
        }
    }
}

/// How long to wait, as the provider says in whole seconds.
fn pause<B>(response: &Response<B>) -> Duration {
    let text = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let seconds = text.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    seconds.unwrap_or(PAUSE).min(PAUSE_MAX)
}
