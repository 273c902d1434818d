//! Ids and times that go into an artifact. Both are passed in: nothing here reads a
//! clock or draws a random number.

use std::fmt::Write as _;

use hivesync_types::Digest;

/// Crockford's base 32.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// When a preview is built, and what makes its id unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// A time and random bytes.
    Fresh {
        /// Seconds since 1970.
        seconds: u64,
        /// Eighty random bits.
        entropy: [u8; 10],
    },
    /// A job that has its id already.
    Named {
        /// Seconds since 1970.
        seconds: u64,
        /// The number behind the id's ULID.
        id: u128,
    },
    /// `SOURCE_DATE_EPOCH`: the id follows from the inputs, so that equal inputs are
    /// equal bytes.
    Reproducible {
        /// Seconds since 1970.
        seconds: u64,
    },
}

impl Identity {
    /// Seconds since 1970.
    pub const fn seconds(self) -> u64 {
        match self {
            Self::Fresh { seconds, .. } | Self::Named { seconds, .. } | Self::Reproducible { seconds } => {
                seconds
            }
        }
    }

    /// The job's id; `inputs` is the digest of everything that decides the artifact.
    pub fn job_id(self, inputs: &Digest) -> String {
        let millis = self.seconds().saturating_mul(1000);
        match self {
            Self::Fresh { entropy, .. } => ulid(millis, entropy),
            Self::Named { id, .. } => ulid_of(id),
            Self::Reproducible { .. } => ulid(millis, first_ten(inputs)),
        }
    }
}

fn first_ten(digest: &Digest) -> [u8; 10] {
    digest.as_bytes().first_chunk().copied().unwrap_or_default()
}

/// The id of a project that has none yet: the same for every build of the same name.
pub fn project_id(name: &str) -> String {
    let digest = Digest::of_fields(&[b"hivesync-project/1", name.as_bytes()]);
    ulid(0, first_ten(&digest))
}

/// 48 bits of time and 80 bits of anything, as 26 characters that sort by time.
pub fn ulid(millis: u64, entropy: [u8; 10]) -> String {
    let mut value = u128::from(millis & 0xffff_ffff_ffff);
    for byte in entropy {
        value = value << 8 | u128::from(byte);
    }
    ulid_of(value)
}

/// The 26 characters of a number.
fn ulid_of(value: u128) -> String {
    (0..26_u32)
        .rev()
        .filter_map(|digit| ALPHABET.get(usize::try_from(value >> (5 * digit) & 31).ok()?))
        .map(|byte| char::from(*byte))
        .collect()
}

/// A moment of the calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// From 1970 on.
    pub year: u64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
}

impl Moment {
    /// The moment this many seconds after the beginning of 1970.
    pub fn of(seconds: u64) -> Self {
        let (mut days, rest) = (seconds / 86_400, seconds % 86_400);
        let is_leap =
            |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        // Whole cycles of 400 years first, so that the loop below is short for every input.
        let mut year = 1970 + days / 146_097 * 400;
        days %= 146_097;
        while days >= 365 + u64::from(is_leap(year)) {
            days -= 365 + u64::from(is_leap(year));
            year += 1;
        }
        let mut month = 1;
        for length in [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30] {
            if days < length {
                break;
            }
            days -= length;
            month += 1;
        }
        let small = |value: u64| u8::try_from(value).unwrap_or(u8::MAX);
        Self {
            year,
            month,
            day: small(days + 1),
            hour: small(rest / 3600),
            minute: small(rest / 60 % 60),
            second: small(rest % 60),
        }
    }

    /// RFC 3339, to the second.
    pub fn to_rfc3339(self) -> String {
        let Self { year, month, day, hour, minute, second } = self;
        let mut text = String::with_capacity(20);
        // Writing to a string cannot fail.
        let _ = write!(text, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
        ] {
            assert_eq!(Moment::of(seconds).to_rfc3339(), text);
        }
    }

    #[test]
    fn an_id_sorts_by_time_and_keeps_its_entropy() {
        assert_eq!(ulid(0, [0; 10]), "0".repeat(26));
        assert_eq!(ulid(u64::MAX, [255; 10]), format!("7{}", "Z".repeat(25)));
        assert!(ulid(1, [255; 10]) < ulid(2, [0; 10]));
        assert_ne!(ulid(1, [1; 10]), ulid(1, [2; 10]));
    }

    #[test]
    fn a_job_that_has_an_id_keeps_it() {
        let named = Identity::Named { seconds: 5, id: (7 << 80) | 9 };
        assert_eq!(named.job_id(&Digest::of(b"a")), ulid(7, [0, 0, 0, 0, 0, 0, 0, 0, 0, 9]));
        assert_eq!(named.seconds(), 5);
    }

    #[test]
    fn with_a_fixed_time_the_id_follows_from_the_inputs() {
        let fixed = Identity::Reproducible { seconds: 5 };
        let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
        assert_eq!(fixed.job_id(&a), fixed.job_id(&a));
        assert_ne!(fixed.job_id(&a), fixed.job_id(&b));
    }
}
