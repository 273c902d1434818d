//! The compiler's other end.

use std::fs::File;
use std::io::{IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use hivesync_protocol::{CompileAnswer, CompileRequest, decode, encode};
use hivesync_types::{CompileLimits, Digest};
use rustix::fs::{MemfdFlags, SealFlags};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};

/// The machine code of a component, in a sealed memory file.
pub(crate) fn compile(component: &[u8]) -> OwnedFd {
    let module = memory_file("module", component);
    let output =
        rustix::fs::memfd_create("compiled", MemfdFlags::ALLOW_SEALING | MemfdFlags::CLOEXEC).unwrap();
    let request = CompileRequest {
        digest: Digest::of(component),
        limits: CompileLimits {
            module_bytes: 64 << 20,
            functions: 100_000,
            function_bytes: 8 << 20,
            cpu_seconds: 120,
            memory_bytes: 3 << 30,
            output_bytes: 256 << 20,
        },
    };
    match ask(&request, [module.as_fd(), output.as_fd()]) {
        CompileAnswer::Compiled { .. } => {}
        CompileAnswer::Refused(fault) => panic!("{fault:?}"),
    }
    rustix::fs::fcntl_add_seals(
        &output,
        SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL,
    )
    .unwrap();
    output
}

fn ask(request: &CompileRequest, descriptors: [std::os::fd::BorrowedFd<'_>; 2]) -> CompileAnswer {
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let mut process = Command::new(executable())
        .env_clear()
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .spawn()
        .expect("hivesync-compiler; build it with `cargo build -p hivesync-compiler`");
    send(&ours, &encode(request).unwrap(), &descriptors);
    let mut prefix = [0; 4];
    ours.read_exact(&mut prefix).unwrap();
    let mut body = vec![0; u32::from_le_bytes(prefix) as usize];
    ours.read_exact(&mut body).unwrap();
    process.wait().unwrap();
    decode(&body).unwrap()
}

fn executable() -> PathBuf {
    std::env::var_os("HIVESYNC_COMPILER").map_or_else(
        || {
            let beside = PathBuf::from(env!("CARGO_BIN_EXE_hivesync-runner"));
            beside.with_file_name("hivesync-compiler")
        },
        PathBuf::from,
    )
}

/// A sealed memory file with these bytes.
pub(crate) fn memory_file(name: &str, bytes: &[u8]) -> OwnedFd {
    let file = rustix::fs::memfd_create(name, MemfdFlags::ALLOW_SEALING | MemfdFlags::CLOEXEC).unwrap();
    let mut file = File::from(file);
    file.write_all(bytes).unwrap();
    rustix::fs::fcntl_add_seals(
        &file,
        SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL,
    )
    .unwrap();
    file.into()
}

/// Sends bytes, the descriptors with the first of them.
pub(crate) fn send(socket: &UnixStream, bytes: &[u8], descriptors: &[std::os::fd::BorrowedFd<'_>]) {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(16))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    assert!(control.push(SendAncillaryMessage::ScmRights(descriptors)));
    let sent =
        rustix::net::sendmsg(socket, &[IoSlice::new(bytes)], &mut control, SendFlags::empty()).unwrap();
    (&*socket).write_all(&bytes[sent..]).unwrap();
}
