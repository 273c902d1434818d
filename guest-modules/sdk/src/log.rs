//! Log lines with a level.

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// For those who look for a fault.
    Debug,
    /// What happens.
    Info,
    /// What may not be meant.
    Warn,
    /// What went wrong.
    Error,
}

/// Where a guest's log lines go: the host's log import, or a list in a test.
pub trait LogSink {
    /// Adds one line.
    fn write_line(&self, level: Level, line: &str);
}

/// Writes one line of level debug to a [`LogSink`].
#[macro_export]
macro_rules! debug {
    ($sink:expr, $($line:tt)+) => {
        $crate::LogSink::write_line($sink, $crate::Level::Debug, &::std::format!($($line)+))
    };
}

/// Writes one line of level info to a [`LogSink`].
#[macro_export]
macro_rules! info {
    ($sink:expr, $($line:tt)+) => {
        $crate::LogSink::write_line($sink, $crate::Level::Info, &::std::format!($($line)+))
    };
}

/// Writes one line of level warn to a [`LogSink`].
#[macro_export]
macro_rules! warn {
    ($sink:expr, $($line:tt)+) => {
        $crate::LogSink::write_line($sink, $crate::Level::Warn, &::std::format!($($line)+))
    };
}

/// Writes one line of level error to a [`LogSink`].
#[macro_export]
macro_rules! error {
    ($sink:expr, $($line:tt)+) => {
        $crate::LogSink::write_line($sink, $crate::Level::Error, &::std::format!($($line)+))
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[derive(Default)]
    struct Lines(RefCell<Vec<(Level, String)>>);

    impl LogSink for Lines {
        fn write_line(&self, level: Level, line: &str) {
            self.0.borrow_mut().push((level, line.to_owned()));
        }
    }

    #[test]
    fn each_macro_writes_one_formatted_line_of_its_level() {
        let lines = Lines::default();
        let modules = 3;
        debug!(&lines, "d");
        info!(&lines, "{modules} modules");
        warn!(&lines, "w {}", 1);
        error!(&lines, "e");
        let expected = [
            (Level::Debug, "d".to_owned()),
            (Level::Info, "3 modules".to_owned()),
            (Level::Warn, "w 1".to_owned()),
            (Level::Error, "e".to_owned()),
        ];
        assert_eq!(*lines.0.borrow(), expected);
    }
}
