//! The broker's part of the protocol, just enough of it.

use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use hivesync_protocol::{
    Call, End, FromRunner, FromZygote, Layer2, Start, ToRunner, ToZygote, World, decode, encode,
};
use hivesync_types::{Digest, Limits};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};
use rustix::process::{WaitId, WaitIdOptions, WaitIdStatus};

use crate::compiler::send;

/// A zygote; it ends with this value.
pub(crate) struct Zygote {
    process: Child,
    socket: OwnedFd,
}

impl Zygote {
    /// The shipped runner.
    pub(crate) fn start() -> Self {
        Self::start_with(env!("CARGO_BIN_EXE_hivesync-runner"), &["zygote"])
    }

    /// Any runner. Must be called on a thread that outlives the runs: a runner dies
    /// with the thread that is its parent.
    pub(crate) fn start_with(executable: &str, arguments: &[&str]) -> Self {
        let (socket, theirs) =
            rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
                .unwrap();
        let process = Command::new(executable)
            .args(arguments)
            .env_clear()
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { process, socket }
    }

    /// A runner that stands behind its walls, or the end that it sent instead.
    pub(crate) fn runner(&self) -> Result<Runner, Box<End>> {
        let mut runner = self.fork();
        match runner.receive() {
            FromRunner::Ready(layer2) => runner.layer2 = layer2,
            FromRunner::End(end) => return Err(end),
            other => panic!("{other:?}"),
        }
        Ok(runner)
    }

    /// A runner of which nothing has been heard.
    pub(crate) fn fork(&self) -> Runner {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let packet = postcard::to_allocvec(&ToZygote::Fork { serial: 7 }).unwrap();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let descriptors = [theirs.as_fd()];
        assert!(control.push(SendAncillaryMessage::ScmRights(&descriptors)));
        rustix::net::sendmsg(&self.socket, &[IoSlice::new(&packet)], &mut control, SendFlags::empty())
            .unwrap();
        drop(theirs);
        let (reply, pidfd) = self.reply();
        let FromZygote::Forked { serial: 7, pid } = reply else { panic!("{reply:?}") };
        Runner { socket: ours, pidfd: pidfd.unwrap(), pid, layer2: Layer2::default() }
    }

    fn reply(&self) -> (FromZygote, Option<OwnedFd>) {
        let mut packet = [0; 4096];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut buffers = [IoSliceMut::new(&mut packet)];
        let received =
            rustix::net::recvmsg(&self.socket, &mut buffers, &mut control, RecvFlags::CMSG_CLOEXEC).unwrap();
        let descriptor = control.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
            _ => None,
        });
        (postcard::from_bytes(&packet[..received.bytes]).unwrap(), descriptor)
    }
}

impl Drop for Zygote {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One runner.
pub(crate) struct Runner {
    pub(crate) socket: UnixStream,
    pub(crate) pidfd: OwnedFd,
    pub(crate) pid: i32,
    pub(crate) layer2: Layer2,
}

impl Runner {
    /// Sends the one start.
    pub(crate) fn start(&self, start: Start, descriptors: &[&OwnedFd]) {
        let frame = encode(&ToRunner::Start(Box::new(start))).unwrap();
        let descriptors: Vec<_> = descriptors.iter().map(|descriptor| descriptor.as_fd()).collect();
        send(&self.socket, &frame, &descriptors);
    }

    pub(crate) fn answer(&mut self, message: &ToRunner) {
        self.socket.write_all(&encode(message).unwrap()).unwrap();
    }

    pub(crate) fn receive(&mut self) -> FromRunner {
        self.try_receive().expect("a frame")
    }

    /// The next frame, unless the process is gone.
    pub(crate) fn try_receive(&mut self) -> Option<FromRunner> {
        let mut prefix = [0; 4];
        self.socket.read_exact(&mut prefix).ok()?;
        let mut body = vec![0; u32::from_le_bytes(prefix) as usize];
        self.socket.read_exact(&mut body).ok()?;
        Some(decode(&body).unwrap())
    }

    /// Every frame until the end.
    pub(crate) fn finish(mut self) -> (Vec<FromRunner>, End) {
        let mut frames = Vec::new();
        loop {
            match self.receive() {
                FromRunner::End(end) => {
                    assert_eq!(self.reap().exit_status(), Some(0));
                    return (frames, *end);
                }
                frame => frames.push(frame),
            }
        }
    }

    /// Waits for the process. That this works at all shows that the broker is its parent.
    pub(crate) fn reap(self) -> WaitIdStatus {
        rustix::process::waitid(WaitId::PidFd(self.pidfd.as_fd()), WaitIdOptions::EXITED).unwrap().unwrap()
    }
}

/// Limits that nothing small reaches.
pub(crate) fn limits() -> Limits {
    Limits {
        wall_ms: 15_000,
        cpu_ms: 5_000,
        fuel: 1_000_000_000,
        memory_bytes: 64 << 20,
        table_elements: 10_000,
        stack_bytes: 512 << 10,
        host_calls: 10_000,
        host_call_bytes: 64 << 20,
        host_call_ms: 2_000,
        transfer_bytes: 4 << 20,
        jobs: 100,
        artifacts: 10,
        artifact_bytes: 1 << 20,
        log_lines: 100,
        log_bytes: 10_000,
    }
}

/// A run of `call` with every grant.
pub(crate) fn start(world: World, call: Call, limits: Limits) -> Start {
    Start {
        run_id: Digest::of(b"a run"),
        world,
        grants: ["artifacts", "log", "mapper", "progress", "project"].map(str::to_owned).to_vec(),
        limits,
        image_layers: 0,
        call,
    }
}
