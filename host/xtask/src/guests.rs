//! `cargo xtask build-guests`: sources in `guest-modules/` to components in
//! `target/hivesync/guests/`.
//!
//! **Invariant:** a component that this leaves behind imports interfaces of `wit/` and
//! nothing else.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use wit_component::ComponentEncoder;

use crate::command;
use crate::fingerprint::{self, Fingerprint};
use crate::house::House;
use crate::setup::clang::WasmClang;
use crate::setup::wasm_target::{TARGET, WASI_TARGET, WasmToolchain, has_target};

/// Which guests to build.
#[derive(Args)]
pub(crate) struct Options {
    /// Build this one alone, whatever became of the others' sources
    #[arg(long, value_name = "GUEST")]
    only: Option<String>,
}

/// One guest: a crate and what may be asked of the host by its component.
struct Guest {
    package: &'static str,
    file: &'static str,
    /// Interfaces without version, as in `wit/worlds.wit`; `types` declares no authority.
    imports: &'static [&'static str],
}

const GUESTS: [Guest; 7] = [
    Guest { package: "ai-docs", file: "ai_docs.wasm", imports: &["types"] },
    Guest { package: "content", file: "content.wasm", imports: &["types"] },
    Guest { package: "influence", file: "influence.wasm", imports: &["module-types", "types"] },
    Guest { package: "plugin-host", file: "plugin_host.wasm", imports: &["module-types", "types"] },
    Guest {
        package: "preview-bundler",
        file: "preview_bundler.wasm",
        imports: &["artifacts", "log", "mapper", "module-types", "progress", "project", "types"],
    },
    Guest { package: "space", file: "space.wasm", imports: &["types"] },
    Guest { package: "transform", file: "transform.wasm", imports: &["module-types", "types"] },
];

/// What is built in one call. In a common one, what the engine of the plugins or the reader of
/// style sheets asks of a crate would be built into the others.
const BUILDS: [&[&str]; 5] = [
    &["content"],
    &["influence"],
    &["plugin-host"],
    &["space"],
    &["ai-docs", "preview-bundler", "transform"],
];

/// The package of `wit/` that interfaces belong to.
const WIT_PACKAGE: &str = "hivesync:build/";

/// What belongs to no source: build folders and editors' files.
const NOT_SOURCES: [&str; 2] = ["target", ".idea"];

/// Builds every guest, or nothing when sources, interfaces and compiler are those of last time.
pub(crate) fn run(house: &House) -> Result<()> {
    let toolchain = WasmToolchain::find().context("no compiler for the guests; run `cargo xtask setup`")?;
    let clang = WasmClang::find().context("no C compiler for the guests; run `cargo xtask setup`")?;
    let folder = house.product("guests");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let products: Vec<PathBuf> = GUESTS.iter().map(|guest| folder.join(guest.file)).collect();

    let digest = digest(house, &toolchain, &clang)?;
    let stamp = folder.join(".sources");
    if fingerprint::is_current(&stamp, &digest, &products) {
        eprintln!("guests: unchanged");
        return Ok(());
    }
    for packages in BUILDS {
        compile(house, &toolchain, &clang, packages)?;
    }

    for guest in &GUESTS {
        place(house, guest)?;
    }
    fingerprint::keep(&stamp, &digest)
}

/// Builds one guest, or all of them.
pub(crate) fn some(house: &House, options: &Options) -> Result<()> {
    let Some(only) = &options.only else { return run(house) };
    let guest = GUESTS.iter().find(|guest| guest.package == only);
    let guest = guest.with_context(|| format!("there is no guest called {only}"))?;
    let toolchain = WasmToolchain::find().context("no compiler for the guests; run `cargo xtask setup`")?;
    let clang = WasmClang::find().context("no C compiler for the guests; run `cargo xtask setup`")?;
    compile(house, &toolchain, &clang, &[guest.package])?;
    place(house, guest)
}

/// Makes a component of what was compiled.
fn place(house: &House, guest: &Guest) -> Result<()> {
    let built = target_folder(house, guest.package).join(TARGET).join("release").join(guest.file);
    let product = house.product("guests").join(guest.file);
    let component = encode(&built, guest)?;
    fs::write(&product, &component).with_context(|| format!("cannot write {}", product.display()))?;
    eprintln!("guests: {} {} bytes", guest.file, component.len());
    Ok(())
}

fn compile(house: &House, toolchain: &WasmToolchain, clang: &WasmClang, packages: &[&str]) -> Result<()> {
    let first = packages.first().copied().unwrap_or_default();
    let mut build = toolchain.cargo_build();
    build
        .args(["--release", "--locked", "--manifest-path"])
        .arg(house.root("guest-modules/Cargo.toml"))
        .arg("--target-dir")
        .arg(target_folder(house, first))
        .env("CARGO_ENCODED_RUSTFLAGS", flags(first))
        .envs(clang.variables())
        .args(packages.iter().flat_map(|package| ["--package", package]));
    command::run(&mut build)
}

/// Builds the modules of stock WASI toolchains in `tests/guests`, where this machine has
/// their target, into `target/test-guests`.
pub(crate) fn wasi_samples(house: &House) -> Result<()> {
    if !has_target(WASI_TARGET) {
        eprintln!("guests: there is no {WASI_TARGET} here; the tests of WASI modules are left out");
        return Ok(());
    }
    let mut build = command::cargo();
    build.args(["build", "--release", "--locked", "--target", WASI_TARGET, "--manifest-path"]);
    build.arg(house.root("tests/guests/Cargo.toml")).arg("--target-dir").arg(house.target("guests"));
    command::run(&mut build)?;
    let folder = house.target("test-guests");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let built = house.target("guests").join(WASI_TARGET).join("release");
    for entry in fs::read_dir(&built).with_context(|| format!("cannot read {}", built.display()))? {
        let path = entry.with_context(|| format!("cannot read {}", built.display()))?.path();
        if let (Some(name), true) =
            (path.file_name(), path.extension().is_some_and(|ending| ending == "wasm"))
        {
            fs::copy(&path, folder.join(name)).with_context(|| format!("cannot copy {}", path.display()))?;
        }
    }
    Ok(())
}

fn digest(house: &House, toolchain: &WasmToolchain, clang: &WasmClang) -> Result<String> {
    let mut digest = Fingerprint::default();
    digest.text(&toolchain.version()?);
    digest.text(&clang.version()?);
    digest.tree(&house.root("guest-modules"), &NOT_SOURCES)?;
    digest.tree(&house.root("wit"), &NOT_SOURCES)?;
    Ok(digest.finish())
}

/// The style sheet parser of the plugin host seeds its tables from here, by a constant. Flags make
/// other artifacts of every crate, so it has a folder of its own: in a common one each build
/// would throw the other's away.
const SEEDED: (&str, &str) = ("plugin-host", "--cfg=getrandom_backend=\"custom\"");

fn target_folder(house: &House, package: &str) -> PathBuf {
    house.target(if package == SEEDED.0 { "guests-seeded" } else { "guests" })
}

fn flags(package: &str) -> OsString {
    let mut flags = remapped_paths();
    let (seeded, seed) = SEEDED;
    if package == seeded {
        if !flags.is_empty() {
            flags.push("\u{1f}");
        }
        flags.push(seed);
    }
    flags
}

/// A panic's message names its source file. The folders of this machine are left out of
/// it, so that a guest cannot tell where it was built and its digest is the same everywhere.
/// Our own sources need nothing: cargo names them from the workspace on.
fn remapped_paths() -> OsString {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = home.or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
    let mut flags = OsString::new();
    if let Some(cargo) = cargo {
        flags.push("--remap-path-prefix=");
        flags.push(cargo.join("registry/src"));
        flags.push("=/crates");
    }
    flags
}

fn encode(core: &Path, guest: &Guest) -> Result<Vec<u8>> {
    let module = fs::read(core).with_context(|| format!("cannot read {}", core.display()))?;
    let component = ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.validate(true).encode())
        .with_context(|| format!("{} is no component of its world", guest.package))?;
    for import in imports(&component)? {
        let interface = import.strip_prefix(WIT_PACKAGE).and_then(|rest| rest.split('@').next());
        if !interface.is_some_and(|name| guest.imports.contains(&name)) {
            bail!("{} imports {import}, which its world does not have", guest.package);
        }
    }
    Ok(component)
}

/// Names that the outermost component imports.
fn imports(component: &[u8]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut depth = 0_u32;
    for payload in wasmparser::Parser::new(0).parse_all(component) {
        match payload.context("the component that was just made cannot be read")? {
            wasmparser::Payload::ModuleSection { .. } | wasmparser::Payload::ComponentSection { .. } => {
                depth += 1
            }
            wasmparser::Payload::End(_) => depth = depth.saturating_sub(1),
            wasmparser::Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    names.push(import.context("an import cannot be read")?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(names)
}
