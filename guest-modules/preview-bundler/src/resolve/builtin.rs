//! The modules that come with Node.js.

const BUILTINS: [&str; 48] = [
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "sqlite",
    "stream",
    "string_decoder",
    "sys",
    "test",
    "timers",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
    "sea",
    "assert/strict",
    "fs/promises",
    "stream/web",
];
/// Modules of which parts can be imported.
const WITH_PARTS: [&str; 8] =
    ["assert/", "dns/", "fs/", "inspector/", "path/", "readline/", "stream/", "timers/"];

/// The builtin that a specifier names, without `node:`.
pub(crate) fn is_builtin(specifier: &str) -> Option<&str> {
    if let Some(name) = specifier.strip_prefix("node:") {
        return Some(name);
    }
    let part = WITH_PARTS.iter().find_map(|prefix| specifier.strip_prefix(prefix));
    let is_part = part
        .is_some_and(|rest| matches!(rest, "strict" | "promises" | "posix" | "win32" | "web" | "consumers"));
    (is_part || specifier == "util/types" || BUILTINS.contains(&specifier)).then_some(specifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builtins_are_known_by_name_part_and_prefix() {
        assert_eq!(is_builtin("fs"), Some("fs"));
        assert_eq!(is_builtin("fs/promises"), Some("fs/promises"));
        assert_eq!(is_builtin("node:anything"), Some("anything"));
        assert_eq!(is_builtin("fs-extra"), None);
        assert_eq!(is_builtin("events/"), None);
    }
}
