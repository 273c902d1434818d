//! The broker's side of one run, with a project that is as hostile as it can be.

use std::fs::{self, File};
use std::io::{IoSlice, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileExt as _, symlink};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use hivesync_protocol::{
    Call, CompileAnswer, CompileRequest, End, FromRunner, Layer2, Return, Start, ToRunner, World, decode,
    encode,
};
use hivesync_types::{CompileLimits, Digest, Limits};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

pub(crate) const LIMITS: Limits = Limits {
    wall_ms: 15_000,
    cpu_ms: 14_000,
    fuel: 20_000_000_000,
    memory_bytes: 64 << 20,
    table_elements: 100_000,
    stack_bytes: 512 << 10,
    host_calls: 100_000,
    host_call_bytes: 64 << 20,
    host_call_ms: 2_000,
    transfer_bytes: 4 << 20,
    jobs: 0,
    artifacts: 16,
    artifact_bytes: 1 << 20,
    log_lines: 100,
    log_bytes: 64 << 10,
};

const COMPILE: CompileLimits = CompileLimits {
    module_bytes: 32 << 20,
    functions: 100_000,
    function_bytes: 512 << 10,
    cpu_seconds: 120,
    memory_bytes: 2 << 30,
    output_bytes: 64 << 20,
};

const CANARY: &str = "nobody was here";

/// What came of one run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) end: End,
    pub(crate) log: Vec<String>,
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) layer2: Layer2,
}

impl Ran {
    /// What came of the steps, in their order: `ok`, or the kind of the failure.
    pub(crate) fn answers(&self) -> Vec<String> {
        self.log.iter().map(|line| line.split_once(": ").unwrap().1.trim_end().to_owned()).collect()
    }

    pub(crate) fn status(&self) -> u8 {
        match self.end.result {
            Ok(Return::Command(status)) => status,
            ref other => panic!("{other:?}, log {:?}", self.log),
        }
    }

    pub(crate) fn code(&self) -> &'static str {
        self.end.result.as_ref().unwrap_err().code.as_str()
    }
}

/// Runs the steps over a fresh project, and looks at the canary afterwards.
pub(crate) fn run(steps: &str, limits: Limits) -> Ran {
    run_as(steps, limits, Digest::of(steps.as_bytes()))
}

pub(crate) fn run_as(steps: &str, limits: Limits, run_id: Digest) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (path, text) in [
        ("project/package.json", "the package"),
        ("project/src/app.js", "the app"),
        ("project/attempt", steps),
        ("outside/canary.txt", CANARY),
        ("project-evil/secret", CANARY),
    ] {
        fs::create_dir_all(at(path).parent().unwrap()).unwrap();
        fs::write(at(path), text).unwrap();
    }
    symlink("..", at("project/up")).unwrap();
    symlink("/etc/passwd", at("project/absolute")).unwrap();
    symlink(at("outside/canary.txt"), at("project/canary")).unwrap();
    symlink("src/app.js", at("project/inside")).unwrap();
    let grants = ["project", "artifacts", "log"].map(str::to_owned).to_vec();
    let start =
        Start { run_id, world: World::WasiCommand, grants, limits, image_layers: 0, call: Call::Command };
    let ran = converse(start, &at("project"));
    for path in ["outside/canary.txt", "project-evil/secret"] {
        assert_eq!(fs::read_to_string(at(path)).unwrap(), CANARY);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "something appeared beside the project");
    assert_eq!(fs::read_to_string(at("project/package.json")).unwrap(), "the package");
    assert_eq!(fs::read_dir(at("project")).unwrap().count(), 7);
    ran
}

fn converse(start: Start, project: &Path) -> Ran {
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_hivesync-runner-wasi"))
        .env_clear()
        .stdin(OwnedFd::from(theirs))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let (code, project) = (memory_file(machine_code()), File::open(project).unwrap());
    let frame = encode(&ToRunner::Start(Box::new(start))).unwrap();
    send(&ours, &frame, &[code.as_fd(), project.as_fd()]);
    let mut ran = None;
    let (mut log, mut files, mut ready) = (Vec::new(), Vec::new(), None);
    while let Some(message) = receive(&mut ours) {
        match message {
            FromRunner::Ready(layer2) => ready = Some(layer2),
            FromRunner::Log { message, .. } => log.push(message),
            FromRunner::OutFile { path, bytes, last } => {
                assert!(last, "files of these tests fit into one part");
                files.push((path, bytes));
            }
            FromRunner::End(end) => ran = Some(*end),
            other => panic!("{other:?}"),
        }
    }
    let status = child.wait().unwrap();
    let end = ran.unwrap_or_else(|| panic!("no end: {status}, log {log:?}"));
    assert!(status.success(), "{status}");
    Ran { end, log, files, layer2: ready.unwrap_or_default() }
}

fn receive(socket: &mut UnixStream) -> Option<FromRunner> {
    let mut prefix = [0; 4];
    socket.read_exact(&mut prefix).ok()?;
    let mut body = vec![0; usize::try_from(u32::from_le_bytes(prefix)).unwrap()];
    socket.read_exact(&mut body).ok()?;
    Some(decode(&body).unwrap())
}

fn send(socket: &UnixStream, frame: &[u8], descriptors: &[BorrowedFd<'_>]) {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    assert!(control.push(SendAncillaryMessage::ScmRights(descriptors)));
    sendmsg(socket, &[IoSlice::new(frame)], &mut control, SendFlags::empty()).unwrap();
}

fn memory_file(bytes: &[u8]) -> File {
    let mut file = File::from(memfd_create("test", MemfdFlags::CLOEXEC).unwrap());
    file.write_all(bytes).unwrap();
    file
}

/// The guest that does what `/project/attempt` says, compiled once.
fn machine_code() -> &'static [u8] {
    static CODE: OnceLock<Vec<u8>> = OnceLock::new();
    CODE.get_or_init(|| {
        let module = fs::read(guests().join("wasi-escape.wasm")).unwrap_or_else(|error| {
            panic!("`cargo xtask test` builds the guests into {:?}: {error}", guests())
        });
        compile(&module)
    })
}

fn guests() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/test-guests");
    std::env::var_os("HIVESYNC_TEST_GUESTS").map_or(built, PathBuf::from)
}

fn compiler() -> PathBuf {
    let beside = Path::new(env!("CARGO_BIN_EXE_hivesync-runner-wasi")).with_file_name("hivesync-compiler");
    std::env::var_os("HIVESYNC_COMPILER").map_or(beside, PathBuf::from)
}

fn compile(module: &[u8]) -> Vec<u8> {
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let mut child = Command::new(compiler()).env_clear().stdin(OwnedFd::from(theirs)).spawn().unwrap();
    let (input, output) = (memory_file(module), memory_file(&[]));
    let request = encode(&CompileRequest { digest: Digest::of(module), limits: COMPILE }).unwrap();
    send(&ours, &request, &[input.as_fd(), output.as_fd()]);
    let mut answer = Vec::new();
    ours.read_to_end(&mut answer).unwrap();
    assert!(child.wait().unwrap().success());
    match decode(&answer[4..]).unwrap() {
        CompileAnswer::Compiled { bytes, .. } => {
            let mut code = vec![0; usize::try_from(bytes).unwrap()];
            output.read_exact_at(&mut code, 0).unwrap();
            code
        }
        CompileAnswer::Refused(fault) => panic!("{fault:?}"),
    }
}
