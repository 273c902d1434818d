//! Real runners, the real compiler, and guests of a few lines.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail where it stands")]

mod support;

use std::time::{Duration, Instant};

use hivesync_policy::World;
use hivesync_sandbox::audit::verify_chain;
use hivesync_sandbox::{BundleRun, InstalledModule, Origin, Registration};
use hivesync_types::{Code, Limits};
use support::guests::{self, Coordinator};
use support::{House, image, sources};

type Test = Result<(), hivesync_sandbox::Error>;

#[tokio::test(flavor = "multi_thread")]
async fn a_run_returns_its_report_and_leaves_a_signed_record() -> Test {
    let house = House::new().await;
    let image = image(&sources(1, 10));
    let run = house.run_of(Coordinator::Noop, &image).await;
    let outcome = house.sandbox.bundle(run, |_| {}).await?;
    assert_eq!(outcome.result.unwrap().modules, []);
    assert!(outcome.record.reproducible && outcome.record.error.is_none());
    assert!(outcome.record.clocks.fuel.used > 0);
    assert_eq!(outcome.record.input.image, image.digest());
    let file = std::fs::File::open(house.dir.path().join("data/audit.jsonl")).unwrap();
    let verified =
        verify_chain(std::io::BufReader::new(file), &support::audit_key().verifying_key()).unwrap();
    assert_eq!((verified.entries, Some(verified.head)), (1, outcome.entry));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_map_gives_the_same_bytes_and_fuel_cold_warm_and_from_disk() -> Test {
    let house = House::new().await;
    let files = sources(300, 3000);
    let image = image(&files);
    let wanted: Vec<u8> = files.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
    let run = house.run_of(Coordinator::Map(300), &image).await;
    let cold = house.sandbox.bundle(run.clone(), |_| {}).await?;
    cold.result.as_ref().unwrap();
    assert_eq!(cold.artifacts[0].name, "main.jsbundle");
    assert_eq!(cold.artifacts[0].to_vec(), wanted);
    assert_eq!((cold.record.pure_runs.hits, cold.record.pure_runs.misses), (0, 300));
    assert!(cold.record.pure_runs.children > 1);
    let warm = house.sandbox.bundle(run, |_| {}).await?;
    assert_eq!((warm.record.pure_runs.hits, warm.record.pure_runs.misses), (300, 0));
    house.sandbox.clone().shutdown().await;
    // Another sandbox over the same folders: nothing is in memory.
    let again = hivesync_sandbox::Sandbox::start(support::config(house.dir.path())).await?;
    let other = House { dir: tempfile::tempdir().unwrap(), sandbox: again };
    let run = other.run_of(Coordinator::Map(300), &image).await;
    assert_eq!(run.module.origin(), Origin::Cache);
    let disk = other.sandbox.bundle(run, |_| {}).await?;
    assert_eq!((disk.record.pure_runs.hits, disk.record.pure_runs.misses), (300, 0));
    for outcome in [&warm, &disk] {
        assert_eq!(outcome.artifacts, cold.artifacts);
        assert_eq!(outcome.record.clocks.fuel, cold.record.clocks.fuel);
        assert_eq!(outcome.record.run, cold.record.run);
        assert_eq!(outcome.record.outputs, cold.record.outputs);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_crashes_the_transform_spoils_nothing_but_itself() -> Test {
    let house = House::new().await;
    let mut files = sources(3, 20);
    files[1].1[0] = b'U';
    let run = house.run_of(Coordinator::Map(3), &image(&files)).await;
    let outcome = house.sandbox.bundle(run, |_| {}).await?;
    outcome.result.unwrap();
    assert_eq!(outcome.artifacts[0].to_vec(), [files[0].1.clone(), files[2].1.clone()].concat());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_never_ends_takes_the_jobs_fuel_and_the_twin_passes() -> Test {
    let house = House::new().await;
    let mut files = sources(3, 20);
    files[2].1[0] = b'L';
    let mut run = house.run_of(Coordinator::Map(3), &image(&files)).await;
    // Little enough to be used up before any clock of time, on a loaded machine too.
    let fuel = 20_000_000;
    run.limits = Some(Limits { fuel, ..run.module.policy().limits });
    let outcome = house.sandbox.bundle(run.clone(), |_| {}).await?;
    assert_eq!(outcome.result.unwrap_err().code(), Code::LimitFuel);
    assert!(outcome.artifacts.is_empty() && outcome.record.reproducible);
    let twin = BundleRun { image: image(&sources(3, 20)), ..run };
    house.sandbox.bundle(twin, |_| {}).await?.result.unwrap();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn fuel_of_kept_answers_counts_to_the_last_unit() -> Test {
    let house = House::new().await;
    let image = image(&sources(5, 500));
    let mut run = house.run_of(Coordinator::Map(5), &image).await;
    let free = house.sandbox.bundle(run.clone(), |_| {}).await?;
    let total = free.record.clocks.fuel.used;
    let mut limits = run.module.policy().limits;
    for (fuel, code) in [(total, None), (total - 1, Some(Code::LimitFuel))] {
        limits.fuel = fuel;
        run.limits = Some(limits);
        let outcome = house.sandbox.bundle(run.clone(), |_| {}).await?;
        assert_eq!(outcome.result.err().map(|error| error.code()), code, "{fuel} of {total}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trap_is_the_guests_fault_and_no_artifact_is_kept() -> Test {
    let house = House::new().await;
    let run = house.run_of(Coordinator::Unreachable, &image(&sources(1, 10))).await;
    let outcome = house.sandbox.bundle(run, |_| {}).await?;
    let error = outcome.result.unwrap_err();
    assert_eq!(error.code(), Code::GuestTrap, "{}", error.evidence());
    assert_eq!(outcome.record.error.unwrap().code, Code::GuestTrap);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_name_is_refused_by_the_broker_and_a_good_one_is_not() -> Test {
    let house = House::new().await;
    let image = image(&sources(1, 10));
    for (name, code) in [("main.jsbundle", None), ("../escape", Some(Code::GuestTrap))] {
        let run = house.run_of(Coordinator::Write(name), &image).await;
        let outcome = house.sandbox.bundle(run, |_| {}).await?;
        assert_eq!(outcome.result.err().map(|error| error.code()), code, "{name}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_no_inner_clock_may_stop_is_killed_at_the_wall() -> Test {
    let house = House::new().await;
    let mut run = house.run_of(Coordinator::Fill, &image(&sources(1, 10))).await;
    let mut limits = run.module.policy().limits;
    limits.wall_ms = 300;
    run.limits = Some(limits);
    let started = Instant::now();
    let outcome = house.sandbox.bundle(run, |_| {}).await?;
    let error = outcome.result.unwrap_err();
    assert_eq!(error.code(), Code::LimitWall, "{}", error.evidence());
    assert!(!outcome.record.reproducible);
    assert!(outcome.record.process.end.is_some());
    assert!(started.elapsed() < Duration::from_secs(5));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_burns_processor_time_hits_its_limit_and_the_twin_passes() -> Test {
    let house = House::new().await;
    for (what, code) in [(Coordinator::Spin, Some(Code::LimitCpu)), (Coordinator::Noop, None)] {
        let mut run = house.run_of(what, &image(&sources(1, 10))).await;
        run.limits = Some(Limits { cpu_ms: 60, ..run.module.policy().limits });
        let outcome = house.sandbox.bundle(run, |_| {}).await?;
        assert_eq!(outcome.result.err().map(|error| error.code()), code);
        let spent = outcome.record.clocks.cpu_us.used;
        assert_eq!(spent >= 60_000, code.is_some(), "{spent}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_run_is_killed_and_its_record_says_so() -> Test {
    let house = House::new().await;
    let run = house.run_of(Coordinator::Spin, &image(&sources(1, 10))).await;
    let withdrawn = tokio::time::timeout(Duration::from_millis(100), house.sandbox.bundle(run, |_| {})).await;
    assert!(withdrawn.is_err());
    house.sandbox.clone().shutdown().await;
    let text = std::fs::read_to_string(house.dir.path().join("data/audit.jsonl")).unwrap();
    assert!(text.contains("host.canceled"), "{text}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn spoiled_machine_code_is_compiled_again() -> Test {
    let house = House::new().await;
    let module = guests::coordinator(Coordinator::Noop);
    assert_eq!(house.register(&module, World::PreviewBundler).await.origin(), Origin::Compiled);
    for file in files_below(&house.dir.path().join("cache/compiled")) {
        let mut bytes = std::fs::read(&file).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(&file, bytes).unwrap();
    }
    let again = hivesync_sandbox::Sandbox::start(support::config(house.dir.path())).await?;
    let module = support::register(&again, &module, World::PreviewBundler).await;
    assert_eq!(module.origin(), Origin::CacheSpoiled);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installed_module_is_compiled_again_where_its_kept_code_is_spoiled() -> Test {
    let house = House::new().await;
    let path = house.dir.path().join("module.wasm");
    std::fs::write(&path, guests::coordinator(Coordinator::Noop)).unwrap();
    let policy = support::policy(World::PreviewBundler);
    let wanted = InstalledModule { path: &path, world: World::PreviewBundler, policy: &policy };
    assert_eq!(house.sandbox.register_installed(wanted).await?.origin(), Origin::Compiled);
    let mut run = house.run_of(Coordinator::Noop, &image(&sources(1, 10))).await;
    for spoil in [false, true] {
        let again = hivesync_sandbox::Sandbox::start(support::config(house.dir.path())).await?;
        run.module = again.register_installed(wanted).await?;
        // Nobody looked at its code yet.
        assert_eq!(run.module.origin(), Origin::Cache);
        for file in files_below(&house.dir.path().join("cache/compiled")) {
            let mut bytes = std::fs::read(&file).unwrap();
            bytes[7] ^= u8::from(spoil);
            std::fs::write(&file, bytes).unwrap();
        }
        let outcome = again.bundle(run.clone(), |_| {}).await?;
        outcome.result.unwrap();
        let origin = if spoil { Origin::CacheSpoiled } else { Origin::Cache };
        assert_eq!((run.module.origin(), outcome.record.input.module.code), (origin, origin));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_component_or_not_meant_is_refused_with_a_record() -> Test {
    let house = House::new().await;
    let policy = support::policy(World::Transform);
    let good = guests::transform();
    let core = wat::parse_str("(module)").unwrap();
    let digests = [&core, &good].map(|bytes| hivesync_types::Digest::of(bytes));
    for (bytes, built_here, code) in [
        (core.as_slice(), &digests[..], Some(Code::ModuleNotAComponent)),
        (good.as_slice(), &[], Some(Code::ModuleDigestMismatch)),
        (good.as_slice(), &digests[..], None),
    ] {
        let wanted =
            Registration { bytes, world: World::Transform, policy: &policy, signatures: &[], built_here };
        let refused = house.sandbox.register(wanted).await.err().map(|error| error.code());
        assert_eq!(refused, code);
    }
    let text = std::fs::read_to_string(house.dir.path().join("data/audit.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 2);
    assert!(text.contains("module.not-a-component") && text.contains("module.digest-mismatch"));
    Ok(())
}

fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}
