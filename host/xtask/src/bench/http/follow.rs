//! Many who follow previews as server-sent events, of whom half go away and come back.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::client::{Ask, Connection};
use super::node::{Node, Person, text};

/// Previews that are followed.
const JOBS: usize = 50;
/// Each subscriber is a thread here that needs next to nothing.
const STACK: usize = 128 * 1024;
/// When an event that did not come is called lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was measured.
pub(super) struct Followed {
    pub(super) bytes_each: f64,
    /// From the request that ends a preview to each subscriber's news of it.
    pub(super) news: Vec<Duration>,
    /// Events that somebody did not get, or got twice.
    pub(super) wrong: usize,
}

/// What a subscriber says.
enum Word {
    /// It follows and has what there was.
    Ready,
    /// It was told of the end of this preview, and saw these events in all.
    Over {
        job: usize,
        when: Instant,
        seen: Vec<u64>,
    },
    Lost(anyhow::Error),
}

pub(super) fn measure(node: &Node, person: &Person, subscribers: usize) -> Result<Followed> {
    let mut connection = node.connect()?;
    let mut jobs = Vec::new();
    for number in 0..JOBS {
        let asked = person.ask(&mut connection, &format!("followed-{number}"))?.json()?;
        jobs.push(format!("{}/{}", person.jobs(), text(&asked, "job_id")?));
    }
    let before = node.memory()?;
    let (say, words) = channel();
    for number in 0..subscribers {
        let job = number % JOBS;
        let target = format!("{}/events", jobs.get(job).context("no such preview")?);
        let (say, address, token) = (say.clone(), node.address.clone(), person.token.clone());
        // Every second one loses its connection before there is news.
        let comes_back = number % 2 == 1;
        thread::Builder::new().stack_size(STACK).spawn(move || {
            if let Err(error) = subscribe((&address, &target, &token), (job, comes_back), &say) {
                // Nobody listens any more when the measurement is over.
                let _ = say.send(Word::Lost(error));
            }
        })?;
    }
    for _ in 0..subscribers {
        match words.recv_timeout(PATIENCE).context("a subscriber is not answered")? {
            Word::Ready => {}
            Word::Over { .. } => anyhow::bail!("a preview was over before its time"),
            Word::Lost(error) => return Err(error),
        }
    }
    let bytes_each = (node.memory()? - before) / f64::from(u32::try_from(subscribers)?);
    let mut ended = Vec::new();
    for job in &jobs {
        ended.push(Instant::now());
        let target = format!("{job}/cancel");
        let ask = Ask { method: "POST", target: &target, token: &person.token, key: "", body: "{}" };
        connection.ask(ask)?.json()?;
    }
    let (news, wrong) = collect(&words, &ended, subscribers)?;
    Ok(Followed { bytes_each, news, wrong })
}

fn subscribe(
    (address, target, token): (&str, &str, &str),
    (job, comes_back): (usize, bool),
    say: &Sender<Word>,
) -> Result<()> {
    let mut seen = Vec::new();
    let mut connection = Connection::open(address)?;
    connection.follow(target, token, None)?;
    seen.extend(ids(&connection.chunk()?.context("the stream ended at once")?));
    ensure!(!seen.is_empty(), "there was no first event");
    if comes_back {
        drop(connection);
        connection = Connection::open(address)?;
        connection.follow(target, token, seen.last().copied())?;
    }
    say.send(Word::Ready).ok().context("nobody listens")?;
    let mut when = None;
    while let Some(chunk) = connection.chunk()? {
        let new = ids(&chunk);
        if !new.is_empty() {
            when.get_or_insert_with(Instant::now);
        }
        seen.extend(new);
    }
    let when = when.context("the stream ended without news")?;
    say.send(Word::Over { job, when, seen }).ok().context("nobody listens")
}

fn collect(words: &Receiver<Word>, ended: &[Instant], subscribers: usize) -> Result<(Vec<Duration>, usize)> {
    let (mut news, mut wrong) = (Vec::new(), 0);
    for told in 0..subscribers {
        match words.recv_timeout(PATIENCE) {
            Ok(Word::Over { job, when, seen }) => {
                let ended = ended.get(job).context("no such preview")?;
                news.push(when.saturating_duration_since(*ended));
                // Numbered from one, each once and in order.
                wrong += usize::from(!seen.iter().copied().eq(1..=u64::try_from(seen.len())?));
            }
            Ok(Word::Ready) => {}
            Ok(Word::Lost(error)) => {
                eprintln!("bench: a subscriber was lost: {error:#}");
                wrong += 1;
            }
            Err(_) => {
                wrong += subscribers - told;
                break;
            }
        }
    }
    Ok((news, wrong))
}

/// The numbers of the events in a part of a stream: the server never cuts an event.
fn ids(chunk: &[u8]) -> Vec<u64> {
    let text = String::from_utf8_lossy(chunk);
    text.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_events_are_read_and_comments_have_none() {
        let text = b"id: 1\nevent: state\ndata: {\"id\": 7}\n\n: still there\n\nid: 2\n\n";
        assert_eq!(ids(text), [1, 2]);
    }
}
