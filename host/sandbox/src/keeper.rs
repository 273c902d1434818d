//! The thread that is the parent of every runner.
//!
//! It starts the zygote, asks it for processes until the pool is full, kills what is
//! overdue, and reaps. It is a thread of its own, and blocks nowhere but in `poll`,
//! because a deadline must hold when every thread of the backend is busy; and it
//! lives as long as the pool, because the runners die with the thread that is their
//! parent.
//!
//! It never speaks with a runner: it only listens to the last words of one that died
//! before its time.
//!
//! **Invariant:** every process it was told of is reaped.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hivesync_protocol::{FromRunner, FromZygote, RunFault, ToZygote, ZYGOTE_PACKET_BYTES_MAX};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::SocketType;

use tokio::sync::oneshot;

use crate::pool::{Order, Parked, PoolConfig, Shared, Trouble};
use crate::process::{Ended, kill, reap};
use crate::socket;

/// A zygote that does not answer for this long is replaced.
const ZYGOTE_PATIENCE: Duration = Duration::from_secs(2);
/// The wait after a first failure; it doubles with each that follows.
const BACKOFF_MIN: Duration = Duration::from_millis(10);
/// The longest wait, so that a pool that can heal has healed within a second.
const BACKOFF_MAX: Duration = Duration::from_millis(320);

/// Starts the thread.
pub(crate) fn spawn(config: PoolConfig, shared: Arc<Shared>) -> io::Result<JoinHandle<()>> {
    let keeper = Keeper {
        config,
        shared,
        zygote: None,
        pending: HashMap::new(),
        live: HashMap::new(),
        serial: 0,
        failures: 0,
        resume_at: Instant::now(),
    };
    std::thread::Builder::new().name("hivesync-keeper".to_owned()).spawn(move || keeper.keep())
}

struct Zygote {
    child: Child,
    socket: OwnedFd,
}

/// A process that was asked for and has not been named yet.
struct Pending {
    socket: OwnedFd,
    since: Instant,
}

/// A process that has not been reaped.
struct Live {
    pidfd: Arc<OwnedFd>,
    deadline: Option<Instant>,
    by_deadline: bool,
    ended: oneshot::Sender<Ended>,
}

struct Keeper {
    config: PoolConfig,
    shared: Arc<Shared>,
    zygote: Option<Zygote>,
    pending: HashMap<u64, Pending>,
    live: HashMap<u64, Live>,
    serial: u64,
    /// Failures in a row.
    failures: u32,
    /// Nothing is started before.
    resume_at: Instant,
}

impl Keeper {
    fn keep(mut self) {
        loop {
            let now = Instant::now();
            if now >= self.resume_at {
                self.ensure_zygote();
                self.fill();
            }
            let (zygote_spoke, ended) = self.wait(self.timeout(now));
            if self.follow_orders() {
                return self.end();
            }
            if zygote_spoke {
                self.hear_zygote();
            }
            for serial in ended {
                self.bury(serial);
            }
            self.kill_overdue();
        }
    }

    /// Sleeps until something happens; says whether the zygote spoke and which processes ended.
    fn wait(&self, timeout: Option<Duration>) -> (bool, Vec<u64>) {
        let serials: Vec<u64> = self.live.keys().copied().collect();
        let mut watched = vec![PollFd::new(&self.shared.alarm, PollFlags::IN)];
        watched.extend(self.live.values().map(|live| PollFd::new(&*live.pidfd, PollFlags::IN)));
        watched.extend(self.zygote.iter().map(|zygote| PollFd::new(&zygote.socket, PollFlags::IN)));
        let timeout = timeout.map(|left| Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(left.subsec_nanos()),
        });
        if poll(&mut watched, timeout.as_ref()).is_err() {
            // EINTR: whatever happened is still there in the next turn.
            return (false, Vec::new());
        }
        let mut heard = [0; 8];
        // Fails when nobody rang, which is fine.
        let _ = rustix::io::read(&self.shared.alarm, &mut heard);
        let spoke = |fd: &PollFd<'_>| !fd.revents().is_empty();
        let zygote_spoke = watched.get(serials.len() + 1).is_some_and(spoke);
        let ended = watched.iter().skip(1).zip(serials).filter(|(fd, _)| spoke(fd)).map(|(_, serial)| serial);
        (zygote_spoke, ended.collect())
    }

    fn timeout(&self, now: Instant) -> Option<Duration> {
        let deadlines = self.live.values().filter(|live| !live.by_deadline).filter_map(|live| live.deadline);
        let answers = self.pending.values().map(|pending| pending.since + ZYGOTE_PATIENCE);
        let resume = (self.resume_at > now).then_some(self.resume_at);
        let next = deadlines.chain(answers).chain(resume).min()?;
        Some(next.saturating_duration_since(now))
    }

    /// Takes the orders; true when the thread must end.
    fn follow_orders(&mut self) -> bool {
        let mut stop = false;
        for order in self.shared.orders() {
            match order {
                Order::Stop => stop = true,
                Order::Deadline { serial, at } => {
                    if let Some(live) = self.live.get_mut(&serial) {
                        live.deadline = Some(at);
                    }
                }
            }
        }
        stop
    }

    fn kill_overdue(&mut self) {
        let now = Instant::now();
        for live in self.live.values_mut() {
            if !live.by_deadline && live.deadline.is_some_and(|deadline| deadline <= now) {
                live.by_deadline = true;
                // Fails only for a process that ended on its own; it is reaped next.
                kill(&live.pidfd);
            }
        }
        if self.pending.values().any(|pending| pending.since + ZYGOTE_PATIENCE <= now) {
            self.lose_zygote(Trouble::System { what: "waiting for the zygote", errno: libc::ETIMEDOUT });
        }
    }

    fn ensure_zygote(&mut self) {
        if self.zygote.is_some() {
            return;
        }
        match start_zygote(&self.config) {
            Ok(zygote) => self.zygote = Some(zygote),
            Err(error) => {
                let errno = error.raw_os_error().unwrap_or(libc::EIO);
                self.fail(Trouble::System { what: "starting the zygote", errno });
            }
        }
    }

    /// Asks for as many processes as are missing.
    fn fill(&mut self) {
        while self.shared.idle() + self.pending.len() < self.config.size {
            let Some(zygote) = &self.zygote else { return };
            match ask(zygote, self.serial) {
                Ok(socket) => {
                    self.pending.insert(self.serial, Pending { socket, since: Instant::now() });
                    self.serial += 1;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => {
                    let errno = error.raw_os_error().unwrap_or(libc::EIO);
                    return self.lose_zygote(Trouble::System { what: "asking the zygote", errno });
                }
            }
        }
    }

    fn hear_zygote(&mut self) {
        let mut packet = [0; ZYGOTE_PACKET_BYTES_MAX];
        loop {
            let Some(zygote) = &self.zygote else { return };
            let (bytes, pidfd) = match socket::receive(&zygote.socket, &mut packet) {
                Ok((0, _)) => {
                    return self
                        .lose_zygote(Trouble::System { what: "hearing the zygote", errno: libc::EPIPE });
                }
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => {
                    let errno = error.raw_os_error().unwrap_or(libc::EIO);
                    return self.lose_zygote(Trouble::System { what: "hearing the zygote", errno });
                }
            };
            let message = packet.get(..bytes).and_then(|packet| postcard::from_bytes(packet).ok());
            match (message, pidfd) {
                (Some(FromZygote::Forked { serial, pid }), Some(pidfd)) => self.adopt(serial, pid, pidfd),
                (Some(FromZygote::Failed { serial, errno }), _) => {
                    self.pending.remove(&serial);
                    self.fail(Trouble::System { what: "forking a runner", errno });
                }
                _ => {
                    return self.lose_zygote(Trouble::System {
                        what: "understanding the zygote",
                        errno: libc::EPROTO,
                    });
                }
            }
        }
    }

    fn adopt(&mut self, serial: u64, pid: i32, pidfd: OwnedFd) {
        let pidfd = Arc::new(pidfd);
        let (sender, ended) = oneshot::channel();
        self.live.insert(
            serial,
            Live { pidfd: Arc::clone(&pidfd), deadline: None, by_deadline: false, ended: sender },
        );
        match self.pending.remove(&serial) {
            Some(Pending { socket, .. }) => self.shared.park(Parked { serial, pid, pidfd, socket, ended }),
            // Asked for by nobody: it must not live.
            None => kill(&pidfd),
        }
    }

    /// Reaps a process that has ended, and tells whoever waits for it.
    fn bury(&mut self, serial: u64) {
        let Some(live) = self.live.remove(&serial) else { return };
        let (end, resources) = match reap(live.pidfd.as_fd()) {
            Ok(Some(reaped)) => reaped,
            Ok(None) => {
                self.live.insert(serial, live);
                return;
            }
            // Somebody else in this process reaped it: the end is known, the manner is not.
            Err(_) => (crate::process::ProcessEnd::Unknown, crate::process::Resources::default()),
        };
        match self.shared.withdraw(serial) {
            Some(parked) => self.fail(Trouble::Died { end, fault: last_words(&parked.socket) }),
            None => self.failures = 0,
        }
        // Nobody may be waiting any more.
        let _ = live.ended.send(Ended { end, resources, by_deadline: live.by_deadline });
    }

    fn lose_zygote(&mut self, trouble: Trouble) {
        self.pending.clear();
        if let Some(mut zygote) = self.zygote.take() {
            // It has ended already or is killed here; waiting for it is short either way.
            drop(zygote.child.kill());
            drop(zygote.child.wait());
        }
        self.fail(trouble);
    }

    fn fail(&mut self, trouble: Trouble) {
        tracing::warn!(runner.trouble = ?trouble, "no runner could be made ready");
        self.shared.complain(trouble);
        let backoff = BACKOFF_MIN.saturating_mul(1 << self.failures.min(5)).min(BACKOFF_MAX);
        self.failures = self.failures.saturating_add(1);
        self.resume_at = Instant::now() + backoff;
    }

    /// Kills and reaps everything.
    fn end(mut self) {
        if let Some(mut zygote) = self.zygote.take() {
            self.collect_last_forks(&zygote);
            drop(zygote.child.kill());
            drop(zygote.child.wait());
        }
        for live in self.live.values() {
            kill(&live.pidfd);
        }
        while !self.live.is_empty() {
            let (_, ended) = self.wait(Some(Duration::from_secs(1)));
            for serial in ended {
                self.bury(serial);
            }
        }
    }

    /// Processes that were forked but not yet heard of must be reaped too.
    fn collect_last_forks(&mut self, zygote: &Zygote) {
        let until = Instant::now() + Duration::from_millis(200);
        let mut packet = [0; ZYGOTE_PACKET_BYTES_MAX];
        while !self.pending.is_empty() && Instant::now() < until {
            let timeout = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
            let _ = poll(&mut [PollFd::new(&zygote.socket, PollFlags::IN)], Some(&timeout));
            let Ok((bytes, pidfd)) = socket::receive(&zygote.socket, &mut packet) else { continue };
            let message = packet.get(..bytes).and_then(|packet| postcard::from_bytes(packet).ok());
            match (message, pidfd) {
                (Some(FromZygote::Forked { serial, pid }), Some(pidfd)) => self.adopt(serial, pid, pidfd),
                (Some(FromZygote::Failed { serial, .. }), _) => drop(self.pending.remove(&serial)),
                _ => return,
            }
        }
    }
}

fn start_zygote(config: &PoolConfig) -> io::Result<Zygote> {
    let (ours, theirs) = socket::pair(SocketType::SEQPACKET)?;
    let child = Command::new(&config.program)
        .arg("zygote")
        .args(&config.arguments)
        .env_clear()
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .current_dir("/")
        .spawn()?;
    Ok(Zygote { child, socket: ours })
}

fn ask(zygote: &Zygote, serial: u64) -> io::Result<OwnedFd> {
    let (ours, theirs) = socket::pair(SocketType::STREAM)?;
    let packet = postcard::to_stdvec(&ToZygote::Fork { serial }).map_err(io::Error::other)?;
    socket::send(&zygote.socket, &packet, &[theirs.as_fd()])?;
    Ok(ours)
}

/// Bytes of last words that are listened to.
const LAST_WORDS_BYTES_MAX: usize = 64 * 1024;

/// Why a runner ended before anybody used it, if it managed to say so.
fn last_words(socket: &OwnedFd) -> Option<RunFault> {
    let mut heard = vec![0; LAST_WORDS_BYTES_MAX];
    let mut length = 0;
    while let Some(space) = heard.get_mut(length..).filter(|space| !space.is_empty()) {
        match rustix::net::recv(socket, space, rustix::net::RecvFlags::DONTWAIT) {
            Ok((_, 0)) | Err(Errno::AGAIN | Errno::CONNRESET) => break,
            Ok((_, bytes)) => length += bytes,
            Err(Errno::INTR) => {}
            Err(_) => return None,
        }
    }
    let mut rest = heard.get(..length)?;
    while let Some((prefix, tail)) = rest.split_first_chunk::<4>() {
        let bytes = usize::try_from(u32::from_le_bytes(*prefix)).ok()?;
        let (frame, next) = tail.split_at_checked(bytes)?;
        if let FromRunner::End(end) = hivesync_protocol::decode(frame).ok()? {
            return end.result.err();
        }
        rest = next;
    }
    None
}
