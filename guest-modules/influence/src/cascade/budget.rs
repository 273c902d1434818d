//! How much matching one question may cost: a count, so that it ends at the same place again.

use std::cell::Cell;

/// Selectors that are tried on elements, each as heavy as it is long and as what it looks
/// through. Stops sheets whose every rule could mean every element in ways that take long to
/// tell; a large project needs a tenth of it.
const TESTS_MAX: u64 = 20_000_000;

/// What is left of it.
#[derive(Debug)]
pub(crate) struct Budget {
    left: Cell<u64>,
    spent: Cell<bool>,
}

impl Default for Budget {
    fn default() -> Self {
        Self::of(TESTS_MAX)
    }
}

impl Budget {
    pub(crate) fn of(tests: u64) -> Self {
        Self { left: Cell::new(tests), spent: Cell::new(false) }
    }

    /// Whether there is so much left; it is gone then. What does not fit ends everything, so
    /// that no later rule is judged where an earlier one was not.
    pub(crate) fn spend(&self, cost: u64) -> bool {
        let rest = self.left.get().checked_sub(cost).filter(|_| !self.spent.get());
        match rest {
            Some(rest) => self.left.set(rest),
            None => self.spent.set(true),
        }
        rest.is_some()
    }

    /// How much there is left.
    pub(crate) fn left(&self) -> u64 {
        self.left.get()
    }

    /// Something was not tried.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent.get()
    }
}
