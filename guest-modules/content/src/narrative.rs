//! What a model tells of the facts: read strictly, cut to bounds, never believed.

use serde::{Deserialize, Serialize};

use crate::text::{plain, shorten};

/// Characters of a title.
const TITLE_MAX: usize = 100;
/// Characters of the summary.
const SUMMARY_MAX: usize = 180;
/// Sections of a post.
const SECTIONS_MAX: usize = 8;
/// Characters of a section's heading.
const HEADING_MAX: usize = 80;
/// Bullets of a section.
const BULLETS_MIN: usize = 2;
const BULLETS_MAX: usize = 4;
/// Characters of a bullet.
const BULLET_MAX: usize = 140;
/// Bytes of a reply that are looked at.
const REPLY_BYTES_MAX: usize = 64 * 1024;

/// The text of a post, within its bounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Narrative {
    /// One line.
    pub title: String,
    /// One line.
    pub summary: String,
    /// What was done.
    pub sections: Vec<Section>,
}

/// One part of a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// One line.
    pub heading: String,
    /// Lines.
    pub bullets: Vec<String>,
}

/// Why a reply is no narrative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// It is not the JSON that was asked for.
    Unreadable,
    /// Something of it says nothing.
    Empty(&'static str),
    /// This section has fewer bullets than it must.
    FewBullets(usize),
}

impl Problem {
    /// What a model is told about it.
    pub fn sentence(&self) -> String {
        match self {
            Self::Unreadable => "The reply is not JSON of the schema.".to_owned(),
            Self::Empty(what) => format!("`{what}` is empty."),
            Self::FewBullets(place) => {
                format!("`sections[{place}].bullets` has fewer than {BULLETS_MIN} different entries.")
            }
        }
    }
}

/// Reads what a model wrote. What is too long is cut; what is missing is a problem.
///
/// # Errors
/// The reply is no JSON of the form, or something in it says nothing.
pub fn read_narrative(reply: &str) -> Result<Narrative, Problem> {
    let raw: Narrative = json(reply).ok_or(Problem::Unreadable)?;
    let title = line(&raw.title, TITLE_MAX).ok_or(Problem::Empty("title"))?;
    let summary = line(&raw.summary, SUMMARY_MAX).ok_or(Problem::Empty("summary"))?;
    let sections = raw.sections.into_iter().take(SECTIONS_MAX).enumerate();
    let sections: Vec<Section> =
        sections.map(|(place, section)| read_section(place, section)).collect::<Result<_, _>>()?;
    if sections.is_empty() {
        return Err(Problem::Empty("sections"));
    }
    Ok(Narrative { title, summary, sections })
}

fn read_section(place: usize, raw: Section) -> Result<Section, Problem> {
    let heading = line(&raw.heading, HEADING_MAX).ok_or(Problem::Empty("heading"))?;
    let mut bullets: Vec<String> = Vec::new();
    for bullet in raw.bullets.iter().filter_map(|bullet| line(bullet, BULLET_MAX)) {
        // A model that has nothing to say says it twice.
        if bullets.len() < BULLETS_MAX && !bullets.contains(&bullet) {
            bullets.push(bullet);
        }
    }
    if bullets.len() < BULLETS_MIN {
        Err(Problem::FewBullets(place))
    } else {
        Ok(Section { heading, bullets })
    }
}

fn line(text: &str, max: usize) -> Option<String> {
    Some(shorten(&plain(text), max)).filter(|line| !line.is_empty())
}

/// The JSON of a reply, in a fence of Markdown or not.
pub(crate) fn json<'a, T: Deserialize<'a>>(reply: &'a str) -> Option<T> {
    let reply = reply.trim();
    if reply.len() > REPLY_BYTES_MAX {
        return None;
    }
    let fenced = reply.strip_prefix("```json").or_else(|| reply.strip_prefix("```"));
    let inner = fenced.and_then(|rest| rest.strip_suffix("```")).unwrap_or(reply);
    serde_json::from_str(inner.trim()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reply(bullets: &[&str]) -> String {
        serde_json::json!({
            "title": "A day", "summary": "What was done.",
            "sections": [{ "heading": "Build", "bullets": bullets }],
        })
        .to_string()
    }

    #[test]
    fn a_section_has_two_to_four_bullets_that_differ() {
        assert_eq!(read_narrative(&reply(&["one"])), Err(Problem::FewBullets(0)));
        assert_eq!(read_narrative(&reply(&["one", " one\n", "\u{200b}"])), Err(Problem::FewBullets(0)));
        let narrative = read_narrative(&reply(&["1", "2", "3", "4", "5"])).unwrap();
        assert_eq!(narrative.sections[0].bullets, ["1", "2", "3", "4"]);
        assert!(read_narrative(&reply(&["one", "two"])).is_ok());
    }

    #[test]
    fn what_is_too_long_is_cut_to_its_bound() {
        let long = "word ".repeat(100);
        let text = serde_json::json!({
            "title": long, "summary": long,
            "sections": [{ "heading": long, "bullets": [format!("a {long}"), format!("b {long}")] }],
        });
        let narrative = read_narrative(&text.to_string()).unwrap();
        let chars = |text: &str| text.chars().count();
        assert!(chars(&narrative.title) <= 100 && chars(&narrative.title) > 80);
        assert!(chars(&narrative.summary) <= 180 && chars(&narrative.summary) > 160);
        assert!(chars(&narrative.sections[0].heading) <= 80);
        assert!(narrative.sections[0].bullets.iter().all(|bullet| (120..=140).contains(&chars(bullet))));
    }

    #[test]
    fn a_reply_in_a_fence_is_read_and_anything_beside_it_is_not() {
        let good = reply(&["one", "two"]);
        assert!(read_narrative(&format!("```json\n{good}\n```")).is_ok());
        for bad in [
            String::new(),
            "I cannot do that.".to_owned(),
            format!("Here it is: {good}"),
            format!("{good}{good}"),
            good.replace("\"title\"", "\"titel\""),
            good.replacen('{', "{\"extra\":1,", 1),
            format!("{good}{}", " ".repeat(10)).replace("A day", &"x".repeat(REPLY_BYTES_MAX)),
        ] {
            assert_eq!(read_narrative(&bad), Err(Problem::Unreadable), "{:.60}", bad);
        }
        assert_eq!(read_narrative(&good.replace("A day", " \\n ")), Err(Problem::Empty("title")));
    }

    proptest! {
        #[test]
        fn any_reply_is_read_or_refused(reply in any::<String>()) {
            let _ = read_narrative(&reply);
        }
    }
}
