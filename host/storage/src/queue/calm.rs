//! Whether there is anything to do at all, so that a queue at rest costs next to nothing.
//!
//! One look tells it, outside of any transaction. It is never wrong to look once more, and nobody
//! is told that there is nothing to do on the word of a look that something may have changed since:
//! in a file nobody but this process changes anything, and whatever another process puts into a
//! shared queue is rung for, or looked for again soon.
//!
//! **Invariant:** a lease that is over is seen as soon as without this.

use hivesync_jobs::Moment;

use super::command::{Answer, Command, Request};

/// What one look found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Calm {
    /// Some lane has jobs that wait, whether they are due or not.
    pub(super) is_waiting: bool,
    /// When the first lease is over.
    pub(super) lease_ends: Option<Moment>,
}

impl Calm {
    /// Answers those that it can answer, and leaves the rest. `clock` is the time of all of them;
    /// without one, each has brought its own.
    pub(super) fn answer(self, requests: &mut Vec<Request>, clock: Option<Moment>) {
        answer(requests, |command| match command {
            Command::Rest => Some(Answer::Rests(!self.is_waiting)),
            Command::Sweep(now) => self.says_that_none_is_late(clock.unwrap_or(*now)),
            _ => None,
        });
    }

    fn says_that_none_is_late(self, now: Moment) -> Option<Answer> {
        let is_late = self.lease_ends.is_some_and(|end| end < now);
        (!is_late).then(|| Answer::Swept(Vec::new()))
    }
}

/// Whether a look could answer one of these.
pub(super) fn is_asked(requests: &[Request]) -> bool {
    requests.iter().any(|request| matches!(request.command, Command::Rest | Command::Sweep(_)))
}

/// Answers those for which there is an answer, and leaves the rest.
pub(super) fn answer(requests: &mut Vec<Request>, known: impl Fn(&Command) -> Option<Answer>) {
    for request in std::mem::take(requests) {
        match known(&request.command) {
            // A caller that is gone does not need its answer.
            Some(answer) => drop(request.reply.send(Ok(answer))),
            None => requests.push(request),
        }
    }
}
