//! The process that makes runners of itself.
//!
//! It has one thread, no engine, and nothing of any guest, so that every copy starts
//! from the same clean state.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, IntoRawFd, OwnedFd};
use std::process::ExitCode;

use hivesync_lockdown::{Cloned, Degraded, Filter, Plan, Wall, lists};
use hivesync_protocol::{FromZygote, ToZygote, ZYGOTE_PACKET_BYTES_MAX};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};

use crate::channel::{Channel, socket};
use crate::start::{self, Lock};

/// The run's end was told.
const EXIT_TOLD: i32 = 0;
/// There was nobody to tell.
const EXIT_ALONE: i32 = 3;

/// How this zygote's runners lock themselves down.
#[derive(Debug)]
pub struct Options {
    plan: Plan,
    #[cfg(feature = "evil")]
    pub(crate) evil: Option<crate::evil::Attempt>,
}

impl Options {
    /// Every wall; `degraded` says what to do where one cannot be built.
    pub fn new(degraded: Degraded) -> Self {
        Self {
            plan: Plan::new(degraded, start::first_resources()),
            #[cfg(feature = "evil")]
            evil: None,
        }
    }

    /// Runners that leave out walls and try something instead of running a guest.
    #[cfg(feature = "evil")]
    pub fn evil(attempt: Option<crate::evil::Attempt>, without: Vec<Wall>) -> Self {
        crate::evil::remember_zygote();
        let mut options = Self::new(Degraded::Refuse);
        options.plan.without = without;
        options.evil = attempt;
        options
    }
}

/// Serves requests on the standard input until it closes. Returns only in the zygote.
pub fn serve(options: &Options) -> ExitCode {
    match prepare(options) {
        Ok((lock, null)) => match answer_all(options, &lock, null.as_fd()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error),
        },
        Err(error) => fail(&error),
    }
}

fn fail(error: &io::Error) -> ExitCode {
    eprintln!("hivesync-runner: the zygote ends: {error}");
    ExitCode::FAILURE
}

/// Learns what the processor can do, once for all copies: under a hypervisor each
/// question is a trap that costs more than the rest of a run's set-up together.
fn know_the_processor() {
    #[cfg(target_arch = "x86_64")]
    let _ = std::arch::is_x86_feature_detected!("avx2");
}

fn prepare(options: &Options) -> io::Result<(Lock, OwnedFd)> {
    know_the_processor();
    let filter = |lists: &[&[hivesync_lockdown::Rule]]| Filter::permitting(lists).map_err(io::Error::other);
    let lock = Lock {
        plan: options.plan.clone(),
        waiting: filter(&[lists::RUNNING, lists::WAITING])?,
        running: filter(&[lists::RUNNING])?,
    };
    let null = std::fs::OpenOptions::new().write(true).open("/dev/null")?;
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    Ok((lock, null.into()))
}

fn answer_all(options: &Options, lock: &Lock, null: BorrowedFd<'_>) -> io::Result<()> {
    while let Some((ToZygote::Fork { serial }, socket)) = next_request()? {
        let Some(socket) = socket else {
            reply(&FromZygote::Failed { serial, errno: Errno::BADF.raw_os_error() }, None)?;
            continue;
        };
        // SAFETY: the zygote never starts a thread.
        match unsafe { hivesync_lockdown::clone_behind_namespaces(lock.plan.wants(Wall::Namespaces)) } {
            Ok(Cloned::Child { namespaces }) => become_runner(options, lock, null, socket, &namespaces),
            Ok(Cloned::Parent { pid, pidfd }) => {
                reply(&FromZygote::Forked { serial, pid }, Some(pidfd.as_fd()))?
            }
            Err(error) => {
                let errno = error.raw_os_error().unwrap_or_else(|| Errno::IO.raw_os_error());
                reply(&FromZygote::Failed { serial, errno }, None)?;
            }
        }
    }
    Ok(())
}

/// The life of a runner; it never comes back to the zygote's loop.
fn become_runner(
    options: &Options,
    lock: &Lock,
    null: BorrowedFd<'_>,
    socket: OwnedFd,
    namespaces: &[&str],
) -> ! {
    let code = match take_descriptors(socket, null) {
        Ok(()) => live(options, lock, namespaces),
        Err(_) => EXIT_ALONE,
    };
    // SAFETY: ends the process without running what the zygote's own frames would do
    // when they are left: they belong to the original.
    unsafe { libc::_exit(code) }
}

/// Leaves the broker's socket as standard input, nowhere as output, and nothing else.
fn take_descriptors(socket: OwnedFd, null: BorrowedFd<'_>) -> io::Result<()> {
    hivesync_lockdown::keep_as(&socket, 0)?;
    hivesync_lockdown::keep_as(null, 1)?;
    hivesync_lockdown::keep_as(null, 2)?;
    let _ = socket.into_raw_fd();
    // SAFETY: the values that own descriptors from 3 on live in frames of the zygote's
    // loop, which this copy never returns to.
    unsafe { hivesync_lockdown::close_above(3) }
}

#[cfg_attr(not(feature = "evil"), expect(unused_variables))]
fn live(options: &Options, lock: &Lock, namespaces: &[&str]) -> i32 {
    let channel = Channel;
    start::report_panics(channel);
    let ended = match start::load(lock, namespaces, channel) {
        #[cfg(feature = "evil")]
        Ok(loaded) if options.evil.is_some() => {
            let Some(attempt) = options.evil else { return EXIT_ALONE };
            attempt.perform(&loaded, channel).map(drop)
        }
        Ok(loaded) => crate::run::run(loaded, channel)
            .and_then(|end| channel.send(&hivesync_protocol::FromRunner::End(Box::new(end))).map(drop)),
        Err(error) => match error.into_fault() {
            Some(fault) => channel.send(&start::end_without_value(fault)).map(drop),
            None => return EXIT_ALONE,
        },
    };
    if ended.is_ok() { EXIT_TOLD } else { EXIT_ALONE }
}

/// The next request with its descriptor; none once the broker has closed.
fn next_request() -> io::Result<Option<(ToZygote, Option<OwnedFd>)>> {
    let mut packet = [0; ZYGOTE_PACKET_BYTES_MAX];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let received = loop {
        let mut buffers = [IoSliceMut::new(&mut packet)];
        match recvmsg(socket(), &mut buffers, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
            Err(Errno::INTR) => {}
            other => break other?,
        }
    };
    if received.bytes == 0 {
        return Ok(None);
    }
    let descriptor = ancillary.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    let request = packet
        .get(..received.bytes)
        .and_then(|bytes| postcard::from_bytes(bytes).ok())
        .ok_or_else(|| io::Error::other("a packet does not decode"))?;
    Ok(Some((request, descriptor)))
}

fn reply(message: &FromZygote, descriptor: Option<BorrowedFd<'_>>) -> io::Result<()> {
    let packet = postcard::to_allocvec(message).map_err(io::Error::other)?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let descriptors: Vec<_> = descriptor.into_iter().collect();
    if !descriptors.is_empty() {
        ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
    }
    loop {
        match sendmsg(socket(), &[IoSlice::new(&packet)], &mut ancillary, SendFlags::empty()) {
            Err(Errno::INTR) => {}
            other => return other.map(drop).map_err(io::Error::from),
        }
    }
}
