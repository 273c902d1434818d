//! Pseudo-classes and pseudo-elements that Chromium knows.

use std::fmt;

use cssparser::ToCss;

/// A pseudo-class beyond those of the tree's structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PseudoClass {
    /// `:hover` and others that only a running page can answer, by their name.
    State(&'static str),
    /// Answered by the element's name and attributes.
    Static(Static),
    /// `:lang(…)`, with its ranges.
    Lang(Vec<String>),
    /// `:dir(…)`: right to left or not.
    Dir(Direction),
    /// Known, and never true in a page: `:host-context(…)` outside of a shadow tree and the like.
    Never(String),
}

/// What a document alone can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Static {
    AnyLink,
    Link,
    Enabled,
    Disabled,
    Checked,
    Default,
    Indeterminate,
    Required,
    Optional,
    ReadOnly,
    ReadWrite,
    PlaceholderShown,
    Defined,
    Open,
    Valid,
    Invalid,
    InRange,
    OutOfRange,
}

/// The argument of `:dir`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    LeftToRight,
    RightToLeft,
    Other,
}

/// States, with the name that a map uses.
const STATES: &[&str] = &[
    "hover",
    "active",
    "focus",
    "focus-visible",
    "focus-within",
    "visited",
    "target",
    "target-current",
    "fullscreen",
    "modal",
    "popover-open",
    "picture-in-picture",
    "autofill",
    "user-valid",
    "user-invalid",
    "paused",
    "playing",
    "muted",
    "seeking",
    "stalled",
    "buffering",
    "volume-locked",
    "interest-source",
    "interest-target",
    "has-slotted",
    "-webkit-autofill",
    "-webkit-full-screen",
    "-webkit-drag",
    "-webkit-full-screen-ancestor",
    "-internal-media-controls-overlay-cast-button",
    "xr-overlay",
    "-webkit-full-page-media",
    "active-view-transition",
    "target-before",
    "target-after",
];

const STATICS: &[(&str, Static)] = &[
    ("any-link", Static::AnyLink),
    ("-webkit-any-link", Static::AnyLink),
    ("link", Static::Link),
    ("enabled", Static::Enabled),
    ("disabled", Static::Disabled),
    ("checked", Static::Checked),
    ("default", Static::Default),
    ("indeterminate", Static::Indeterminate),
    ("required", Static::Required),
    ("optional", Static::Optional),
    ("read-only", Static::ReadOnly),
    ("read-write", Static::ReadWrite),
    ("placeholder-shown", Static::PlaceholderShown),
    ("defined", Static::Defined),
    ("open", Static::Open),
    ("valid", Static::Valid),
    ("invalid", Static::Invalid),
    ("in-range", Static::InRange),
    ("out-of-range", Static::OutOfRange),
];

/// Of scroll bars and windows; they stand behind a pseudo-element only.
const OF_PARTS: &[&str] = &[
    "horizontal",
    "vertical",
    "decrement",
    "increment",
    "start",
    "end",
    "double-button",
    "single-button",
    "no-button",
    "corner-present",
    "window-inactive",
];

impl PseudoClass {
    /// The pseudo-class of this name; none where Chromium knows none.
    pub(crate) fn named(name: &str) -> Option<Self> {
        if let Some(state) = STATES.iter().find(|state| state.eq_ignore_ascii_case(name)) {
            return Some(Self::State(state));
        }
        if let Some((_, kind)) = STATICS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return Some(Self::Static(*kind));
        }
        let part = OF_PARTS.iter().any(|part| part.eq_ignore_ascii_case(name));
        part.then(|| Self::Never(name.to_ascii_lowercase()))
    }
}

impl selectors::parser::NonTSPseudoClass for PseudoClass {
    fn is_active_or_hover(&self) -> bool {
        matches!(self, Self::State("hover" | "active"))
    }

    fn is_user_action_state(&self) -> bool {
        matches!(self, Self::State("hover" | "active" | "focus" | "focus-within" | "focus-visible"))
    }
}

impl ToCss for PseudoClass {
    fn to_css<W: fmt::Write>(&self, out: &mut W) -> fmt::Result {
        match self {
            Self::State(name) => write!(out, ":{name}"),
            Self::Static(kind) => {
                let name = STATICS.iter().rev().find(|(_, known)| known == kind).map(|(name, _)| *name);
                write!(out, ":{}", name.unwrap_or_default())
            }
            Self::Lang(ranges) => write!(out, ":lang({})", ranges.join(", ")),
            Self::Dir(Direction::LeftToRight) => out.write_str(":dir(ltr)"),
            Self::Dir(Direction::RightToLeft) => out.write_str(":dir(rtl)"),
            Self::Dir(Direction::Other) => out.write_str(":dir(auto)"),
            Self::Never(text) => write!(out, ":{text}"),
        }
    }
}

/// A pseudo-element, by its name without colons; arguments belong to the name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PseudoElement(pub(crate) String);

const ELEMENTS: &[&str] = &[
    "before",
    "after",
    "first-line",
    "first-letter",
    "selection",
    "marker",
    "placeholder",
    "backdrop",
    "cue",
    "file-selector-button",
    "target-text",
    "spelling-error",
    "grammar-error",
    "details-content",
    "view-transition",
    "column",
    "scroll-marker",
    "scroll-marker-group",
    "checkmark",
    "picker-icon",
    "search-text",
    "interest-hint",
    "permission-icon",
];

const FUNCTIONS: &[&str] = &[
    "highlight",
    "part",
    "slotted",
    "cue",
    "picker",
    "view-transition-group",
    "view-transition-image-pair",
    "view-transition-old",
    "view-transition-new",
    "view-transition-group-children",
    "scroll-button",
];

/// Chromium takes these prefixed names even where it has no such part; names with another
/// prefix make a selector invalid.
const WEBKIT: &str = "-webkit-";

impl PseudoElement {
    /// The pseudo-element of this name; none where Chromium knows none.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let known = ELEMENTS.contains(&name.as_str()) || name.starts_with(WEBKIT);
        known.then_some(Self(name))
    }

    /// A pseudo-element with an argument.
    pub(crate) fn function(name: &str, argument: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        FUNCTIONS.contains(&name.as_str()).then(|| Self(format!("{name}({argument})")))
    }
}

impl selectors::parser::PseudoElement for PseudoElement {
    fn accepts_state_pseudo_classes(&self) -> bool {
        true
    }

    fn is_before_or_after(&self) -> bool {
        matches!(self.0.as_str(), "before" | "after")
    }

    fn valid_after_before_or_after(&self) -> bool {
        self.0 == "marker"
    }
}

impl ToCss for PseudoElement {
    fn to_css<W: fmt::Write>(&self, out: &mut W) -> fmt::Result {
        write!(out, "::{}", self.0)
    }
}
