//! The digest of a body, taken while somebody else reads it, or instead of reading it.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use hivesync_types::Code;
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt as _, Limited};
use sha2::{Digest as _, Sha256};

use crate::problem::Problem;

/// Bytes of the largest body that any endpoint takes, and some.
const BODY_BYTES_MAX: usize = 80 * 1024 * 1024;
/// How long a client may take to send a body that is only compared.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was read of a body.
pub(super) struct Read(Arc<OnceLock<String>>);

impl Read {
    /// SHA-256 of the body in hex; none when it was not read to its end.
    pub(super) fn digest(&self) -> Option<String> {
        self.0.get().cloned()
    }
}

struct Digested {
    inner: Body,
    hasher: Sha256,
    digest: Arc<OnceLock<String>>,
}

impl HttpBody for Digested {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(bytes) = frame.data_ref() {
                    self.hasher.update(bytes);
                }
            }
            None => {
                let hasher = std::mem::take(&mut self.hasher);
                // Asked again after its end, a body has the digest that it had.
                let _ = self.digest.set(hex::encode(hasher.finalize()));
            }
            Some(Err(_)) => {}
        }
        Poll::Ready(frame)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The same request, whose body says what was read of it.
pub(super) fn digested(request: Request) -> (Request, Read) {
    let digest = Arc::new(OnceLock::new());
    let read = Read(Arc::clone(&digest));
    let request = request.map(|inner| Body::new(Digested { inner, hasher: Sha256::new(), digest }));
    (request, read)
}

/// SHA-256 of a body in hex. No more of it than a piece is held at one time.
pub(super) async fn digest_of(body: Body) -> Result<String, Problem> {
    let reading = async {
        let (mut hasher, mut body) = (Sha256::new(), Limited::new(body, BODY_BYTES_MAX));
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Problem::with(Code::RequestInvalid, "The body ended early."))?;
            if let Some(bytes) = frame.data_ref() {
                hasher.update(bytes);
            }
        }
        Ok(hex::encode(hasher.finalize()))
    };
    let late = |_| Problem::with(Code::RequestInvalid, "The body took too long to arrive.");
    tokio::time::timeout(PATIENCE, reading).await.map_err(late)?
}
