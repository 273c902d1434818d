//! What Chromium takes for a property and a value, where stylo has another opinion.
//!
//! The table beside this file was made from a browser. A property that is not in it does not
//! exist; a value of one word is judged by it alone. Longer values are stylo's to judge.

use std::collections::HashMap;
use std::collections::HashSet;
use std::hash::BuildHasherDefault;
use std::sync::OnceLock;

use rustc_hash::FxHasher;

const TABLE: &str = include_str!("chromium/properties.txt");

/// `all` leaves these alone.
const NOT_IN_ALL: [&str; 2] = ["direction", "unicode-bidi"];

type Map<Value> = HashMap<&'static str, Value, BuildHasherDefault<FxHasher>>;
type Words = HashSet<&'static str, BuildHasherDefault<FxHasher>>;

/// A property of the browser.
pub(super) struct Known {
    /// What it sets; for a longhand, itself.
    pub(super) longhands: Vec<&'static str>,
    keywords: Keywords,
}

enum Keywords {
    Any,
    These(Vec<&'static str>),
    Set(usize),
}

struct Table {
    properties: Map<Known>,
    sets: Vec<Vec<&'static str>>,
    words: Words,
    longhands: Vec<&'static str>,
}

fn table() -> &'static Table {
    static TABLE_READ: OnceLock<Table> = OnceLock::new();
    TABLE_READ.get_or_init(read)
}

fn read() -> Table {
    let mut table = Table {
        properties: Map::default(),
        sets: Vec::new(),
        words: Words::default(),
        longhands: Vec::new(),
    };
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        if let Some(set) = line.strip_prefix("= ") {
            let words: Vec<&str> = set.split(' ').skip(1).collect();
            table.words.extend(&words);
            table.sets.push(words);
            continue;
        }
        let mut parts = line.splitn(3, ':').map(str::trim);
        let (Some(name), Some(longhands), Some(keywords)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let longhands: Vec<&str> =
            if longhands.is_empty() { vec![name] } else { longhands.split(' ').collect() };
        let keywords = match keywords {
            "*" => Keywords::Any,
            set if set.starts_with('@') => Keywords::Set(set.trim_start_matches('@').parse().unwrap_or(0)),
            words => Keywords::These(words.split_ascii_whitespace().collect()),
        };
        if let Keywords::These(words) = &keywords {
            table.words.extend(words);
        }
        if longhands == [name] && !NOT_IN_ALL.contains(&name) {
            table.longhands.push(name);
        }
        table.properties.insert(name, Known { longhands, keywords });
    }
    table
}

/// The property of this name, in lower case; none where the browser has none.
pub(super) fn known(name: &str) -> Option<&'static Known> {
    table().properties.get(name)
}

/// The longhands that `all` sets.
pub(super) fn longhands() -> &'static [&'static str] {
    &table().longhands
}

/// What a value of one word is, as far as the table knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Valid,
    Invalid,
    /// The word is not in the table.
    Unknown,
}

impl Known {
    pub(super) fn judge(&self, word: &str) -> Verdict {
        let table = table();
        let words = match &self.keywords {
            Keywords::Any => return Verdict::Unknown,
            Keywords::These(words) => words,
            Keywords::Set(set) => match table.sets.get(*set) {
                Some(words) => words,
                None => return Verdict::Unknown,
            },
        };
        match () {
            () if words.contains(&word) => Verdict::Valid,
            () if table.words.contains(word) => Verdict::Invalid,
            () => Verdict::Unknown,
        }
    }
}

/// Names of other vendors' own values.
const FOREIGN: [&str; 5] = ["-moz-", "-ms-", "-o-", "-khtml-", "-servo-"];

/// A word or function of another vendor; strings and names of one's own are no such thing.
pub(super) fn is_foreign(word: &str) -> bool {
    FOREIGN
        .iter()
        .any(|prefix| word.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)))
}

/// Turns on what stylo keeps behind switches and browsers have.
pub(super) fn enable() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        for switch in &stylo_static_prefs::BOOLS {
            switch.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    });
}

/// Values of several words that Chromium takes and stylo does not: the beginnings of
/// functions, and words that stand beside others.
const BEYOND: [(&str, &[&str]); 3] = [
    ("", &["-webkit-image-set(", "-webkit-gradient(", "-webkit-cross-fade(", "-webkit-calc("]),
    ("outline", &["-webkit-focus-ring-color"]),
    ("-webkit-mask", &["-webkit-"]),
];

/// Whether a value that stylo refuses is known to be taken.
pub(super) fn takes_anyway(name: &str, value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    BEYOND.iter().any(|(property, marks)| {
        (property.is_empty() || name.starts_with(property)) && marks.iter().any(|mark| value.contains(mark))
    })
}

impl Known {
    /// Takes names that its author makes up.
    pub(super) fn takes_names(&self) -> bool {
        matches!(self.keywords, Keywords::Any)
    }
}

/// Whether an element takes the value of the one around it when no rule says otherwise.
pub(crate) fn is_inherited(name: &str) -> bool {
    name.starts_with("--") || INHERITED.binary_search(&name).is_ok()
}

/// Longhands that are inherited, in ascending order: those of which a browser gives an element
/// the value that only the one around it was given.
pub(super) const INHERITED: &[&str] = &[
    "-webkit-border-horizontal-spacing",
    "-webkit-border-vertical-spacing",
    "-webkit-font-smoothing",
    "-webkit-line-break",
    "-webkit-locale",
    "-webkit-rtl-ordering",
    "-webkit-ruby-position",
    "-webkit-tap-highlight-color",
    "-webkit-text-combine",
    "-webkit-text-fill-color",
    "-webkit-text-orientation",
    "-webkit-text-security",
    "-webkit-text-stroke-color",
    "-webkit-text-stroke-width",
    "-webkit-user-modify",
    "-webkit-writing-mode",
    "accent-color",
    "app-region",
    "border-collapse",
    "caption-side",
    "caret-animation",
    "caret-color",
    "caret-shape",
    "clip-rule",
    "color",
    "color-interpolation",
    "color-interpolation-filters",
    "color-rendering",
    "color-scheme",
    "cursor",
    "direction",
    "dominant-baseline",
    "dynamic-range-limit",
    "empty-cells",
    "fill",
    "fill-opacity",
    "fill-rule",
    "font-family",
    "font-feature-settings",
    "font-kerning",
    "font-language-override",
    "font-optical-sizing",
    "font-palette",
    "font-size",
    "font-size-adjust",
    "font-stretch",
    "font-style",
    "font-synthesis-small-caps",
    "font-synthesis-style",
    "font-synthesis-weight",
    "font-variant-alternates",
    "font-variant-caps",
    "font-variant-east-asian",
    "font-variant-emoji",
    "font-variant-ligatures",
    "font-variant-numeric",
    "font-variant-position",
    "font-variation-settings",
    "font-weight",
    "forced-color-adjust",
    "hyphenate-character",
    "hyphenate-limit-chars",
    "hyphens",
    "image-orientation",
    "image-rendering",
    "interactivity",
    "interpolate-size",
    "letter-spacing",
    "line-break",
    "line-height",
    "list-style-image",
    "list-style-position",
    "list-style-type",
    "marker-end",
    "marker-mid",
    "marker-start",
    "math-depth",
    "math-shift",
    "math-style",
    "orphans",
    "overflow-wrap",
    "paint-order",
    "pointer-events",
    "print-color-adjust",
    "quotes",
    "ruby-align",
    "ruby-overhang",
    "ruby-position",
    "scrollbar-color",
    "shape-rendering",
    "speak",
    "stroke",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-opacity",
    "stroke-width",
    "tab-size",
    "text-align",
    "text-align-last",
    "text-anchor",
    "text-autospace",
    "text-box-edge",
    "text-combine-upright",
    "text-decoration-skip-ink",
    "text-emphasis-color",
    "text-emphasis-position",
    "text-emphasis-style",
    "text-fit",
    "text-indent",
    "text-justify",
    "text-orientation",
    "text-rendering",
    "text-shadow",
    "text-size-adjust",
    "text-spacing-trim",
    "text-transform",
    "text-underline-offset",
    "text-underline-position",
    "text-wrap-mode",
    "text-wrap-style",
    "user-select",
    "visibility",
    "white-space-collapse",
    "widows",
    "window-drag",
    "word-break",
    "word-spacing",
    "writing-mode",
];
