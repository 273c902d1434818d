//! What an observer hears while a preview is built.

use std::sync::Arc;

use hivesync_sandbox::LogLine;
use serde::Serialize;

/// The stages of a preview, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// The request and the project are looked at.
    Checkout,
    /// Packages are restored, the image is packed.
    Dependencies,
    /// The sandboxed step.
    Bundling,
    /// The zip is written and signed.
    Packaging,
    /// The zip stands at its place.
    Ready,
}

impl Stage {
    /// How far a job is when it enters this stage, in thousandths.
    pub const fn permille(self) -> u16 {
        match self {
            Self::Checkout => 100,
            Self::Dependencies => 250,
            Self::Bundling => 500,
            Self::Packaging => 800,
            Self::Ready => 1000,
        }
    }

    /// The name used in reports and events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Checkout => "checkout",
            Self::Dependencies => "dependencies",
            Self::Bundling => "bundling",
            Self::Packaging => "packaging",
            Self::Ready => "ready",
        }
    }
}

/// One thing to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A line of the step's log, escaped.
    Log(LogLine),
    /// A stage begins.
    Stage(Stage),
    /// Modules that are transformed, of those that are known; the second may grow.
    Modules {
        /// Transformed.
        done: u32,
        /// Known.
        total: u32,
    },
    /// A sentence worth showing, such as that packages are being restored.
    Note(String),
}

impl Event {
    /// How far the job is, in thousandths, where the event says so.
    pub fn permille(&self) -> Option<u16> {
        match self {
            Self::Stage(stage) => Some(stage.permille()),
            Self::Modules { done, total } => {
                let span = u64::from(Stage::Packaging.permille() - Stage::Bundling.permille());
                let part = span * u64::from(*done.min(total)) / u64::from((*total).max(1));
                Some(Stage::Bundling.permille() + u16::try_from(part).unwrap_or_default())
            }
            Self::Note(_) | Self::Log(_) => None,
        }
    }
}

/// Called from any thread, and must not block.
pub type Observer = Arc<dyn Fn(Event) + Send + Sync>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_move_the_figure_from_bundling_to_packaging_and_never_beyond() {
        let at = |done, total| Event::Modules { done, total }.permille();
        assert_eq!(at(0, 0), Some(500));
        assert_eq!(at(1, 2), Some(650));
        assert_eq!(at(2, 2), Some(800));
        assert_eq!(at(9, 2), Some(800));
    }
}
