//! Answers whose bytes come one after the other, without a task of their own: dropping the
//! answer is what ends them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Bytes, HttpBody};
use http_body::Frame;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Bytes that are read from an object at one time.
const PIECE: usize = 64 * 1024;

type Step<S> = Pin<Box<dyn Future<Output = io::Result<Option<(Bytes, S)>>> + Send>>;

/// A body that asks for its next piece when the last one was taken.
pub(crate) struct Unfold<S, F> {
    step: Option<Step<S>>,
    next: F,
}

/// A body whose pieces `next` makes, each from the state that the last one left.
pub(crate) fn unfold<S, F, Fut>(state: S, next: F) -> Unfold<S, impl Fn(S) -> Step<S> + Send + Unpin>
where
    F: Fn(S) -> Fut + Send + Unpin,
    Fut: Future<Output = io::Result<Option<(Bytes, S)>>> + Send + 'static,
{
    let next = move |state| -> Step<S> { Box::pin(next(state)) };
    Unfold { step: Some(next(state)), next }
}

impl<S, F> HttpBody for Unfold<S, F>
where
    F: Fn(S) -> Step<S> + Unpin,
{
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Some(step) = self.step.as_mut() else { return Poll::Ready(None) };
        let done = ready!(step.as_mut().poll(context));
        self.step = None;
        Poll::Ready(match done {
            Ok(Some((bytes, state))) => {
                let step = (self.next)(state);
                self.step = Some(step);
                Some(Ok(Frame::data(bytes)))
            }
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        })
    }
}

/// The bytes of a reader.
pub(crate) fn reader_body(
    reader: Pin<Box<dyn AsyncRead + Send>>,
) -> impl HttpBody<Data = Bytes, Error = io::Error> + Send {
    unfold(reader, async |mut reader: Pin<Box<dyn AsyncRead + Send>>| {
        let mut piece = Vec::with_capacity(PIECE);
        let read = (&mut reader).take(65_536).read_to_end(&mut piece).await?;
        Ok(if read == 0 { None } else { Some((Bytes::from(piece), reader)) })
    })
}
