//! What a model says that a picture shows: read strictly, and never believed further than that.
//!
//! **Invariant:** [`Spaces`] that were read are within every bound of the schema.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::text::{is_visible, json};

/// Spaces of a description.
pub(crate) const SPACES_MAX: usize = 20;
/// Kinds of furnishing of a space.
const FURNISHINGS_MAX: usize = 50;
/// Pieces of one kind.
const COUNT_MAX: u32 = 1000;
const LABEL_MAX: usize = 100;
const ITEM_TYPE_MAX: usize = 100;
const GEOMETRY_MAX: usize = 500;
const GLOBAL_MAX: usize = 2000;
const FLAGS_MAX: usize = 20;
const FLAG_MAX: usize = 200;
const ID_PREFIX: &str = "space_";
const ID_MAX: usize = 64;
/// Below this a space must say what about it is unclear.
pub(crate) const UNSURE_BELOW: f64 = 0.3;
/// Problems that are told of one reply.
const ERRORS_MAX: usize = 20;

/// What a space is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the words of the schema say what they are")]
pub enum Category {
    Bathroom,
    Bedroom,
    Kitchen,
    LivingRoom,
    DiningRoom,
    Corridor,
    Balcony,
    Terrace,
    Laundry,
    Storage,
    Office,
    Entrance,
    Other,
}

impl Category {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Bathroom,
        Self::Bedroom,
        Self::Kitchen,
        Self::LivingRoom,
        Self::DiningRoom,
        Self::Corridor,
        Self::Balcony,
        Self::Terrace,
        Self::Laundry,
        Self::Storage,
        Self::Office,
        Self::Entrance,
        Self::Other,
    ];

    /// As JSON has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bathroom => "bathroom",
            Self::Bedroom => "bedroom",
            Self::Kitchen => "kitchen",
            Self::LivingRoom => "living_room",
            Self::DiningRoom => "dining_room",
            Self::Corridor => "corridor",
            Self::Balcony => "balcony",
            Self::Terrace => "terrace",
            Self::Laundry => "laundry",
            Self::Storage => "storage",
            Self::Office => "office",
            Self::Entrance => "entrance",
            Self::Other => "other",
        }
    }

    /// People live in it, so something stands in it.
    pub const fn is_habitable(self) -> bool {
        matches!(self, Self::Bedroom | Self::LivingRoom | Self::DiningRoom | Self::Kitchen | Self::Office)
    }
}

/// A description of spaces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spaces {
    /// At most [`SPACES_MAX`].
    pub spaces: Vec<Space>,
    /// What holds for all of them.
    #[serde(default)]
    pub global_notes: String,
}

/// One space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Space {
    /// `space_` and `a-z 0-9 _`; each once.
    pub space_id: String,
    /// What a person would call it.
    pub label: String,
    /// What it is used for.
    pub category: Category,
    /// 0 to 1.
    pub confidence: f64,
    /// What stands in it.
    pub detected_furnishings: Vec<Furnishing>,
    /// How it is shaped.
    #[serde(default)]
    pub geometry_notes: String,
    /// What is unclear about it.
    #[serde(default)]
    pub ambiguity_flags: Vec<String>,
}

/// Furnishings of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Furnishing {
    /// Such as `bed`.
    pub item_type: String,
    /// How many.
    pub count: u32,
    /// 0 to 1.
    pub confidence: f64,
}

/// Where a reply is not of the schema, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaError {
    /// Such as `spaces[2].label`; empty for the reply as a whole.
    pub path: String,
    /// In a sentence without its subject.
    pub message: String,
}

/// Reads a description.
///
/// # Errors
/// Everything that is not of the schema, so much at most as a model can mend at once.
pub fn read_spaces(reply: &str) -> Result<Spaces, Vec<SchemaError>> {
    let read: Spaces = json(reply).map_err(|why| {
        vec![SchemaError { path: String::new(), message: format!("is not of the schema: {why}") }]
    })?;
    let mut found = Found::default();
    found.all(&read);
    if found.0.is_empty() { Ok(read) } else { Err(found.0) }
}

#[derive(Default)]
struct Found(Vec<SchemaError>);

impl Found {
    fn say(&mut self, path: &str, message: String) {
        if self.0.len() < ERRORS_MAX {
            self.0.push(SchemaError { path: path.to_owned(), message });
        }
    }

    fn all(&mut self, read: &Spaces) {
        if read.spaces.len() > SPACES_MAX {
            self.say("spaces", format!("has over {SPACES_MAX} entries"));
        }
        self.long("global_notes", &read.global_notes, GLOBAL_MAX);
        let mut seen = BTreeSet::new();
        for (place, space) in read.spaces.iter().enumerate().take(SPACES_MAX) {
            let at = |key: &str| format!("spaces[{place}].{key}");
            if !is_id(&space.space_id) {
                self.say(
                    &at("space_id"),
                    format!("is not {ID_PREFIX} and then a-z 0-9 _, {ID_MAX} characters at most"),
                );
            } else if !seen.insert(space.space_id.as_str()) {
                self.say(&at("space_id"), "is that of another space too".to_owned());
            }
            self.space(space, at);
        }
    }

    fn space(&mut self, space: &Space, at: impl Fn(&str) -> String) {
        if space.label.trim().is_empty() {
            self.say(&at("label"), "is empty".to_owned());
        }
        self.long(&at("label"), &space.label, LABEL_MAX);
        self.long(&at("geometry_notes"), &space.geometry_notes, GEOMETRY_MAX);
        self.share(&at("confidence"), space.confidence);
        if space.ambiguity_flags.len() > FLAGS_MAX {
            self.say(&at("ambiguity_flags"), format!("has over {FLAGS_MAX} entries"));
        }
        for flag in space.ambiguity_flags.iter().take(FLAGS_MAX) {
            if flag.trim().is_empty() {
                self.say(&at("ambiguity_flags"), "has an empty entry".to_owned());
            }
            self.long(&at("ambiguity_flags"), flag, FLAG_MAX);
        }
        if space.confidence < UNSURE_BELOW && space.ambiguity_flags.is_empty() {
            self.say(&at("ambiguity_flags"), format!("is empty, and the confidence is below {UNSURE_BELOW}"));
        }
        if space.detected_furnishings.len() > FURNISHINGS_MAX {
            self.say(&at("detected_furnishings"), format!("has over {FURNISHINGS_MAX} entries"));
        }
        for item in space.detected_furnishings.iter().take(FURNISHINGS_MAX) {
            let path = at("detected_furnishings");
            if item.item_type.trim().is_empty() {
                self.say(&path, "has an empty item_type".to_owned());
            }
            self.long(&path, &item.item_type, ITEM_TYPE_MAX);
            self.share(&path, item.confidence);
            if item.count == 0 || item.count > COUNT_MAX {
                self.say(&path, format!("has a count that is not 1 to {COUNT_MAX}"));
            }
        }
    }

    fn long(&mut self, path: &str, text: &str, max: usize) {
        if text.chars().count() > max {
            self.say(path, format!("is longer than {max} characters"));
        }
        if !is_visible(text) {
            self.say(path, "has characters that are not seen".to_owned());
        }
    }

    fn share(&mut self, path: &str, number: f64) {
        if !(0.0..=1.0).contains(&number) {
            self.say(path, "has a confidence that is not from 0 to 1".to_owned());
        }
    }
}

fn is_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    id.len() <= ID_MAX
        && id.strip_prefix(ID_PREFIX).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(plain))
}

#[cfg(test)]
mod tests;
