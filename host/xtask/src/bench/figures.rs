//! What was measured by its name, and the lines of a table that are made of it.

use std::collections::BTreeMap;

use anyhow::Result;

use super::row::Row;

/// What a figure is held to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

/// A figure's name, its line in the table, its unit and its goal.
pub(super) type Line = (&'static str, &'static str, &'static str, Goal);

/// The figures. Of a part that failed there are none, and its lines say so.
#[derive(Debug, Default)]
pub(super) struct Figures {
    taken: BTreeMap<String, f64>,
    /// Parts without these words in their name are left out.
    only: Option<String>,
}

impl Figures {
    /// Of the parts whose name has these words; of all, without any.
    pub(super) fn of_part(words: Option<&str>) -> Self {
        Self { only: words.map(str::to_owned), ..Self::default() }
    }

    /// Keeps one.
    pub(super) fn keep(&mut self, name: &str, value: impl Into<Option<f64>>) {
        if let Some(value) = value.into() {
            eprintln!("bench: {name} {value:.3}");
            self.taken.insert(name.to_owned(), value);
        }
    }

    /// One that is known.
    pub(super) fn get(&self, name: &str) -> Option<f64> {
        self.taken.get(name).copied()
    }

    /// Takes in what a program of ours printed.
    pub(super) fn read(&mut self, text: &str) {
        self.taken.extend(super::figures(text));
    }

    /// Measures a part; when it fails the others are measured all the same.
    pub(super) fn part(&mut self, name: &str, measure: impl FnOnce(&mut Self) -> Result<()>) {
        if self.only.as_ref().is_some_and(|words| !name.contains(words.as_str())) {
            return;
        }
        eprintln!("bench: {name}");
        if let Err(error) = measure(self) {
            eprintln!("bench: {name} could not be measured: {error:#}");
        }
    }

    /// A row for each line, measured or not. What stands in brackets there is said by `words`.
    pub(super) fn rows(&self, lines: &[Line], words: &[(&str, String)]) -> Vec<Row> {
        let rows = lines.iter().map(|(name, row, unit, goal)| {
            let row = words.iter().fold((*row).to_owned(), |row, (mark, word)| row.replace(mark, word));
            match goal {
                Goal::AtMost(most) => Row::at_most(row, self.get(name), unit, *most),
                Goal::AtLeast(least) => Row::at_least(row, self.get(name), unit, *least),
            }
        });
        rows.collect()
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    const LINES: [Line; 2] =
        [("a", "drain of {n} jobs", "s", Goal::AtMost(3.0)), ("b", "idle", "jobs", Goal::AtLeast(1.0))];

    #[test]
    fn a_part_that_fails_leaves_its_line_and_takes_no_other_along() {
        let mut figures = Figures::default();
        figures.part("one", |_| bail!("it fell over"));
        figures.part("two", |figures| {
            figures.keep("b", 2.0);
            Ok(())
        });
        let rows: Vec<String> =
            figures.rows(&LINES, &[("{n}", "7".to_owned())]).iter().map(ToString::to_string).collect();
        assert!(rows[0].contains("missed drain of 7 jobs") && rows[0].contains("not measured"), "{rows:?}");
        assert!(rows[1].starts_with("met    idle"), "{rows:?}");
    }

    #[test]
    fn a_part_that_was_not_asked_for_is_not_measured() {
        let mut figures = Figures::of_part(Some("signed"));
        figures.part("signed requests", |figures| {
            figures.keep("a", 1.0);
            Ok(())
        });
        figures.part("subscribers", |figures| {
            figures.keep("b", 2.0);
            Ok(())
        });
        assert_eq!((figures.get("a"), figures.get("b")), (Some(1.0), None));
    }
}
