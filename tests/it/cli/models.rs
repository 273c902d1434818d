//! A provider of models that says what a test wants, a reply a connection.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::{Value, json};

/// What it heard, and where it is. It is gone when it has said everything.
pub(crate) struct Models {
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<(String, Value)>>>,
    thread: JoinHandle<()>,
}

impl Models {
    /// Says these texts, each to one question.
    pub(crate) fn saying(replies: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (kept, replies) = (Arc::clone(&heard), replies.iter().map(|reply| (*reply).to_owned()).collect());
        let thread = std::thread::spawn(move || answer(&listener, replies, &kept));
        Self { url, heard, thread }
    }

    /// The head and the body of each question, after the last one.
    pub(crate) fn heard(self) -> Vec<(String, Value)> {
        self.thread.join().unwrap();
        self.heard.lock().unwrap().clone()
    }

    /// The environment in which the program asks here, with a key.
    pub(crate) fn environment(&self) -> [(&'static str, &str); 3] {
        [("OPENAI_BASE_URL", &self.url), ("AI_MODEL", "scripted"), ("OPENAI_API_KEY", "sk-of-this-test")]
    }
}

fn answer(listener: &TcpListener, replies: Vec<String>, heard: &Mutex<Vec<(String, Value)>>) {
    for reply in replies {
        let (mut stream, _) = listener.accept().unwrap();
        let request = read(&mut stream);
        heard.lock().unwrap().push(request);
        let event = json!({ "choices": [{ "delta": { "content": reply }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 20, "completion_tokens": 5 } });
        let body = format!("data: {event}\n\ndata: [DONE]\n\n");
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length:";
        stream.write_all(format!("{head} {}\r\n\r\n{body}", body.len()).as_bytes()).unwrap();
    }
}

/// A question: its head and its body, which is nothing where none is sent.
pub(crate) fn read(stream: &mut TcpStream) -> (String, Value) {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        let count = stream.read(&mut part).unwrap();
        assert!(count > 0, "the question ended in the middle");
        bytes.extend_from_slice(&part[..count]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let body = &bytes[end + 4..];
        let length: usize = length.map_or(0, |length| length.parse().unwrap());
        if body.len() >= length {
            let body = if length == 0 { Value::Null } else { serde_json::from_slice(body).unwrap() };
            return (head, body);
        }
    }
}
