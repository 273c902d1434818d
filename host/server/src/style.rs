//! Colour, only where a person sees it.

use std::fmt;
use std::io::IsTerminal as _;

/// Whether a stream takes colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    On,
    Off,
}

/// A kind of emphasis.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Emphasis {
    Bold,
    Dim,
    Good,
    Bad,
    Warning,
}

impl Colour {
    /// Of stderr, where progress and errors go.
    pub(crate) fn of_stderr() -> Self {
        Self::decide(
            std::io::stderr().is_terminal(),
            std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty()),
        )
    }

    /// Of stdout, where the result goes.
    pub(crate) fn of_stdout() -> Self {
        Self::decide(
            std::io::stdout().is_terminal(),
            std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty()),
        )
    }

    const fn decide(is_terminal: bool, is_unwanted: bool) -> Self {
        if is_terminal && !is_unwanted { Self::On } else { Self::Off }
    }

    /// `text` with emphasis, where the stream takes it.
    pub(crate) fn paint<T: fmt::Display>(self, emphasis: Emphasis, text: T) -> Painted<T> {
        Painted { colour: self, emphasis, text }
    }
}

/// Text with emphasis.
pub(crate) struct Painted<T> {
    colour: Colour,
    emphasis: Emphasis,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.colour == Colour::Off {
            return self.text.fmt(f);
        }
        let code = match self.emphasis {
            Emphasis::Bold => 1,
            Emphasis::Dim => 2,
            Emphasis::Good => 32,
            Emphasis::Bad => 31,
            Emphasis::Warning => 33,
        };
        write!(f, "\u{1b}[{code}m{}\u{1b}[0m", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_needs_a_terminal_and_nobody_who_objects() {
        assert_eq!(Colour::decide(true, false), Colour::On);
        assert_eq!(Colour::decide(true, true), Colour::Off);
        assert_eq!(Colour::decide(false, false), Colour::Off);
        assert_eq!(Colour::Off.paint(Emphasis::Bad, "x").to_string(), "x");
        assert_eq!(Colour::On.paint(Emphasis::Bad, "x").to_string(), "\u{1b}[31mx\u{1b}[0m");
    }
}
