//! One call of an operation, put together.

use std::fmt::Write as _;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::connection::{Answer, Ask};
use crate::{Client, ClientError};

/// A call of an operation.
#[derive(Debug)]
pub(crate) struct Call {
    method: &'static str,
    target: String,
    body: Option<(String, Bytes)>,
}

impl Call {
    /// Of a path in which each `{}` stands for the next of `parameters`.
    pub(crate) fn new(method: &'static str, path: &str, parameters: &[&str]) -> Self {
        let (mut target, mut parameters) = (String::new(), parameters.iter());
        for (index, part) in path.split("{}").enumerate() {
            if index > 0 {
                push(&mut target, parameters.next().unwrap_or(&""));
            }
            target.push_str(part);
        }
        Self { method, target, body: None }
    }

    /// With what is asked for; members that say nothing are left out.
    pub(crate) fn query(mut self, query: &impl Serialize) -> Result<Self, ClientError> {
        let members = serde_json::to_value(query).map_err(|_| ClientError::Unspeakable)?;
        for (name, value) in members.as_object().into_iter().flatten() {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            self.target.push(if self.target.contains('?') { '&' } else { '?' });
            push(&mut self.target, name);
            self.target.push('=');
            push(&mut self.target, &text);
        }
        Ok(self)
    }

    /// With a body of JSON.
    pub(crate) fn json(self, body: &impl Serialize) -> Result<Self, ClientError> {
        let body = serde_json::to_vec(body).map_err(|_| ClientError::Unspeakable)?;
        Ok(self.bytes("application/json", body.into()))
    }

    /// With a body of another type.
    pub(crate) fn bytes(self, content_type: &str, body: Bytes) -> Self {
        Self { body: Some((content_type.to_owned(), body)), ..self }
    }
}

/// Writes text so that nothing in it leads elsewhere.
fn push(target: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            target.push(char::from(byte));
        } else {
            // Writing into a text cannot fail.
            let _ = write!(target, "%{byte:02X}");
        }
    }
}

impl Client {
    /// Sends a call, under the key of this client where it is one that changes something.
    pub(crate) async fn send(&self, call: Call) -> Result<Answer, ClientError> {
        let Call { method, target, body } = call;
        let key = self.key.as_deref().filter(|_| method == "POST");
        let (kind, body) = body.unzip();
        let kind = kind.as_deref();
        let ask = Ask { method, target: &target, token: self.token.as_deref(), key, kind, body };
        self.server.ask(ask).await
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_path_or_a_query_leads_nowhere_else() {
        let call = Call::new("GET", "/a/{}/b/{}", &["../x?y#z", "ü 1"]);
        assert_eq!(call.target, "/a/..%2Fx%3Fy%23z/b/%C3%BC%201");
        #[derive(Serialize)]
        struct Query {
            cursor: Option<&'static str>,
            limit: Option<u64>,
            unread: Option<bool>,
        }
        let query = Query { cursor: Some("a&b=c"), limit: None, unread: Some(true) };
        assert_eq!(
            Call::new("GET", "/a", &[]).query(&query).unwrap().target,
            "/a?cursor=a%26b%3Dc&unread=true"
        );
        let none = Query { cursor: None, limit: None, unread: None };
        assert_eq!(Call::new("GET", "/a", &[]).query(&none).unwrap().target, "/a");
    }
}
