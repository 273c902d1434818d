//! Results and errors, for people and for programs.
//!
//! Every `--json` answer is one object with the same three keys: `command`, `ok`, and
//! `result` or `error`.

use std::fmt::Write as _;

use hivesync_pipeline::{BUNDLE_NAME, BuildError, BuildReport, LOGS_NAME, Why};
use hivesync_protocol::wit::types::{Diagnostic, Severity};
use hivesync_types::Code;
use serde_json::{Value, json};

use crate::progress::eprintln_quietly;
use crate::rebuilt::Rebuilt;
use crate::style::{Colour, Emphasis};

/// Something that went wrong, as it is told.
#[derive(Debug)]
pub(crate) struct Problem {
    /// The stable code.
    pub(crate) code: Code,
    /// The sandbox's own code, where it says more.
    pub(crate) cause: Option<Code>,
    /// What happened.
    pub(crate) message: String,
    /// Counters, limits, a tool's last words.
    pub(crate) evidence: String,
    /// What to do.
    pub(crate) hint: Option<String>,
    /// With places and code frames.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl From<&BuildError> for Problem {
    fn from(error: &BuildError) -> Self {
        Self {
            code: error.code(),
            cause: error.cause(),
            message: error.to_string(),
            evidence: error.evidence(),
            hint: error.hint().map(str::to_owned),
            diagnostics: error.diagnostics().to_vec(),
        }
    }
}

impl Problem {
    fn plain(code: Code, message: &str) -> Self {
        let message = message.to_owned();
        Self { code, cause: None, message, evidence: String::new(), hint: None, diagnostics: Vec::new() }
    }

    /// This host is at fault.
    pub(crate) fn host(message: &str) -> Self {
        Self::plain(Code::HostStorage, message)
    }

    /// The installation is not as it should be.
    pub(crate) fn installation(message: &str) -> Self {
        let hint = "Build the parts with `cargo xtask build`, or name their folder in HIVESYNC_HOME.";
        Self { hint: Some(hint.to_owned()), ..Self::plain(Code::HostStorage, message) }
    }

    /// Ctrl-C.
    pub(crate) fn interrupted() -> Self {
        Self::plain(Code::HostCanceled, "interrupted; nothing was changed")
    }

    /// Somebody asked about a module that is not there.
    pub(crate) fn not_in_bundle(module: &str, near: &[&str]) -> Self {
        let hint = match near {
            [] => "Write the modules into a file with `--report FILE`, and look there.".to_owned(),
            near => format!("In the bundle are: {}", near.join(", ")),
        };
        let message = format!("`{module}` is not in the bundle");
        Self { hint: Some(hint), ..Self::plain(Code::ModuleNotInBundle, &message) }
    }

    /// A problem with this code and words.
    pub(crate) fn with_code(code: Code, message: &str) -> Self {
        Self::plain(code, message)
    }

    /// For a program.
    pub(crate) fn to_json(&self, command: &str) -> Value {
        json!({
            "command": command,
            "ok": false,
            "error": {
                "code": self.code,
                "cause": self.cause,
                "sentence": self.cause.unwrap_or(self.code).sentence(),
                "message": self.message,
                "evidence": self.evidence,
                "fault": self.code.fault(),
                "retryable": self.code.is_retryable(),
                "hint": self.hint,
                "diagnostics": self.diagnostics.iter().map(diagnostic_json).collect::<Vec<_>>(),
            },
        })
    }

    /// For a person, on stderr.
    pub(crate) fn print(&self) {
        print_diagnostics(&self.diagnostics);
        eprintln_quietly(&self.text(Colour::of_stderr()));
    }

    fn text(&self, colour: Colour) -> String {
        let mut text = format!("{}: {}", colour.paint(Emphasis::Bad, self.code), self.message);
        if let Some(cause) = self.cause {
            let _ = write!(text, " [{cause}]");
        }
        for line in self.evidence.lines() {
            let _ = write!(text, "\n  {}", colour.paint(Emphasis::Dim, line));
        }
        if let Some(hint) = &self.hint {
            let _ = write!(text, "\n  {hint}");
        }
        if self.code != Code::HostCanceled {
            let code = self.cause.unwrap_or(self.code);
            let _ =
                write!(text, "\n  {}", colour.paint(Emphasis::Dim, format!("More: hivesync explain {code}")));
        }
        text
    }
}

/// One line of JSON.
pub(crate) fn line(value: &Value) -> String {
    format!("{value}\n")
}

/// Warnings, notes and errors with their places, on stderr.
pub(crate) fn print_diagnostics(diagnostics: &[Diagnostic]) {
    let colour = Colour::of_stderr();
    for diagnostic in diagnostics {
        eprintln_quietly(&diagnostic_text(diagnostic, colour));
    }
}

const fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn diagnostic_text(diagnostic: &Diagnostic, colour: Colour) -> String {
    let emphasis = match diagnostic.severity {
        Severity::Error => Emphasis::Bad,
        Severity::Warning => Emphasis::Warning,
        Severity::Note => Emphasis::Dim,
    };
    let severity = colour.paint(emphasis, severity_name(diagnostic.severity));
    let mut text = format!("{severity} {}: {}", diagnostic.code, diagnostic.message);
    if let Some(path) = &diagnostic.path {
        let place = match (diagnostic.line, diagnostic.column) {
            (0, _) => path.clone(),
            (line, 0) => format!("{path}:{line}"),
            (line, column) => format!("{path}:{line}:{column}"),
        };
        let _ = write!(text, "\n  at {}", colour.paint(Emphasis::Bold, place));
    }
    for line in diagnostic.frame.iter().flat_map(|frame| frame.lines()) {
        let _ = write!(text, "\n  {line}");
    }
    if let Some(hint) = &diagnostic.hint {
        let _ = write!(text, "\n  {hint}");
    }
    text
}

fn diagnostic_json(diagnostic: &Diagnostic) -> Value {
    json!({
        "severity": severity_name(diagnostic.severity),
        "code": diagnostic.code,
        "message": diagnostic.message,
        "path": diagnostic.path,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "frame": diagnostic.frame,
        "hint": diagnostic.hint,
    })
}

/// Why a module is there, for a person.
pub(crate) fn why_text(why: &Why<'_>) -> String {
    let mut text = format!("why {} ({} bytes) is in the bundle\n", why.module, why.bytes);
    if why.way.is_empty() {
        text.push_str("  It runs before the entry, and nothing imports it.\n");
    }
    for (depth, path) in why.way.iter().enumerate() {
        let _ = writeln!(text, "  {}{path}", "  ".repeat(depth));
    }
    let _ = writeln!(text, "imported by {}", why.importers.len());
    for path in &why.importers {
        let _ = writeln!(text, "  {path}");
    }
    text
}

/// A finished build for a program; with `why` a module is there, if that was asked.
pub(crate) fn build_json(report: &BuildReport, why: Option<&Why<'_>>, rebuilt: Option<&Rebuilt>) -> Value {
    let (clocks, memory, pure) = (&report.record.clocks, &report.record.memory, &report.record.pure_runs);
    json!({
        "command": "build",
        "ok": true,
        "result": {
            "out": report.out,
            "modules": report.modules.len(),
            "assets": asset_count(report),
            "bundle_bytes": bundle_bytes(report),
            "zip_bytes": report.zip_bytes,
            "wall_ms": u64::try_from(report.timings.total.as_millis()).unwrap_or(u64::MAX),
            "fuel_used": clocks.fuel.used,
            "peak_memory_bytes": memory.peak.max(memory.pure_peak),
            "cache_hits": pure.hits,
            "metadata": report.metadata,
            "timings": report.timings,
            "image": report.image,
            "step": {
                "fuel": { "used": clocks.fuel.used, "limit": clocks.fuel.limit },
                "cpu_us": { "used": clocks.cpu_us.used, "limit": clocks.cpu_us.limit },
                "wall_us": { "used": clocks.wall_us.used, "limit": clocks.wall_us.limit },
                "memory_bytes": { "peak": memory.peak, "pure_peak": memory.pure_peak, "limit": memory.limit },
                "transforms": { "jobs": pure.jobs, "kept": pure.hits, "made": pure.misses, "processes": pure.children },
            },
            "audit_entry": report.audit_entry,
            "why": why,
            "rebuilt": rebuilt.map(Rebuilt::to_json),
            "diagnostics": report.diagnostics.iter().map(diagnostic_json).collect::<Vec<_>>(),
        },
    })
}

fn asset_count(report: &BuildReport) -> usize {
    let own = [BUNDLE_NAME, "main.jsbundle.map", LOGS_NAME, "index.html"];
    report.metadata.files.iter().filter(|file| !own.contains(&file.name.as_str())).count()
}

fn bundle_bytes(report: &BuildReport) -> u64 {
    report.metadata.files.iter().filter(|file| file.name == BUNDLE_NAME).map(|file| file.bytes).sum()
}

/// A finished build for a person.
pub(crate) fn summary(report: &BuildReport) -> String {
    let colour = Colour::of_stdout();
    let (clocks, memory, pure) = (&report.record.clocks, &report.record.memory, &report.record.pure_runs);
    let bundle = bundle_bytes(report);
    let peak = memory.peak.max(memory.pure_peak);
    let timings = &report.timings;
    let rows = [
        ("modules", format!("{} of {} files", report.modules.len(), report.image.entries)),
        ("code", format!("{}, in a zip of {}", bytes_text(bundle), bytes_text(report.zip_bytes))),
        (
            "time",
            format!(
                "{} ms (packing {}, bundling {}, zip {})",
                timings.total.as_millis(),
                timings.pack.as_millis(),
                timings.bundling.as_millis(),
                timings.packaging.as_millis()
            ),
        ),
        ("fuel", format!("{} M of {} M", clocks.fuel.used / 1_000_000, clocks.fuel.limit / 1_000_000)),
        ("memory", format!("{} of {}", bytes_text(peak), bytes_text(memory.limit))),
        ("cache", cache_text(pure.hits, pure.jobs, report.image.packages_from_cache)),
        ("signed", report.metadata.key_id.clone()),
        ("image", report.metadata.input_digest.to_string()),
    ];
    let out = report.out.display().to_string();
    let mut text = format!(
        "{} {} {} {}\n",
        colour.paint(Emphasis::Good, "built"),
        colour.paint(Emphasis::Bold, out),
        report.metadata.platform,
        if report.metadata.dev { "development" } else { "production" },
    );
    for (name, value) in rows {
        let _ = writeln!(text, "  {} {value}", colour.paint(Emphasis::Dim, format!("{name:<8}")));
    }
    text
}

fn cache_text(hits: u64, jobs: u64, packages: bool) -> String {
    let packages = if packages { "packages kept" } else { "packages read" };
    format!("{hits} of {jobs} transforms kept, {packages}")
}

/// A size as people write it.
pub(crate) fn bytes_text(bytes: u64) -> String {
    const KIB: u64 = 1024;
    match bytes {
        0..KIB => format!("{bytes} bytes"),
        KIB..0x10_0000 => format!("{} KiB", bytes / KIB),
        _ => format!("{}.{} MiB", bytes / KIB / KIB, bytes / KIB % KIB * 10 / KIB),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic() -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code: "bundle.syntax".to_owned(),
            message: "Expected an expression.".to_owned(),
            path: Some("src/App.tsx".to_owned()),
            line: 3,
            column: 7,
            frame: Some("> 3 | let x = ;\n    |         ^".to_owned()),
            hint: Some("Remove the sign.".to_owned()),
        }
    }

    #[test]
    fn a_diagnostic_shows_place_frame_and_hint() {
        assert_eq!(
            diagnostic_text(&diagnostic(), Colour::Off),
            "error bundle.syntax: Expected an expression.\n  at src/App.tsx:3:7\n  > 3 | let x = ;\n      |         ^\n  Remove the sign."
        );
    }

    #[test]
    fn a_problem_says_code_cause_evidence_and_what_to_do() {
        let problem = Problem {
            cause: Some(Code::LimitFuel),
            evidence: "9 of 8".to_owned(),
            hint: Some("Do less.".to_owned()),
            ..Problem::with_code(Code::SandboxLimitExceeded, "The run used up its instructions.")
        };
        assert_eq!(
            problem.text(Colour::Off),
            "SANDBOX_LIMIT_EXCEEDED: The run used up its instructions. [limit.fuel]\n  9 of 8\n  Do less.\n  More: hivesync explain limit.fuel"
        );
        let json = problem.to_json("build");
        assert_eq!(json["ok"], false);
        assert_eq!(json["error"]["code"], "SANDBOX_LIMIT_EXCEEDED");
        assert_eq!(json["error"]["cause"], "limit.fuel");
    }

    #[test]
    fn the_way_to_a_module_is_a_staircase_and_what_is_not_there_says_what_is() {
        let why =
            Why { module: "c.js", bytes: 7, way: vec!["a.js", "c.js"], importers: vec!["a.js", "b.js"] };
        assert_eq!(
            why_text(&why),
            "why c.js (7 bytes) is in the bundle\n  a.js\n    c.js\nimported by 2\n  a.js\n  b.js\n"
        );
        let early = Why { way: vec![], importers: vec![], ..why };
        assert!(why_text(&early).contains("before the entry"));
        let problem = Problem::not_in_bundle("x", &["lib/x.js"]);
        assert_eq!(
            (problem.code, problem.hint.as_deref()),
            (Code::ModuleNotInBundle, Some("In the bundle are: lib/x.js"))
        );
    }

    #[test]
    fn sizes_are_written_as_people_do() {
        assert_eq!(bytes_text(1023), "1023 bytes");
        assert_eq!(bytes_text(2048), "2 KiB");
        assert_eq!(bytes_text(3 * 1024 * 1024 + 512 * 1024), "3.5 MiB");
    }
}
