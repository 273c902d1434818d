//! The forge where posts are proposed: a branch, a file on it and a pull request, in the words of
//! GitHub's REST interface.
//!
//! What this does not do: change anything that is there. A branch, a file or a pull request of the
//! same name is left as it is, and an earlier try of the same job finds what it made.
//!
//! **Invariant:** the token leaves this process only inside a request to the one address that is
//! configured, which is this machine's or spoken to over TLS.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;
use url::{Host, Url};
use zeroize::Zeroizing;

use crate::callback::{Callback, CallbackError};

/// How long the forge may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an address that it gives.
const URL_BYTES_MAX: usize = 2048;
const AGENT: &str = "hivesync";

/// What a forge lets this program in with. Never shown, and wiped when it is dropped.
#[derive(Clone)]
pub struct ForgeToken(Zeroizing<String>);

impl From<String> for ForgeToken {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for ForgeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A forge.
#[derive(Debug, Clone)]
pub struct Forge {
    address: Callback,
    token: ForgeToken,
}

/// Why nothing can be proposed there.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    /// Not an address to send a token to.
    #[error("the forge's address is not https://, or http:// and an address of this machine")]
    Address,
    /// There is no way to it.
    #[error(transparent)]
    Connection(#[from] CallbackError),
    /// It took too long.
    #[error("the forge did not answer in time")]
    Timeout,
    /// It would not.
    #[error("the forge answered with status {status} when it was asked for {what}")]
    Refused {
        /// As it answered.
        status: u16,
        /// What was asked.
        what: &'static str,
    },
    /// It said something else.
    #[error("the forge's answer about {0} cannot be read")]
    Garbage(&'static str),
}

/// What is proposed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Proposal<'a> {
    /// Owner and name, checked.
    pub(crate) repository: &'a str,
    pub(crate) branch: &'a str,
    /// The new file.
    pub(crate) path: &'a str,
    pub(crate) content: &'a [u8],
    pub(crate) title: &'a str,
}

impl Forge {
    /// At the base of its interface, such as `https://api.github.com`.
    ///
    /// # Errors
    ///
    /// It is not an address to send a token to.
    pub fn new(base: &str, token: ForgeToken) -> Result<Self, ForgeError> {
        let url = Url::parse(base).map_err(|_| ForgeError::Address)?;
        let is_this_machine = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            _ => false,
        };
        let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        if !is_plain || (url.scheme() != "https" && !is_this_machine) {
            return Err(ForgeError::Address);
        }
        Ok(Self { address: Callback::new(base)?, token })
    }

    /// Opens a pull request: where it can be seen.
    pub(crate) async fn propose(&self, proposal: Proposal<'_>) -> Result<String, ForgeError> {
        let Proposal { repository, branch, path, content, title } = proposal;
        let repo = format!("/repos/{repository}");
        let about = self.get(&repo, "the repository").await?;
        let base = word(&about, "/default_branch", "the repository")?;
        let head = self.get(&format!("{repo}/git/ref/heads/{base}"), "its newest commit").await?;
        let commit = word(&head, "/object/sha", "its newest commit")?;
        let new = json!({ "ref": format!("refs/heads/{branch}"), "sha": commit });
        self.make(Method::POST, &format!("{repo}/git/refs"), &new, "a branch").await?;
        let message = format!("Add post: {title}");
        let file = json!({ "message": message, "content": STANDARD.encode(content), "branch": branch });
        self.make(Method::PUT, &format!("{repo}/contents/{path}"), &file, "the file").await?;
        let pull = json!({ "title": message, "head": branch, "base": base, "body": BODY });
        let made = self.make(Method::POST, &format!("{repo}/pulls"), &pull, "a pull request").await?;
        let seen = match made {
            Some(made) => word(&made, "/html_url", "a pull request")?,
            // An earlier try of the same job has opened it.
            None => {
                let owner = repository.split('/').next().unwrap_or_default();
                let target = format!("{repo}/pulls?state=all&head={owner}:{branch}");
                word(&self.get(&target, "a pull request").await?, "/0/html_url", "a pull request")?
            }
        };
        let is_address = seen.len() <= URL_BYTES_MAX
            && Url::parse(&seen).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
        if is_address { Ok(seen) } else { Err(ForgeError::Garbage("a pull request")) }
    }

    async fn get(&self, target: &str, what: &'static str) -> Result<Value, ForgeError> {
        let (status, answer) = self.send(Method::GET, target, Bytes::new()).await?;
        read(status, &answer, what)
    }

    /// Makes something; none where it is there.
    async fn make(
        &self,
        method: Method,
        target: &str,
        body: &Value,
        what: &'static str,
    ) -> Result<Option<Value>, ForgeError> {
        let (status, answer) = self.send(method, target, Bytes::from(body.to_string())).await?;
        if status == StatusCode::UNPROCESSABLE_ENTITY {
            return Ok(None);
        }
        read(status, &answer, what).map(Some)
    }

    async fn send(
        &self,
        method: Method,
        target: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), ForgeError> {
        let base = self.address.path.trim_end_matches('/');
        let request = Request::builder()
            .method(method)
            .uri(format!("{base}{target}"))
            .header(HOST, &self.address.authority)
            .header(USER_AGENT, AGENT)
            .header(ACCEPT, "application/vnd.github+json")
            .header(CONTENT_TYPE, "application/json")
            .header(AUTHORIZATION, format!("Bearer {}", *self.token.0))
            .body(Full::new(body))
            .map_err(|_| ForgeError::Address)?;
        Ok(timeout(PATIENCE, self.address.send(request)).await.map_err(|_| ForgeError::Timeout)??)
    }
}

/// What the pull request says of itself.
const BODY: &str = "A post that was written from clips and from what happened in this repository, and judged. Read it before you merge it.";

fn read(status: StatusCode, answer: &Bytes, what: &'static str) -> Result<Value, ForgeError> {
    if !status.is_success() {
        return Err(ForgeError::Refused { status: status.as_u16(), what });
    }
    serde_json::from_slice(answer).map_err(|_| ForgeError::Garbage(what))
}

/// A text of an answer. What could lead elsewhere when it stands in an address is none.
fn word(answer: &Value, place: &str, what: &'static str) -> Result<String, ForgeError> {
    let text = answer.pointer(place).and_then(Value::as_str).unwrap_or_default();
    let is_good =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"%?#".contains(&byte));
    if is_good { Ok(text.to_owned()) } else { Err(ForgeError::Garbage(what)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> ForgeToken {
        ForgeToken::from("token-of-this-test".to_owned())
    }

    #[test]
    fn a_token_would_go_unencrypted_to_this_machine_only_and_is_never_shown() {
        for base in
            ["http://forge.example/", "http://10.0.0.1/", "http://localhost:1/", "forge", "https://me:x@a/"]
        {
            assert!(Forge::new(base, token()).is_err(), "{base}");
        }
        Forge::new("https://api.forge.example", token()).unwrap();
        let forge = Forge::new("http://127.0.0.1:8080/api/v3", token()).unwrap();
        assert!(!format!("{forge:?}").contains("token-of-this-test"));
    }

    #[test]
    fn what_could_lead_elsewhere_in_an_address_is_no_word_of_a_forge() {
        for text in ["", "a b", "main%2f..", "a\nb", "ä", "a?b", "a#b"] {
            assert!(word(&json!({ "a": text }), "/a", "a").is_err(), "{text:?}");
        }
        assert_eq!(word(&json!({ "a": "release/1.x" }), "/a", "a").unwrap(), "release/1.x");
    }
}
