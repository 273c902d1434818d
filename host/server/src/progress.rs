//! What a person sees while a preview is built: a bar on a terminal, lines elsewhere.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hivesync_pipeline::{Event, Stage};

use crate::style::{Colour, Emphasis};

const BAR_CELLS: usize = 24;
/// A bar that moves more often than this only flickers.
const REDRAW: Duration = Duration::from_millis(40);

/// Where progress goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A bar on stderr.
    Bar,
    /// A line a stage on stderr.
    Lines,
    /// Nowhere: the output is for a program.
    Silent,
}

impl Mode {
    pub(crate) fn choose(is_for_program: bool) -> Self {
        match (is_for_program, io::stderr().is_terminal()) {
            (true, _) => Self::Silent,
            (false, true) => Self::Bar,
            (false, false) => Self::Lines,
        }
    }
}

/// Shows events.
pub(crate) struct Progress {
    mode: Mode,
    colour: Colour,
    bar: Mutex<Bar>,
}

struct Bar {
    stage: Stage,
    permille: u16,
    modules: Option<(u32, u32)>,
    drawn: Option<Instant>,
}

impl Progress {
    pub(crate) fn new(mode: Mode) -> Self {
        let bar = Bar { stage: Stage::Checkout, permille: 0, modules: None, drawn: None };
        Self { mode, colour: Colour::of_stderr(), bar: Mutex::new(bar) }
    }

    /// Takes one event. A stderr that is gone is no reason to fail.
    pub(crate) fn hear(&self, event: &Event) {
        match self.mode {
            Mode::Silent => {}
            Mode::Lines => match event {
                Event::Stage(stage) => eprintln_quietly(stage.as_str()),
                Event::Note(note) => eprintln_quietly(note),
                Event::Modules { .. } | Event::Log(_) => {}
            },
            Mode::Bar => self.draw(event),
        }
    }

    fn draw(&self, event: &Event) {
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        bar.permille = event.permille().unwrap_or(bar.permille);
        match event {
            Event::Stage(stage) => bar.stage = *stage,
            Event::Modules { done, total } => bar.modules = Some((*done, *total)),
            Event::Note(note) => eprintln_quietly(&format!("\r\u{1b}[K{note}")),
            Event::Log(_) => {}
        }
        let is_due = bar.drawn.is_none_or(|drawn| drawn.elapsed() >= REDRAW);
        if is_due || matches!(event, Event::Stage(_)) {
            bar.drawn = Some(Instant::now());
            let mut stderr = io::stderr().lock();
            let _ = write!(stderr, "\r\u{1b}[K{}", bar.line(self.colour)).and_then(|()| stderr.flush());
        }
    }

    /// Takes the bar away, so that what follows stands on a clean line.
    pub(crate) fn clear(&self) {
        if self.mode == Mode::Bar {
            let mut stderr = io::stderr().lock();
            let _ = write!(stderr, "\r\u{1b}[K").and_then(|()| stderr.flush());
        }
    }
}

impl Bar {
    fn line(&self, colour: Colour) -> String {
        let full = BAR_CELLS * usize::from(self.permille) / 1000;
        let cells = format!("{}{}", "━".repeat(full), "╌".repeat(BAR_CELLS - full.min(BAR_CELLS)));
        let mut line = format!("{} {}", colour.paint(Emphasis::Good, cells), self.stage.as_str());
        if let Some((done, total)) = self.modules {
            // Writing to a string cannot fail.
            let _ = write!(line, " {done}/{total} modules");
        }
        line
    }
}

/// A line on stderr; a closed one is no reason to fail.
pub(crate) fn eprintln_quietly(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Text on stdout; a closed one is no reason to fail.
pub(crate) fn print_quietly(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_says_stage_and_modules() {
        let bar = Bar { stage: Stage::Bundling, permille: 500, modules: Some((3, 9)), drawn: None };
        assert_eq!(
            bar.line(Colour::Off),
            format!("{}{} bundling 3/9 modules", "━".repeat(12), "╌".repeat(12))
        );
    }
}
