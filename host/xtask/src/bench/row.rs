//! One line of a table.

use std::fmt;

use serde::Serialize;

/// A figure, what it is compared with, and whether it reaches its goal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Row {
    /// The first words of the line in the specification.
    row: String,
    /// None when it could not be measured.
    value: Option<f64>,
    unit: &'static str,
    peer: Option<&'static str>,
    peer_value: Option<f64>,
    /// How many times less than the peer; of a rate, how many times more.
    ratio: Option<f64>,
    goal: String,
    met: bool,
}

impl Row {
    /// A figure that must not be larger than `most`.
    pub(crate) fn at_most(row: impl Into<String>, value: Option<f64>, unit: &'static str, most: f64) -> Self {
        Self {
            row: row.into(),
            value,
            unit,
            peer: None,
            peer_value: None,
            ratio: None,
            goal: format!("<= {most} {unit}"),
            met: value.is_some_and(|value| value <= most),
        }
    }

    /// A count that must not be smaller than `least`.
    pub(crate) fn at_least(
        row: impl Into<String>,
        value: Option<f64>,
        unit: &'static str,
        least: f64,
    ) -> Self {
        let goal = format!(">= {least} {unit}");
        let met = value.is_some_and(|value| value >= least);
        Self { goal, met, ..Self::at_most(row, value, unit, least) }
    }

    /// The same figure must also be `times` less than what the peer needs.
    pub(crate) fn and_less_than(mut self, peer: &'static str, peer_value: Option<f64>, times: f64) -> Self {
        self.peer = Some(peer);
        self.peer_value = peer_value;
        self.ratio =
            self.value.zip(peer_value).filter(|(value, _)| *value > 0.0).map(|(value, peer)| peer / value);
        self.goal = if self.goal.is_empty() {
            format!(">= {times}x less than {peer}")
        } else {
            format!("{} and >= {times}x less than {peer}", self.goal)
        };
        self.met &= self.ratio.is_some_and(|ratio| ratio >= times);
        self
    }

    /// What the peer has of the same figure, for who reads it; the goal is as it was.
    pub(crate) fn beside(self, peer: &'static str, peer_value: Option<f64>) -> Self {
        let ratio = self.value.zip(peer_value).filter(|(value, _)| *value > 0.0);
        Self { peer: Some(peer), peer_value, ratio: ratio.map(|(value, peer)| peer / value), ..self }
    }

    /// A rate that must be `times` that of the peer.
    pub(crate) fn more_than(
        row: impl Into<String>,
        value: Option<f64>,
        unit: &'static str,
        peer: &'static str,
        peer_value: Option<f64>,
        times: f64,
    ) -> Self {
        let ratio = value.zip(peer_value).filter(|(_, peer)| *peer > 0.0).map(|(value, peer)| value / peer);
        Self {
            peer: Some(peer),
            peer_value,
            ratio,
            goal: format!(">= {times}x {peer}"),
            met: ratio.is_some_and(|ratio| ratio >= times),
            ..Self::at_most(row, value, unit, f64::INFINITY)
        }
    }

    /// A figure that counts only against the peer.
    pub(crate) fn less_than(
        row: impl Into<String>,
        value: Option<f64>,
        unit: &'static str,
        peer: &'static str,
        peer_value: Option<f64>,
        times: f64,
    ) -> Self {
        let alone = Self { goal: String::new(), ..Self::at_most(row, value, unit, f64::INFINITY) };
        alone.and_less_than(peer, peer_value, times)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.map_or("not measured".to_owned(), |value| format!("{value:.3} {}", self.unit));
        write!(f, "{} {:<52} {value:>16}", if self.met { "met   " } else { "missed" }, self.row)?;
        if let (Some(peer), Some(peer_value)) = (self.peer, self.peer_value) {
            write!(f, "   {peer} {peer_value:.3} {}", self.unit)?;
        }
        if let Some(ratio) = self.ratio {
            write!(f, ", {ratio:.1}x")?;
        }
        write!(f, "   goal {}", self.goal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_at_its_bound_and_missed_beyond_it() {
        assert!(Row::at_most("a", Some(1.0), "s", 1.0).met);
        assert!(!Row::at_most("a", Some(1.1), "s", 1.0).met);
        assert!(!Row::at_most("a", None, "s", 1.0).met);
    }

    #[test]
    fn a_count_is_met_from_its_bound_on() {
        assert!(Row::at_least("a", Some(150.0), "cases", 150.0).met);
        assert!(!Row::at_least("a", Some(149.0), "cases", 150.0).met);
        assert!(!Row::at_least("a", None, "cases", 0.0).met);
    }

    #[test]
    fn a_rate_is_met_at_so_many_times_that_of_the_peer() {
        let row = |value, peer| Row::more_than("a", value, "jobs/s", "awa", peer, 3.0);
        assert!(row(Some(30.0), Some(10.0)).met);
        assert!(!row(Some(29.9), Some(10.0)).met);
        assert!(!row(Some(30.0), None).met && !row(None, Some(10.0)).met);
        assert_eq!(row(Some(20.0), Some(10.0)).ratio, Some(2.0));
    }

    #[test]
    fn what_stands_beside_a_figure_changes_no_goal() {
        let row = Row::at_most("a", Some(1.0), "us", 1.0).beside("awa", Some(0.5));
        assert!(row.met);
        assert_eq!((row.goal.as_str(), row.ratio), ("<= 1 us", Some(0.5)));
    }

    #[test]
    fn both_goals_must_be_met_where_there_are_two() {
        let row = |value| Row::at_most("a", Some(value), "s", 1.0).and_less_than("Metro", Some(10.0), 10.0);
        assert!(row(1.0).met);
        assert!(!row(1.01).met);
        assert!(!Row::less_than("a", Some(1.0), "s", "Metro", Some(9.0), 10.0).met);
        assert!(!Row::less_than("a", Some(1.0), "s", "Metro", None, 10.0).met);
    }
}
