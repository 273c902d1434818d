//! The key of a provider.

use std::fmt;

use zeroize::Zeroizing;

/// A provider's key. Its text is in no message, and is wiped when it is dropped.
#[derive(Clone, Default)]
pub struct ApiKey(Zeroizing<String>);

impl ApiKey {
    /// The text to send.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for ApiKey {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
