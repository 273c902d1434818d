//! A ledger in a file, which outlives the process that writes it.
//!
//! A line a fact: that something is asked, and what was answered. Each is on disk before the
//! engine goes on. A line that a crash left unfinished is no fact, and is cut off.
//!
//! **Invariant:** one process at a time writes a journal.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use hivesync_models::Answered;
use hivesync_protocol::wit::steps::Answer;
use hivesync_types::Digest;
use serde::{Deserialize, Serialize};

use crate::ledger::{AskedFor, Begun, Ledger, LedgerError};

/// Bytes of a journal; a run of the longest answers is far below.
const JOURNAL_BYTES_MAX: u64 = 64 << 20;

/// A journal that is open.
#[derive(Debug)]
pub struct Journal {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    /// What is known of a question of a run.
    known: HashMap<(Digest, Digest), Option<Answer>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    run: Digest,
    key: Digest,
    purpose: String,
    /// None: it is asked.
    answer: Option<Answer>,
}

impl Journal {
    /// Opens a journal, or begins one.
    ///
    /// # Errors
    ///
    /// It cannot be read or written, is no journal, or another process has it open.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let mut options = File::options();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).open(path).map_err(told)?;
        file.try_lock().map_err(|_| LedgerError("another process has the journal open".to_owned()))?;
        if file.metadata().map_err(told)?.len() > JOURNAL_BYTES_MAX {
            return Err(LedgerError("the file is too large for a journal".to_owned()));
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(told)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut known = HashMap::new();
        for line in text.get(..whole).unwrap_or_default().lines() {
            let line: Line = serde_json::from_str(line)
                .map_err(|_| LedgerError("the file is no journal of a pipeline".to_owned()))?;
            let entry = known.entry((line.run, line.key)).or_insert(None);
            *entry = line.answer.or(entry.take());
        }
        let whole = u64::try_from(whole).unwrap_or(u64::MAX);
        file.set_len(whole).and_then(|()| file.seek(SeekFrom::Start(whole))).map_err(told)?;
        Ok(Self { state: Mutex::new(State { file, known }) })
    }

    fn note(&self, asked: &AskedFor<'_>, answer: Option<Answer>) -> Result<(), LedgerError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let purpose = asked.question.ask().purpose.clone();
        let line = Line { run: asked.run, key: asked.key, purpose, answer };
        let mut text = serde_json::to_string(&line).map_err(|error| LedgerError(error.to_string()))?;
        text.push('\n');
        state.file.write_all(text.as_bytes()).and_then(|()| state.file.sync_data()).map_err(told)?;
        state.known.insert((line.run, line.key), line.answer);
        Ok(())
    }
}

impl Ledger for Journal {
    async fn begin(&self, asked: &AskedFor<'_>) -> Result<Begun, LedgerError> {
        let known = {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.known.get(&(asked.run, asked.key)).cloned()
        };
        match known {
            Some(Some(answer)) => Ok(Begun::Answered(answer)),
            Some(None) => Ok(Begun::Unanswered),
            None => self.note(asked, None).map(|()| Begun::New),
        }
    }

    async fn settle(&self, asked: &AskedFor<'_>, answered: &Answered) -> Result<(), LedgerError> {
        self.note(asked, Some(answered.answer.clone()))
    }
}

fn told(error: std::io::Error) -> LedgerError {
    LedgerError(error.kind().to_string())
}

#[cfg(test)]
mod tests {
    use hivesync_models::Question;
    use hivesync_protocol::wit::steps::{Ask, AskError};

    use super::*;

    fn question() -> Question {
        let ask = Ask { purpose: "test".to_owned(), messages: Vec::new(), schema: None, max_tokens: 1 };
        Question::new(ask, &[], 1)
    }

    fn answered(error: AskError) -> Answered {
        let answer = Answer::Failed(error);
        Answered { answer, place: None, faults: Vec::new(), replayed: false, estimated: false }
    }

    #[tokio::test]
    async fn what_was_asked_and_answered_outlives_the_process_and_a_torn_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let question = question();
        let asked = |run: &[u8], key: &[u8]| AskedFor {
            run: Digest::of(run),
            key: Digest::of(key),
            step: "a",
            question: &question,
        };
        let journal = Journal::open(&path).unwrap();
        assert!(Journal::open(&path).is_err(), "two processes would write between each other's lines");
        assert_eq!(journal.begin(&asked(b"1", b"a")).await.unwrap(), Begun::New);
        journal.settle(&asked(b"1", b"a"), &answered(AskError::Timeout)).await.unwrap();
        assert_eq!(journal.begin(&asked(b"1", b"b")).await.unwrap(), Begun::New);
        drop(journal);
        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(b"{\"run\":\"sha2").unwrap();
        drop(file);
        for _ in 0..2 {
            let journal = Journal::open(&path).unwrap();
            let answer = Answer::Failed(AskError::Timeout);
            assert_eq!(journal.begin(&asked(b"1", b"a")).await.unwrap(), Begun::Answered(answer));
            assert_eq!(journal.begin(&asked(b"1", b"b")).await.unwrap(), Begun::Unanswered);
        }
        let journal = Journal::open(&path).unwrap();
        assert_eq!(
            journal.begin(&asked(b"2", b"a")).await.unwrap(),
            Begun::New,
            "another run asks for itself"
        );
        journal.settle(&asked(b"1", b"b"), &answered(AskError::Refused)).await.unwrap();
        drop(journal);
        let journal = Journal::open(&path).unwrap();
        let refused = Answer::Failed(AskError::Refused);
        assert_eq!(journal.begin(&asked(b"1", b"b")).await.unwrap(), Begun::Answered(refused));
    }

    #[test]
    fn a_file_that_is_no_journal_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        std::fs::write(&path, "my notes\nand more").unwrap();
        assert!(Journal::open(&path).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "my notes\nand more");
    }
}
