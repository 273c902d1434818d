//! A post as Markdown with front matter.

use std::fmt::Write as _;

use crate::narrative::Narrative;
use crate::score::{Score, Scored};
use crate::text::{address, markdown, plain, shorten, yaml};

/// Characters of the name that a post's file goes by.
const SLUG_MAX: usize = 60;
/// Words that a post goes by.
const TAGS_MAX: usize = 8;
/// Characters of one of them.
const TAG_MAX: usize = 32;
/// Clips that a post names.
const CLIPS_MAX: usize = 20;
/// Characters of a clip's title.
const CLIP_TITLE_MAX: usize = 120;

/// A post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// What its file may be called: letters, digits and hyphens.
    pub slug: String,
    /// Words that it goes by.
    pub tags: Vec<String>,
    /// The file.
    pub markdown: String,
}

/// Writes a post of this day, such as `2026-03-01`, about these clips.
pub fn write(narrative: &Narrative, clips: &[Scored], date: &str) -> Post {
    let slug = slug(&narrative.title, date);
    let tags = tags(clips);
    let mut text = front_matter(narrative, clips, &tags, date);
    let _ = write!(text, "\n{}\n", markdown(&narrative.summary));
    for section in &narrative.sections {
        let _ = write!(text, "\n## {}\n\n", markdown(&section.heading));
        for bullet in &section.bullets {
            let _ = writeln!(text, "- {}", markdown(bullet));
        }
    }
    if !clips.is_empty() {
        text.push_str("\n## Clips\n\n");
        for clip in clips.iter().take(CLIPS_MAX) {
            let _ = writeln!(text, "- {}", clip_line(clip));
        }
    }
    Post { slug, tags, markdown: text }
}

/// The mean of the clips' scores.
pub(crate) fn mean(clips: &[Scored]) -> f64 {
    let Ok(count) = u32::try_from(clips.len()) else { return 0.0 };
    if count == 0 {
        return 0.0;
    }
    let sum: f64 = clips.iter().map(|clip| Score::value(clip.score)).sum();
    (sum / f64::from(count) * 10_000.0).round() / 10_000.0
}

fn front_matter(narrative: &Narrative, clips: &[Scored], tags: &[String], date: &str) -> String {
    let mut text = String::from("---\n");
    let _ = writeln!(text, "title: {}", yaml(&narrative.title));
    let _ = writeln!(text, "date: {}", yaml(date));
    let _ = writeln!(text, "summary: {}", yaml(&narrative.summary));
    let tags: Vec<String> = tags.iter().map(|tag| yaml(tag)).collect();
    let _ = writeln!(text, "tags: [{}]", tags.join(", "));
    let _ = writeln!(text, "content_score: {:.4}", mean(clips));
    text.push_str("---\n");
    text
}

fn clip_line(clip: &Scored) -> String {
    let clip = &clip.matched.clip;
    let title = shorten(&plain(&clip.clip_title), CLIP_TITLE_MAX);
    let title = if title.is_empty() { "A clip".to_owned() } else { markdown(&title) };
    match clip.clip_url.as_deref().and_then(address) {
        Some(url) => format!("[{title}](<{url}>)"),
        None => title,
    }
}

/// The words of the clips, each once, in the order of letters.
fn tags(clips: &[Scored]) -> Vec<String> {
    let words = clips.iter().flat_map(|clip| &clip.matched.clip.content_tags);
    let mut tags: Vec<String> = words.map(|word| tag(word)).filter(|tag| !tag.is_empty()).collect();
    tags.sort();
    tags.dedup();
    tags.truncate(TAGS_MAX);
    tags
}

fn tag(word: &str) -> String {
    plain(word).to_lowercase().chars().take(TAG_MAX).collect::<String>().trim().to_owned()
}

fn slug(title: &str, date: &str) -> String {
    let mut slug = String::from(date);
    for word in title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if slug.len() + 1 + word.len() > SLUG_MAX {
            break;
        }
        slug.push('-');
        slug.push_str(&word.to_ascii_lowercase());
    }
    slug
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};
    use saphyr::LoadableYamlNode as _;

    use super::*;
    use crate::facts::{Category, Clip, When};
    use crate::matching::match_events;
    use crate::narrative::{Section, read_narrative};
    use crate::score::score;

    fn clip(title: &str, url: &str, tag: &str) -> Vec<Scored> {
        let clip = Clip {
            content_item_id: "a".to_owned(),
            clip_title: title.to_owned(),
            clip_url: Some(url.to_owned()),
            clip_duration: 60.0,
            clip_view_count: 500,
            clip_created_at: When(jiff::Timestamp::UNIX_EPOCH),
            transcript_words: 0,
            transcript_summary: None,
            github_summary: None,
            content_score: Some(0.5),
            content_tags: vec![tag.to_owned()],
            content_category: Category::Development,
        };
        let matched = match_events(vec![clip], &[]);
        matched.into_iter().map(|matched| Scored { score: score(&matched), matched }).collect()
    }

    fn narrative(text: &str) -> Narrative {
        Narrative {
            title: plain(text),
            summary: plain(text),
            sections: vec![Section { heading: plain(text), bullets: vec![plain(text), "two".to_owned()] }],
        }
    }

    #[test]
    fn a_post_looks_like_this() {
        let narrative = Narrative {
            title: "A day of fixes".to_owned(),
            summary: "Two bugs less.".to_owned(),
            sections: vec![Section {
                heading: "Build".to_owned(),
                bullets: vec!["Fixed the cache".to_owned(), "Removed a race".to_owned()],
            }],
        };
        let clips = clip("Fixing #12", "https://clips.example/x", "Rust");
        let post = write(&narrative, &clips, "2026-03-01");
        assert_eq!(post.slug, "2026-03-01-a-day-of-fixes");
        assert_eq!(
            post.markdown,
            "---\ntitle: \"A day of fixes\"\ndate: \"2026-03-01\"\nsummary: \"Two bugs less.\"\n\
             tags: [\"rust\"]\ncontent_score: 0.2850\n---\n\nTwo bugs less\\.\n\n## Build\n\n\
             - Fixed the cache\n- Removed a race\n\n## Clips\n\n\
             - [Fixing \\#12](<https://clips.example/x>)\n"
        );
    }

    /// The front matter as YAML, and every link and tag of the rest.
    fn read(post: &Post) -> (saphyr::Yaml<'_>, Vec<String>) {
        let (front, body) = post.markdown.strip_prefix("---\n").unwrap().split_once("\n---\n").unwrap();
        let mut active = Vec::new();
        for event in Parser::new_ext(body, Options::all()) {
            match event {
                Event::Start(Tag::Link { dest_url, .. }) => active.push(dest_url.to_string()),
                Event::Start(Tag::Paragraph | Tag::Heading { .. } | Tag::List(None) | Tag::Item)
                | Event::Text(_)
                | Event::End(_) => {}
                other => active.push(format!("{other:?}")),
            }
        }
        (saphyr::Yaml::load_from_str(front).unwrap().remove(0), active)
    }

    #[test]
    fn nothing_that_a_stranger_wrote_leaves_its_place() {
        let hostile =
            "\"\n---\ntitle: stolen\n---\n# h\n<script>alert(1)</script> [x](https://evil.example) {{x}}";
        let clips = clip(hostile, "https://ok.example/>) <img src=x>", "a\"]\nevil: [\"b");
        let post = write(&narrative(hostile), &clips, "2026-03-01");
        let (front, active) = read(&post);
        assert_eq!(front["title"].as_str(), Some(plain(hostile).as_str()));
        let keys: Vec<&str> = front.as_mapping().unwrap().keys().map(|key| key.as_str().unwrap()).collect();
        assert_eq!(keys, ["title", "date", "summary", "tags", "content_score"]);
        assert_eq!(front["tags"].as_vec().unwrap().len(), 1);
        assert_eq!(active, Vec::<String>::new());
        assert!(post.slug.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{}", post.slug);
    }

    proptest! {
        #[test]
        fn any_title_stays_in_its_place(text in "\\PC{1,60}", url in "\\PC{0,40}", tag in "\\PC{0,20}") {
            let reply = serde_json::json!({
                "title": text, "summary": text, "sections": [{ "heading": text, "bullets": [text, "other"] }],
            });
            prop_assume!(text != "other");
            let Ok(narrative) = read_narrative(&reply.to_string()) else { return Ok(()) };
            let clips = clip(&text, &url, &tag);
            let post = write(&narrative, &clips, "2026-03-01");
            let (front, active) = read(&post);
            prop_assert_eq!(front["title"].as_str(), Some(narrative.title.as_str()));
            prop_assert!(active.is_empty(), "{:?}", active);
        }
    }
}
