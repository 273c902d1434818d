//! The executable, asked as the broker asks it.

// Tests may stop at the first surprise; the exemption for tests does not reach the
// functions they share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs::File;
use std::io::{IoSlice, Read as _, Seek as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hivesync_protocol::{CompileAnswer, CompileRequest, CompilerIdentity, RunFault, decode, encode};
use hivesync_types::{Code, CompileLimits, Digest};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

const LIMITS: CompileLimits = CompileLimits {
    module_bytes: 32 << 20,
    functions: 100_000,
    function_bytes: 512 << 10,
    cpu_seconds: 60,
    memory_bytes: 1 << 30,
    output_bytes: 64 << 20,
};

fn compiler() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hivesync-compiler"));
    command.env_clear().stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn memory_file(bytes: &[u8]) -> File {
    let mut file = File::from(memfd_create("test", MemfdFlags::CLOEXEC).unwrap());
    file.write_all(bytes).unwrap();
    file
}

/// What came of one process.
struct Outcome {
    answer: Option<CompileAnswer>,
    code: Vec<u8>,
    status: std::process::ExitStatus,
}

impl Outcome {
    fn refused(self) -> RunFault {
        match self.answer {
            Some(CompileAnswer::Refused(fault)) => fault,
            other => panic!("{other:?}, {}", self.status),
        }
    }
}

fn ask(request: &[u8], descriptors: &[BorrowedFd<'_>], mut output: File) -> Outcome {
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let mut child = compiler().stdin(OwnedFd::from(theirs)).spawn().unwrap();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        assert!(control.push(SendAncillaryMessage::ScmRights(descriptors)));
    }
    sendmsg(&ours, &[IoSlice::new(request)], &mut control, SendFlags::empty()).unwrap();
    let mut frame = Vec::new();
    ours.read_to_end(&mut frame).unwrap();
    let status = child.wait().unwrap();
    let answer = frame.get(4..).map(|body| decode(body).unwrap());
    let mut code = Vec::new();
    output.rewind().unwrap();
    output.read_to_end(&mut code).unwrap();
    Outcome { answer, code, status }
}

fn compile(module: &[u8], limits: CompileLimits) -> Outcome {
    let request = encode(&CompileRequest { digest: Digest::of(module), limits }).unwrap();
    let (module, output) = (memory_file(module), memory_file(&[]));
    ask(&request, &[module.as_fd(), output.as_fd()], output.try_clone().unwrap())
}

fn component(core: &str) -> Vec<u8> {
    wat::parse_str(format!("(component (core module {core}))")).unwrap()
}

/// Functions that keep a compiler busy.
fn busy(functions: usize) -> Vec<u8> {
    let body = "i64.const 3 i64.mul local.get 1 i64.xor local.get 0 i64.rotl ".repeat(300);
    component(&format!("(func (param i64 i64) (result i64) local.get 0 {body})").repeat(functions))
}

#[test]
fn a_component_becomes_machine_code_behind_every_wall() {
    let outcome = compile(&component("(func (export \"f\"))"), LIMITS);
    let Some(CompileAnswer::Compiled { bytes, engine, layer2 }) = outcome.answer else {
        panic!("{:?}, {}", outcome.answer, outcome.status)
    };
    assert!(outcome.code.starts_with(b"\x7fELF"));
    assert_eq!(u64::try_from(outcome.code.len()).unwrap(), bytes);
    assert!(outcome.status.success());
    for name in ["user", "net", "mount", "ipc", "uts"] {
        assert!(layer2.namespaces.iter().any(|namespace| namespace == name), "{name}");
    }
    assert!(
        layer2.landlock_abi.is_some() && layer2.seccomp.is_some() && layer2.rlimits && layer2.no_new_privs
    );
    let printed = compiler().arg("identify").output().unwrap().stdout;
    let identity: CompilerIdentity = decode(&printed[4..]).unwrap();
    assert_eq!(identity.engine, engine);
}

#[test]
fn the_same_component_is_the_same_machine_code() {
    let module = busy(20);
    assert_eq!(compile(&module, LIMITS).code, compile(&module, LIMITS).code);
}

#[test]
fn what_is_no_component_is_refused_by_its_code() {
    let machine_code = compile(&component("(func)"), LIMITS).code;
    let table: [(Vec<u8>, Code); 4] = [
        (machine_code, Code::ModulePrecompiledBytes),
        (wat::parse_str("(module)").unwrap(), Code::ModuleNotAComponent),
        (b"noise".to_vec(), Code::ModuleInvalid),
        (component("(memory i64 1)"), Code::ModuleFeatureDisabled),
    ];
    for (bytes, code) in table {
        let outcome = compile(&bytes, LIMITS);
        assert_eq!(outcome.code, b"", "{code}");
        assert_eq!(outcome.refused().code, code);
    }
}

#[test]
fn bytes_that_are_not_the_ones_named_are_refused() {
    let named = encode(&CompileRequest { digest: Digest::of(b"other"), limits: LIMITS }).unwrap();
    let (module, output) = (memory_file(&component("")), memory_file(&[]));
    let outcome = ask(&named, &[module.as_fd(), output.as_fd()], output.try_clone().unwrap());
    assert_eq!(outcome.refused().code, Code::ModuleDigestMismatch);
}

#[test]
fn one_byte_of_output_more_than_allowed_is_refused() {
    let module = busy(3);
    let size = u64::try_from(compile(&module, LIMITS).code.len()).unwrap();
    let at = |output_bytes| compile(&module, CompileLimits { output_bytes, ..LIMITS });
    assert_eq!(u64::try_from(at(size).code.len()).unwrap(), size);
    let outcome = at(size - 1);
    assert_eq!(outcome.code, b"");
    assert_eq!(outcome.refused().code, Code::CompileLimit);
}

#[test]
fn one_byte_of_module_more_than_allowed_is_refused() {
    let module = busy(1);
    let size = u64::try_from(module.len()).unwrap();
    let at = |module_bytes| compile(&module, CompileLimits { module_bytes, ..LIMITS });
    assert!(matches!(at(size).answer, Some(CompileAnswer::Compiled { .. })));
    assert_eq!(at(size - 1).refused().code, Code::ModuleTooLarge);
}

#[test]
fn a_module_that_takes_too_long_is_stopped_and_told() {
    let module = busy(8_000);
    let started = Instant::now();
    let fault = compile(&module, CompileLimits { cpu_seconds: 1, ..LIMITS }).refused();
    assert_eq!(
        (fault.code, fault.detail.contains("processor time")),
        (Code::CompileLimit, true),
        "{}",
        fault.detail
    );
    // Processor time, not wall time: the bound leaves room for a busy machine.
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_module_that_takes_too_much_memory_is_stopped_and_told() {
    let module = busy(3_000);
    let fault = compile(&module, CompileLimits { memory_bytes: 24 << 20, ..LIMITS }).refused();
    assert_eq!((fault.code, fault.detail.contains("memory")), (Code::CompileLimit, true), "{}", fault.detail);
}

#[test]
fn a_request_that_is_none_gets_no_answer() {
    let output = memory_file(&[]);
    let request = encode(&CompileRequest { digest: Digest::of(b""), limits: LIMITS }).unwrap();
    let without_descriptors = ask(&request, &[], output.try_clone().unwrap());
    assert_eq!((without_descriptors.answer, without_descriptors.status.code()), (None, Some(2)));
    let too_long = ask(&u32::MAX.to_le_bytes(), &[], output.try_clone().unwrap());
    assert_eq!((too_long.answer, too_long.status.code()), (None, Some(2)));
}
