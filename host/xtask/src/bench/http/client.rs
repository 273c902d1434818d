//! The least of an HTTP client: a connection that is kept, so that what is measured is the server.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use hivesync_access::{Party, Secret, SignedRequest, sign};
use serde_json::Value;

/// When an answer that did not come is called lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    pub(crate) token: &'a str,
    /// The caller's name for it; empty for none.
    pub(crate) key: &'a str,
    /// JSON; empty for none.
    pub(crate) body: &'a str,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Its JSON, when it went well.
    pub(crate) fn json(&self) -> Result<Value> {
        if !(200..300).contains(&self.status) {
            bail!("the server answered {}: {}", self.status, String::from_utf8_lossy(&self.body));
        }
        serde_json::from_slice(&self.body).context("the server did not answer with JSON")
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).context("the server takes no connection")?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        // A connection that only listens needs little room here, too.
        Ok(Self(BufReader::with_capacity(4096, stream)))
    }

    pub(crate) fn ask(&mut self, ask: Ask<'_>) -> Result<Answer> {
        self.ask_with(ask, "")
    }

    /// The same with lines of the head besides, each with its end.
    pub(crate) fn ask_with(&mut self, ask: Ask<'_>, more: &str) -> Result<Answer> {
        self.send(ask, more)?;
        let (status, head) = self.head()?;
        let mut body = Vec::new();
        match head.lines().find_map(|line| line.strip_prefix("content-length:")) {
            Some(length) => {
                body.resize(length.trim().parse()?, 0);
                self.0.read_exact(&mut body)?;
            }
            None if head.contains("transfer-encoding: chunked") => {
                while let Some(chunk) = self.chunk()? {
                    body.extend(chunk);
                }
            }
            None => {}
        }
        Ok(Answer { status, body })
    }

    /// The same as a service that signs what it asks, under a name that it uses once.
    pub(in crate::bench) fn ask_signed(&mut self, ask: Ask<'_>, secret: &str, nonce: &str) -> Result<Answer> {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let since = since.context("the clock is before 1970")?;
        let now = jiff::Timestamp::from_millisecond(i64::try_from(since.as_millis())?)?.to_string();
        let signed = SignedRequest {
            method: ask.method,
            path: ask.target,
            query: "",
            body: ask.body.as_bytes(),
            timestamp: Some(&now),
            nonce: Some(nonce),
            ..SignedRequest::default()
        };
        let signature = sign(&signed, Party::Client, &Secret::new(secret.as_bytes()));
        let more = format!("x-signature: {signature}\r\nx-timestamp: {now}\r\nx-nonce: {nonce}\r\n");
        self.ask_with(ask, &more)
    }

    /// Begins to follow: what comes then are chunks.
    pub(crate) fn follow(&mut self, target: &str, token: &str, last: Option<u64>) -> Result<()> {
        let last = last.map(|last| format!("last-event-id: {last}\r\n")).unwrap_or_default();
        let more = format!("accept: text/event-stream\r\n{last}");
        self.send(Ask { method: "GET", target, token, key: "", body: "" }, &more)?;
        let (status, _) = self.head()?;
        if status != 200 {
            bail!("nothing to follow: {status}");
        }
        Ok(())
    }

    /// The next part of a body in parts; none at its end.
    pub(crate) fn chunk(&mut self) -> Result<Option<Vec<u8>>> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        let size = usize::from_str_radix(line.trim(), 16).context("the stream broke off")?;
        let mut chunk = vec![0; size];
        self.0.read_exact(&mut chunk)?;
        self.0.read_line(&mut line)?;
        Ok((size > 0).then_some(chunk))
    }

    fn send(&mut self, ask: Ask<'_>, more: &str) -> Result<()> {
        let mut text = format!("{} {} HTTP/1.1\r\nhost: bench\r\n{more}", ask.method, ask.target);
        for (name, value) in [("authorization: Bearer", ask.token), ("idempotency-key:", ask.key)] {
            if !value.is_empty() {
                text += &format!("{name} {value}\r\n");
            }
        }
        if !ask.body.is_empty() {
            text += "content-type: application/json\r\n";
        }
        text += &format!("content-length: {}\r\n\r\n{}", ask.body.len(), ask.body);
        Ok(self.0.get_mut().write_all(text.as_bytes())?)
    }

    /// The status, and the other lines in lower case.
    fn head(&mut self) -> Result<(u16, String)> {
        let (mut first, mut head) = (String::new(), String::new());
        self.0.read_line(&mut first)?;
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.with_context(|| format!("{first:?} is no answer"))?;
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line)? == 0 || line.trim_end().is_empty() {
                return Ok((status, head));
            }
            head += &line.to_ascii_lowercase();
        }
    }
}
