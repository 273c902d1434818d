//! The keys of those who sign, through a rotation.

use std::time::Duration;

use jiff::Timestamp;

use crate::refusal::Refusal;
use crate::secret::Secret;

/// How long a key is still good after another took its place.
pub const OVERLAP: Duration = Duration::from_secs(24 * 3600);

/// One key.
#[derive(Debug, Clone)]
pub struct Key {
    /// What `X-Key-Id` says.
    pub id: String,
    /// What it signs with.
    pub secret: Secret,
    /// Since when another has its place; none while it is the active one.
    pub replaced_at: Option<Timestamp>,
}

impl Key {
    fn is_good(&self, now: Timestamp) -> bool {
        self.replaced_at
            .is_none_or(|replaced| now.duration_since(replaced).as_secs() < OVERLAP.as_secs().cast_signed())
    }
}

/// Every key that may have signed.
#[derive(Debug, Clone, Default)]
pub struct KeyRing(Vec<Key>);

impl KeyRing {
    /// Keys in any order.
    pub const fn new(keys: Vec<Key>) -> Self {
        Self(keys)
    }

    /// The keys to try: the named one alone, or all that are good now.
    pub(crate) fn candidates(&self, named: Option<&str>, now: Timestamp) -> Result<Vec<&Key>, Refusal> {
        let good = self.0.iter().filter(|key| key.is_good(now));
        let keys: Vec<&Key> = good.filter(|key| named.is_none_or(|name| key.id == name)).collect();
        if keys.is_empty() { Err(Refusal::UnknownKey) } else { Ok(keys) }
    }
}
