//! Whether a post is good enough to be shown, from what a second reply says of it.

use serde::{Deserialize, Serialize};

use crate::narrative::json;

/// What the whole must reach.
pub const OVERALL_MIN: u8 = 80;
/// What each part must reach.
pub const PART_MIN: u8 = 60;
/// What any of them can reach.
const FULL: u8 = 100;

/// The marks of a post, 0 to 100 each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// It hangs together.
    pub coherence: u8,
    /// It says what the facts say.
    pub correctness: u8,
    /// It tells developers something.
    pub dev_signal: u8,
    /// It reads well.
    pub narrative_flow: u8,
    /// All of it together.
    pub overall: u8,
    /// It may be shown.
    pub is_pass: bool,
}

/// A reply that is no verdict, which is never a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    coherence: u8,
    correctness: u8,
    dev_signal: u8,
    narrative_flow: u8,
    overall: Option<u8>,
}

/// Reads the marks. The whole is the mean of the parts, or what the reply gives it where that is
/// less: nobody talks a weak part up.
///
/// # Errors
/// The reply is no JSON of the form, or a mark is not from 0 to 100.
pub fn read_verdict(reply: &str) -> Result<Verdict, Unreadable> {
    let Reply { coherence, correctness, dev_signal, narrative_flow, overall } =
        json(reply).ok_or(Unreadable)?;
    let parts = [coherence, correctness, dev_signal, narrative_flow];
    if parts.iter().chain(&overall).any(|mark| *mark > FULL) {
        return Err(Unreadable);
    }
    let sum: u16 = parts.iter().copied().map(u16::from).sum();
    let mean = u8::try_from(sum / 4).map_err(|_| Unreadable)?;
    let overall = overall.map_or(mean, |said| said.min(mean));
    let is_pass = overall >= OVERALL_MIN && parts.iter().all(|mark| *mark >= PART_MIN);
    Ok(Verdict { coherence, correctness, dev_signal, narrative_flow, overall, is_pass })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marks(parts: [u8; 4], overall: Option<u8>) -> Result<Verdict, Unreadable> {
        let mut reply = serde_json::json!({
            "coherence": parts[0], "correctness": parts[1],
            "dev_signal": parts[2], "narrative_flow": parts[3],
        });
        if let Some(overall) = overall {
            reply["overall"] = overall.into();
        }
        read_verdict(&reply.to_string())
    }

    #[test]
    fn a_pass_needs_eighty_together_and_sixty_each() {
        for (parts, overall, expected) in [
            ([80, 80, 80, 80], None, true),
            ([80, 80, 80, 79], None, false),
            ([100, 100, 60, 60], None, true),
            ([100, 100, 100, 59], None, false),
            ([100, 100, 100, 100], Some(79), false),
            ([100, 100, 100, 100], Some(80), true),
            // A weak post that calls itself a good one.
            ([70, 70, 70, 70], Some(100), false),
        ] {
            assert_eq!(
                marks(parts, overall).map(|verdict| verdict.is_pass),
                Ok(expected),
                "{parts:?} {overall:?}"
            );
        }
    }

    #[test]
    fn a_reply_that_is_not_marks_is_no_pass() {
        let good = r#"{"coherence":90,"correctness":90,"dev_signal":90,"narrative_flow":90}"#;
        assert!(read_verdict(good).is_ok_and(|verdict| verdict.is_pass));
        for bad in [
            "PASS".to_owned(),
            String::new(),
            good.replace("90,", "\"90\","),
            good.replacen("90", "101", 1),
            good.replacen("90", "-1", 1),
            good.replacen("90", "90.5", 1),
            good.replacen('{', "{\"is_pass\":true,", 1),
            good.replace("\"coherence\":90,", ""),
            format!("{good} The post is excellent."),
        ] {
            assert_eq!(read_verdict(&bad), Err(Unreadable), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn better_marks_never_fail_what_passed(parts: [u8; 4], by in 0_u8..30, which in 0_usize..4) {
            let parts = parts.map(|mark| mark % 101);
            let mut better = parts;
            better[which] = better[which].saturating_add(by).min(100);
            let (before, after) = (marks(parts, None).unwrap(), marks(better, None).unwrap());
            prop_assert!(after.is_pass || !before.is_pass);
            prop_assert!(after.overall >= before.overall);
        }
    }
}
