//! A coordinator and its broker.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;

use hivesync_image::pack::{Allows, PackOptions, pack};
use hivesync_protocol::wit::artifacts::WriteError;
use hivesync_protocol::wit::modules::LinkedBundle;
use hivesync_protocol::wit::types::Piece;
use hivesync_protocol::{Call, End, FromRunner, Return, ToRunner, World};
use hivesync_types::{Code, Limits};

use crate::broker::{Runner, Zygote, limits, start};
use crate::guests::{bundle, bundler, ok, transformer};

const EVERYTHING: &str = r#"
    (import "hivesync:build/artifacts@0.1.0" "write" (func $write (param i32 i32 i32 i32 i32)))
    (import "hivesync:build/log@0.1.0" "write" (func $log (param i32 i32 i32)))
    (import "hivesync:build/mapper@0.1.0" "transform" (func $transform (param i32 i32)))
    (import "hivesync:build/mapper@0.1.0" "link"
        (func $link (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
    (import "hivesync:build/progress@0.1.0" "report" (func $report (param i32 i32 i32)))
    (import "hivesync:build/project@0.1.0" "entries" (func $entries (param i32 i32)))
    (import "hivesync:build/project@0.1.0" "read" (func $read (param i32 i32 i32)))"#;

/// Writes an artifact called `a.js` of one text and traps unless the broker took it.
const WRITE: &str = r#"(call $write (i32.const 5000) (i32.const 4) (i32.const 5100) (i32.const 1) (i32.const 2048))
    (if (i32.load8_u (i32.const 2048)) (then unreachable)) i32.const 1024"#;

/// One piece: case `text`, at 5200, two bytes.
const PIECE: &str = r#"(data (i32.const 5000) "a.js") (data (i32.const 5100) "\00\00\00\00\50\14\00\00\02\00\00\00")
    (data (i32.const 5200) "hi")"#;

fn coordinator(zygote: &Zygote, module: &OwnedFd, limits: Limits) -> Runner {
    let runner = zygote.runner().unwrap();
    runner.start(start(World::PreviewBundler, bundle(), limits), &[module]);
    runner
}

fn end_of(runner: Runner) -> End {
    runner.finish().1
}

#[test]
fn every_function_of_the_world_has_the_type_that_the_host_gives_it() {
    let zygote = Zygote::start();
    let module = bundler(EVERYTHING, "", &ok());
    let end = end_of(coordinator(&zygote, &module, limits()));
    assert!(matches!(end.result, Ok(Return::Bundle(Ok(_)))), "{end:?}");
    // And the pure export that no other test calls: it traps, so it was called.
    let module = transformer("", &ok());
    let runner = zygote.runner().unwrap();
    let graph = hivesync_protocol::wit::modules::BundleGraph {
        name: "main.jsbundle".to_owned(),
        dev: false,
        prelude: String::new(),
        scripts: Vec::new(),
        modules: Vec::new(),
        elsewhere: Vec::new(),
        run: Vec::new(),
    };
    runner.start(start(World::Transform, Call::Link(graph), limits()), &[&module]);
    assert_eq!(end_of(runner).result.unwrap_err().code, Code::GuestTrap);
}

#[test]
fn an_artifact_goes_to_the_broker_and_its_answer_to_the_guest() {
    let zygote = Zygote::start();
    let module = bundler(EVERYTHING, PIECE, WRITE);
    for (reply, taken) in [(Ok(()), true), (Err(WriteError::Duplicate), false)] {
        let mut runner = coordinator(&zygote, &module, limits());
        let written = runner.receive();
        let pieces = vec![Piece::Text("hi".to_owned())];
        assert_eq!(written, FromRunner::Write { name: "a.js".to_owned(), pieces });
        runner.answer(&ToRunner::Written(reply));
        let end = end_of(runner);
        assert_eq!(end.result.is_ok(), taken, "{end:?}");
        let ledger = &end.usage.host_calls[0];
        assert_eq!((ledger.function.as_str(), ledger.calls), ("artifacts.write", 1));
        assert!(ledger.bytes > 8);
    }
}

#[test]
fn a_broker_that_stops_the_run_decides_the_code() {
    let zygote = Zygote::start();
    let module = bundler(EVERYTHING, PIECE, WRITE);
    let mut runner = coordinator(&zygote, &module, limits());
    runner.receive();
    runner.answer(&ToRunner::Stop(Code::LimitArtifacts));
    assert_eq!(end_of(runner).result.unwrap_err().code, Code::LimitArtifacts);
}

#[test]
fn an_answer_to_another_question_ends_the_run() {
    let zygote = Zygote::start();
    let module = bundler(EVERYTHING, PIECE, WRITE);
    let mut runner = coordinator(&zygote, &module, limits());
    runner.receive();
    runner.answer(&ToRunner::Mapped(Vec::new()));
    assert_eq!(end_of(runner).result.unwrap_err().code, Code::HostProtocol);
}

/// `mapper.transform` of one job, whose memory is all zeroes: an empty path.
fn map_one() -> String {
    // More than sixteen values go by an address: one job at 6000, and options that are all zeroes.
    "(i32.store (i32.const 7000) (i32.const 6000)) (i32.store (i32.const 7004) (i32.const 1))
     (call $transform (i32.const 7000) (i32.const 2048)) i32.const 1024"
        .to_owned()
}

#[test]
fn the_time_of_pure_runs_is_not_the_time_of_this_run() {
    let zygote = Zygote::start();
    let module = bundler(EVERYTHING, "", &map_one());
    let mut runner = coordinator(&zygote, &module, Limits { cpu_ms: 300, host_call_ms: 200, ..limits() });
    let FromRunner::Map { jobs, .. } = runner.receive() else { panic!() };
    assert_eq!(jobs.len(), 1);
    // The broker is busy for longer than the run may compute.
    let busy = std::time::Instant::now();
    while busy.elapsed() < std::time::Duration::from_millis(400) {
        std::hint::spin_loop();
    }
    runner.answer(&ToRunner::Mapped(vec![Err(Vec::new())]));
    let end = end_of(runner);
    assert!(end.result.is_ok(), "{end:?}");
    assert!(end.usage.cpu_us < 300_000 && end.usage.host_us < 200_000, "{:?}", end.usage);
}

#[test]
fn as_many_results_as_jobs_or_the_broker_is_not_believed() {
    let zygote = Zygote::start();
    let module = bundler(EVERYTHING, "", &map_one());
    let mut runner = coordinator(&zygote, &module, limits());
    runner.receive();
    runner.answer(&ToRunner::Mapped(Vec::new()));
    assert_eq!(end_of(runner).result.unwrap_err().code, Code::HostProtocol);
}

#[test]
fn a_link_comes_back_in_pieces() {
    let zygote = Zygote::start();
    let zeroes = "(i32.const 0)".repeat(13);
    let module = bundler(EVERYTHING, "", &format!("(call $link {zeroes} (i32.const 2048)) i32.const 1024"));
    let mut runner = coordinator(&zygote, &module, limits());
    assert!(matches!(runner.receive(), FromRunner::Link(_)));
    let linked = LinkedBundle { bundle: vec![Piece::Blob(1), Piece::File("a".to_owned())], map: Vec::new() };
    runner.answer(&ToRunner::Linked(Ok(linked)));
    assert!(end_of(runner).result.is_ok());
}

#[test]
fn progress_is_told_and_not_answered() {
    let zygote = Zygote::start();
    let module =
        bundler(EVERYTHING, "", "(call $report (i32.const 1) (i32.const 3) (i32.const 4)) i32.const 1024");
    let (frames, end) = coordinator(&zygote, &module, limits()).finish();
    assert!(end.result.is_ok());
    assert!(matches!(frames[..], [FromRunner::Progress { done: 3, total: 4, .. }]));
}

/// Reads `path` of the image and gives its bytes, or the error, back by the log.
fn read_of(path: &str) -> String {
    format!(
        r#"(call $read (i32.const 5000) (i32.const {}) (i32.const 2048))
        (if (i32.load8_u (i32.const 2048))
            (then (call $log (i32.load8_u (i32.const 2052)) (i32.const 0) (i32.const 0)))
            (else (call $log (i32.const 3) (i32.load (i32.const 2052)) (i32.load (i32.const 2056)))))
        i32.const 1024"#,
        path.len()
    )
}

#[test]
fn a_guest_reads_the_image_and_nothing_outside_it() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("project");
    std::fs::create_dir_all(project.join("src")).unwrap();
    std::fs::write(project.join("src/index.js"), "export {}").unwrap();
    std::fs::write(project.join("big.json"), vec![0; 70_000]).unwrap();
    std::fs::write(folder.path().join("secret"), "no").unwrap();
    let canceled = AtomicBool::new(false);
    let image = pack(PackOptions {
        root: &project,
        app: "",
        restored: None,
        cache: &folder.path().join("cache"),
        threads: 1,
        now: SystemTime::now(),
        canceled: &canceled,
        allows: Allows::EVERYTHING,
    })
    .unwrap();
    let layers: Vec<OwnedFd> = image.layers.into_iter().map(|layer| layer.file.into()).collect();
    let zygote = Zygote::start();
    let cases = [
        ("src/index.js", "error export {}"),
        ("big.json", "info "),
        ("src", "debug "),
        ("../secret", "debug "),
        ("/etc/passwd", "debug "),
        ("src//index.js", "debug "),
        ("", "debug "),
    ];
    for (path, expected) in cases {
        let module = bundler(EVERYTHING, &format!("(data (i32.const 5000) \"{path}\")"), &read_of(path));
        let runner = zygote.runner().unwrap();
        let limits = Limits { transfer_bytes: 65_536, ..limits() };
        let mut start = start(World::PreviewBundler, bundle(), limits);
        start.image_layers = u32::try_from(layers.len()).unwrap();
        let mut descriptors = vec![&module];
        descriptors.extend(&layers);
        runner.start(start, &descriptors);
        let (frames, end) = runner.finish();
        assert!(end.result.is_ok(), "{path}: {end:?}");
        let [FromRunner::Log { level, message }] = &frames[..] else { panic!("{frames:?}") };
        assert_eq!(format!("{level:?} {message}").to_lowercase(), expected, "{path}");
    }
}

#[test]
fn a_first_frame_that_is_none_is_answered_with_a_protocol_fault() {
    let zygote = Zygote::start();
    for bytes in [&[4, 0, 0, 0, 9, 9, 9, 9][..], &[255, 255, 255, 255][..], &[0, 0, 0, 0][..]] {
        let mut runner = zygote.runner().unwrap();
        runner.socket.write_all(bytes).unwrap();
        assert_eq!(end_of(runner).result.unwrap_err().code, Code::HostProtocol);
    }
    // An answer where a start is due.
    let mut runner = zygote.runner().unwrap();
    runner.answer(&ToRunner::Written(Ok(())));
    assert_eq!(end_of(runner).result.unwrap_err().code, Code::HostProtocol);
}

#[test]
fn a_start_without_its_descriptors_is_refused() {
    let zygote = Zygote::start();
    let module = bundler("", "", &ok());
    let runner = zygote.runner().unwrap();
    let mut start = start(World::PreviewBundler, bundle(), limits());
    start.image_layers = 3;
    runner.start(start, &[&module]);
    assert_eq!(end_of(runner).result.unwrap_err().code, Code::HostProtocol);
}

#[test]
fn bytes_that_no_compiler_of_ours_wrote_are_not_loaded() {
    let zygote = Zygote::start();
    let module = crate::compiler::memory_file("module", b"\x7fELF and nothing else");
    let runner = zygote.runner().unwrap();
    runner.start(start(World::Transform, crate::guests::transform(1), limits()), &[&module]);
    assert_eq!(end_of(runner).result.unwrap_err().code, Code::HostInternal);
}
