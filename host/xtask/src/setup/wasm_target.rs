//! A compiler for `wasm32-unknown-unknown`, in the three ways it can be had.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::packages;
use crate::command;

/// The target of every guest.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The target of the sample modules that stand for stock WASI toolchains.
pub(crate) const WASI_TARGET: &str = "wasm32-wasip2";

/// Debian's compiler that can build the standard library for the target.
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// How guests are compiled on this machine.
pub(crate) enum WasmToolchain {
    /// The toolchain at hand has the target's standard library.
    Installed,
    /// Debian's toolchain builds the standard library first, linked by `linker`.
    BuildStd {
        /// Where Debian keeps this toolchain's `cargo` and `rustc`.
        bin: PathBuf,
        /// `rust-lld` of the toolchain at hand.
        linker: PathBuf,
    },
}

impl WasmToolchain {
    /// Looks, without changing anything.
    pub(crate) fn find() -> Option<Self> {
        if has_target(TARGET) {
            return Some(Self::Installed);
        }
        let bin = debian_bin()?;
        Some(Self::BuildStd { bin, linker: rust_lld()? })
    }

    /// Looks, then asks rustup, then Debian.
    pub(crate) fn provide() -> Result<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        if command::find(&["rustup"]).is_some() {
            let added = command::run(Command::new("rustup").args(["target", "add", TARGET]));
            if added.is_ok() && has_target(TARGET) {
                return Ok(Self::Installed);
            }
            eprintln!("  rustup could not add {TARGET}; trying Debian's packages");
        }
        packages::install(&DEBIAN_PACKAGES)?;
        Self::find().with_context(|| {
            format!(
                "no compiler for {TARGET}: `rustup target add {TARGET}` or `apt-get install {}`",
                DEBIAN_PACKAGES.join(" ")
            )
        })
    }

    /// A line for people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Installed => format!("{TARGET} of the toolchain at hand"),
            Self::BuildStd { bin, .. } => format!("{} with its own standard library", bin.display()),
        }
    }

    /// What tells two compilers apart.
    pub(crate) fn version(&self) -> Result<String> {
        command::read(Command::new(self.rustc()).arg("-vV"))
    }

    /// `cargo build` for the target, before its packages are named.
    pub(crate) fn cargo_build(&self) -> Command {
        match self {
            Self::Installed => {
                let mut command = command::cargo();
                command.args(["build", "--target", TARGET]);
                command
            }
            Self::BuildStd { bin, linker } => {
                let mut command = command::starting_cargo(bin.join("cargo"));
                command
                    .args(["build", "--target", TARGET, "-Zbuild-std=std,panic_abort"])
                    .env("RUSTC", self.rustc())
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
                command
            }
        }
    }

    fn rustc(&self) -> PathBuf {
        match self {
            Self::Installed => PathBuf::from("rustc"),
            Self::BuildStd { bin, .. } => bin.join("rustc"),
        }
    }
}

/// Whether the toolchain at hand has the standard library of `target`.
pub(crate) fn has_target(target: &str) -> bool {
    command::read(Command::new("rustc").args(["--print", "target-libdir", "--target", target]))
        .is_ok_and(|folder| holds_std(Path::new(folder.trim())))
}

/// Asks rustup for the target of WASI modules. Without it their tests are left out.
pub(crate) fn provide_wasi() -> String {
    let wanted = !has_target(WASI_TARGET) && command::find(&["rustup"]).is_some();
    if wanted && command::run(Command::new("rustup").args(["target", "add", WASI_TARGET])).is_err() {
        eprintln!("  rustup could not add {WASI_TARGET}");
    }
    let found =
        if has_target(WASI_TARGET) { "of the toolchain at hand" } else { "not here; its tests are left out" };
    format!("{WASI_TARGET} {found}")
}

fn holds_std(folder: &Path) -> bool {
    let Ok(entries) = folder.read_dir() else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

/// Debian puts this toolchain into `/usr/bin`, behind one that rustup brought;
/// `HIVESYNC_RUST_WEB` names another place.
fn debian_bin() -> Option<PathBuf> {
    let named = env::var_os("HIVESYNC_RUST_WEB").map(PathBuf::from);
    let mut bins = named.into_iter().chain([PathBuf::from("/usr/bin")]);
    bins.find(|bin| {
        bin.join("cargo").is_file() && bin.join("rustc").is_file() && has_sources(&bin.join("rustc"))
    })
}

fn has_sources(rustc: &Path) -> bool {
    command::read(Command::new(rustc).args(["--print", "sysroot"])).is_ok_and(|root| {
        Path::new(root.trim()).join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file()
    })
}

fn rust_lld() -> Option<PathBuf> {
    let root = command::read(Command::new("rustc").args(["--print", "sysroot"])).ok()?;
    let host = host_triple().ok()?;
    let bundled = Path::new(root.trim()).join("lib/rustlib").join(host).join("bin/rust-lld");
    bundled.is_file().then_some(bundled).or_else(|| command::find(&["wasm-ld", "lld"]))
}

fn host_triple() -> Result<String> {
    let text = command::read(Command::new("rustc").arg("-vV"))?;
    match text.lines().find_map(|line| line.strip_prefix("host: ")) {
        Some(host) => Ok(host.to_owned()),
        None => bail!("rustc does not say its host"),
    }
}
