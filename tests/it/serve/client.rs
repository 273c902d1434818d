//! The least of an HTTP client: one request a connection.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use super::declared::assert_declared;
use crate::patience::PATIENCE;

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The answer's JSON, after its status was looked at.
    #[track_caller]
    pub(super) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// The error of an answer, whose form is looked at.
    #[track_caller]
    pub(super) fn refused(&self, status: u16, code: &str) -> Value {
        let json = self.expect(status);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(json["code"], code, "{json:#}");
        assert_eq!(json["error"]["code"], code);
        assert_eq!(json["status"], status);
        assert_eq!(json["error"]["request_id"].as_str(), self.header("x-request-id"));
        json["error"].clone()
    }
}

/// A request that is being put together.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    address: String,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ask {
    /// What is behind a link, wherever it leads.
    pub(super) fn behind(url: &Value) -> Self {
        let (address, target) =
            url.as_str().unwrap().strip_prefix("http://").unwrap().split_once('/').unwrap();
        Self::new(address, "GET", &format!("/{target}"))
    }

    pub(super) fn new(address: &str, method: &str, target: &str) -> Self {
        let (address, method, target) = (address.to_owned(), method.to_owned(), target.to_owned());
        Self { address, method, target, headers: Vec::new(), body: Vec::new() }
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(super) fn body(mut self, kind: &str, bytes: &[u8]) -> Self {
        bytes.clone_into(&mut self.body);
        self.header("content-type", kind)
    }

    pub(super) fn json(self, value: &Value) -> Self {
        self.body("application/json", value.to_string().as_bytes())
    }

    pub(super) fn send(self) -> Answer {
        self.try_send().unwrap()
    }

    /// The same where nobody may be there, or somebody may go in the middle.
    pub(super) fn try_send(self) -> io::Result<Answer> {
        let mut stream = BufReader::new(self.try_open()?);
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end().to_owned();
            if line.is_empty() {
                break;
            }
            head.push(line);
        }
        let status = head[0].split(' ').nth(1).unwrap().parse().unwrap();
        assert_declared(&self.method, &self.target, status);
        let headers: Vec<_> = head[1..]
            .iter()
            .map(|line| line.split_once(':').unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut body = Vec::new();
        // A server that refuses a body early may reset the connection after its answer.
        let _ = stream.read_to_end(&mut body);
        if headers.contains(&("transfer-encoding".to_owned(), "chunked".to_owned())) {
            body = unchunked(&body);
        }
        Ok(Answer { status, headers, body })
    }

    /// Sends the request and leaves the answer to the caller.
    pub(super) fn open(self) -> TcpStream {
        self.try_open().unwrap()
    }

    fn try_open(&self) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut text = format!("{} {} HTTP/1.1\r\nhost: {}\r\n", self.method, self.target, self.address);
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += &format!("content-length: {}\r\nconnection: close\r\n\r\n", self.body.len());
        stream.write_all(text.as_bytes())?;
        // The same: what is too large need not be taken.
        let _ = stream.write_all(&self.body);
        Ok(stream)
    }
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            break;
        }
        body.extend(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 4 + size..];
    }
    body
}
