//! What a provider says, read as it comes.
//!
//! **Invariant:** what is kept is at most [`REPLY_BYTES_MAX`] of text and one line, whatever
//! comes.

use hivesync_protocol::wit::steps::Finish;
use hivesync_types::bounds::REPLY_BYTES_MAX;
use serde::Deserialize;

use crate::provider::Fault;

/// Bytes of one line: a reply in one piece, escaped as badly as can be, and what stands around it.
const LINE_BYTES_MAX: usize = REPLY_BYTES_MAX * 6 + 65_536;
/// Bytes of a whole stream: the longest reply, a few hundred bytes a token.
const STREAM_BYTES_MAX: usize = 16 << 20;

/// A reply that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) finish: Finish,
    /// What was counted: the question, the reply.
    pub(crate) tokens: Option<(u32, u32)>,
}

/// Reads events until the reply is whole.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    line: Vec<u8>,
    received: usize,
    text: String,
    finish: Option<Finish>,
    tokens: Option<(u32, u32)>,
    done: bool,
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Usage>,
    error: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(alias = "message")]
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: u32,
    completion_tokens: u32,
}

impl Stream {
    /// Takes the next bytes of an event stream.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.received = self.received.saturating_add(bytes.len());
        if self.received > STREAM_BYTES_MAX {
            return Err(Fault::TooLong);
        }
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len().saturating_add(part.len()) > LINE_BYTES_MAX {
                return Err(Fault::TooLong);
            }
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                self.event(line.trim_ascii())?;
            }
        }
        Ok(())
    }

    /// Everything was said.
    pub(crate) const fn is_done(&self) -> bool {
        self.done
    }

    /// The reply, when the stream is over.
    pub(crate) fn finish(mut self) -> Result<Said, Fault> {
        let line = std::mem::take(&mut self.line);
        self.event(line.trim_ascii())?;
        let finish = self.finish.ok_or(Fault::CutShort)?;
        Ok(Said { text: self.text, finish, tokens: self.tokens })
    }

    /// Reads a reply that came in one piece, from a provider that does not stream.
    pub(crate) fn whole(body: &[u8]) -> Result<Said, Fault> {
        let mut stream = Self::default();
        stream.chunk(body)?;
        stream.finish()
    }

    /// One line: `data: …`, or what an event stream may hold beside that.
    fn event(&mut self, line: &[u8]) -> Result<(), Fault> {
        let Some(data) = line.strip_prefix(b"data:") else { return Ok(()) };
        match data.trim_ascii() {
            b"[DONE]" => {
                self.done = true;
                Ok(())
            }
            _ if self.done => Ok(()),
            data => self.chunk(data),
        }
    }

    fn chunk(&mut self, json: &[u8]) -> Result<(), Fault> {
        let chunk: Chunk = serde_json::from_slice(json).map_err(|_| Fault::Garbage)?;
        if chunk.error.is_some() {
            return Err(Fault::Garbage);
        }
        if let Some(usage) = chunk.usage {
            self.tokens = Some((usage.prompt_tokens, usage.completion_tokens));
        }
        let Some(choice) = chunk.choices.into_iter().next() else { return Ok(()) };
        if let Some(delta) = choice.delta {
            if delta.refusal.is_some_and(|refusal| !refusal.is_empty()) {
                return Err(Fault::Refused);
            }
            self.text.push_str(&delta.content.unwrap_or_default());
            if self.text.len() > REPLY_BYTES_MAX {
                return Err(Fault::TooLong);
            }
        }
        self.finish = match choice.finish_reason.as_deref() {
            None | Some("") => self.finish,
            Some("stop") => Some(Finish::Complete),
            Some("length") => Some(Finish::Length),
            Some("content_filter") => return Err(Fault::Refused),
            // A model that calls a tool was offered none.
            Some(_) => return Err(Fault::Garbage),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"},\"finish_reason\":null}]}\r\n\r\n\
        : a comment\n\
        event: message\n\
        data: {\"choices\":[{\"delta\":{\"content\":\"Gr\\u00fc\"}}]}\n\n\
        data:{\"choices\":[{\"delta\":{\"content\":\"ße\"},\"finish_reason\":\"stop\"}]}\n\n\
        data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\n\
        data: [DONE]\n\n";

    fn read(bytes: &[u8], size: usize) -> Result<Said, Fault> {
        let mut stream = Stream::default();
        for part in bytes.chunks(size) {
            stream.take(part)?;
        }
        stream.finish()
    }

    #[test]
    fn a_stream_gives_the_same_reply_wherever_it_is_cut_into_packets() {
        let whole = Said { text: "Grüße".to_owned(), finish: Finish::Complete, tokens: Some((7, 2)) };
        for size in 1..WHOLE.len() {
            assert_eq!(read(WHOLE.as_bytes(), size), Ok(whole.clone()), "{size}");
        }
        let body = br#"{"choices":[{"message":{"content":"hi"},"finish_reason":"length"}]}"#;
        assert_eq!(
            Stream::whole(body),
            Ok(Said { text: "hi".to_owned(), finish: Finish::Length, tokens: None })
        );
    }

    #[test]
    fn a_stream_that_ends_before_the_model_did_is_no_reply() {
        let end = WHOLE.find("data:{").unwrap();
        assert_eq!(read(&WHOLE.as_bytes()[..end], 64), Err(Fault::CutShort));
        assert_eq!(read(b"", 1), Err(Fault::CutShort));
    }

    #[test]
    fn what_is_no_reply_is_told_apart_from_what_is_refused() {
        let event = |json: &str| read(format!("data: {json}\n\n").as_bytes(), 4096);
        assert_eq!(event("{"), Err(Fault::Garbage));
        assert_eq!(event("{\"error\":{\"message\":\"x\"}}"), Err(Fault::Garbage));
        assert_eq!(
            event("{\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}"),
            Err(Fault::Garbage)
        );
        assert_eq!(
            event("{\"choices\":[{\"delta\":{},\"finish_reason\":\"content_filter\"}]}"),
            Err(Fault::Refused)
        );
        assert_eq!(event("{\"choices\":[{\"delta\":{\"refusal\":\"I cannot\"}}]}"), Err(Fault::Refused));
    }

    #[test]
    fn a_reply_is_whole_at_its_bound_and_none_above_it() {
        let said = |bytes: usize| {
            let text = "x".repeat(bytes);
            let json = format!(
                "data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}},\"finish_reason\":\"stop\"}}]}}\n"
            );
            read(json.as_bytes(), 65_536).map(|said| said.text.len())
        };
        assert_eq!(said(REPLY_BYTES_MAX), Ok(REPLY_BYTES_MAX));
        assert_eq!(said(REPLY_BYTES_MAX + 1), Err(Fault::TooLong));
        // A line that never ends, and a stream that says nothing for ever.
        assert_eq!(read(&vec![b'x'; LINE_BYTES_MAX + 1], 65_536), Err(Fault::TooLong));
        assert_eq!(read(&b":\n".repeat(STREAM_BYTES_MAX / 2 + 1), 65_536), Err(Fault::TooLong));
    }
}
