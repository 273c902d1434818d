//! Every number a policy may set: its default, its floor, its ceiling, and the attack
//! it stops. The tables are the only place where these numbers stand; the README, the
//! manual file and the prose of `wit/` are compared with them by tests.
//!
//! **Invariant:** `floor <= default <= ceiling`, and no file moves a ceiling.

use hivesync_types::{CompileLimits, Limits};
use serde::Deserialize;
use toml::Spanned;

/// One number a policy may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The table it stands in.
    pub section: &'static str,
    /// Its name, the unit last.
    pub name: &'static str,
    /// What holds when the key is left out.
    pub default: u64,
    /// The least that may be written.
    pub floor: u64,
    /// The most that may be written.
    pub ceiling: u64,
    /// What it counts, as part of a sentence.
    pub meaning: &'static str,
    /// The attack it stops.
    pub stops: &'static str,
}

impl Key {
    /// The dotted name.
    pub fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }
}

/// A set of numbers that has a table of keys.
pub trait Keyed: Copy {
    /// The keys, in the order of the fields.
    const KEYS: &'static [Key];

    /// The value of each key, in the order of [`Keyed::KEYS`].
    fn values(&self) -> Vec<u64>;

    /// The set with these values; a missing one is zero, which allows nothing.
    fn from_values(values: impl Iterator<Item = u64>) -> Self;

    /// Each key with its value.
    fn pairs(&self) -> impl Iterator<Item = (&'static Key, u64)> {
        Self::KEYS.iter().zip(self.values())
    }

    /// What holds when nothing is written.
    fn defaults() -> Self {
        Self::from_values(Self::KEYS.iter().map(|key| key.default))
    }

    /// The most that this code ever grants.
    fn ceilings() -> Self {
        Self::from_values(Self::KEYS.iter().map(|key| key.ceiling))
    }

    /// The smaller value of each key.
    fn lowered(&self, other: &Self) -> Self {
        Self::from_values(self.values().into_iter().zip(other.values()).map(|(a, b)| a.min(b)))
    }
}

macro_rules! key_table {
    (
        $(#[$doc:meta])* $section:literal $numbers:ident $raw:ident:
        $($field:ident $name:literal $default:literal $floor:literal ..= $ceiling:literal $meaning:literal stops $stops:literal;)*
    ) => {
        $(#[$doc])*
        #[derive(Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $raw {
            $(#[serde(rename = $name)] $field: Option<Spanned<u64>>,)*
        }

        impl $raw {
            /// What is written for each key, in the order of the table.
            pub(crate) fn written(&self) -> Vec<Option<u64>> {
                vec![$(self.$field.as_ref().map(|value| *value.get_ref())),*]
            }
        }

        impl Keyed for $numbers {
            const KEYS: &'static [Key] = &[$(Key {
                section: $section,
                name: $name,
                default: $default,
                floor: $floor,
                ceiling: $ceiling,
                meaning: $meaning,
                stops: $stops,
            }),*];

            fn values(&self) -> Vec<u64> {
                vec![$(self.$field),*]
            }

            fn from_values(mut values: impl Iterator<Item = u64>) -> Self {
                Self { $($field: values.next().unwrap_or_default()),* }
            }
        }
    };
}

key_table! {
    /// The section `limits` as written.
    "limits" Limits RawLimits:
    wall_ms "wall-ms" 15_000 100 ..= 15_000
        "milliseconds of wall clock for the whole step, all its runners together"
        stops "a guest that no clock inside its process can stop";
    cpu_ms "cpu-ms" 14_000 10 ..= 15_000
        "milliseconds in guest code, of one process"
        stops "an endless loop, reported before the process has to be killed";
    fuel "fuel" 60_000_000_000 100_000 ..= 200_000_000_000
        "guest instructions by the price table, the pure runs' included"
        stops "computing for somebody else's purpose, independent of the machine's speed";
    memory_bytes "memory-bytes" 268_435_456 1_048_576 ..= 536_870_912
        "bytes of all linear memories of one process"
        stops "filling the machine's memory";
    table_elements "table-elements" 200_000 1_024 ..= 1_000_000
        "elements of all tables of one process"
        stops "filling the machine's memory by another door";
    stack_bytes "stack-bytes" 524_288 65_536 ..= 4_194_304
        "bytes of native stack for guest frames"
        stops "recursion without end";
    host_calls "host-calls" 100_000 16 ..= 1_000_000
        "calls into the host"
        stops "a loop of cheap calls that is dear for the host";
    host_call_bytes "host-call-bytes" 268_435_456 65_536 ..= 1_073_741_824
        "bytes handed over in such calls, both ways together"
        stops "making the host copy without end";
    host_call_ms "host-call-ms" 2_000 10 ..= 10_000
        "milliseconds the host works on the guest's behalf"
        stops "a few calls that each take the host long";
    transfer_bytes "transfer-bytes" 4_194_304 65_536 ..= 67_108_864
        "bytes handed to the host in one call or in one answer"
        stops "making the host allocate what the guest merely claims to have";
    jobs "jobs" 65_536 0 ..= 262_144
        "pure runs asked for through `mapper`"
        stops "flooding the pool of runners";
    artifacts "artifacts" 4_096 0 ..= 16_384
        "artifacts of a run"
        stops "filling a folder with names";
    artifact_bytes "artifact-bytes" 67_108_864 0 ..= 268_435_456
        "bytes of all artifacts of a run"
        stops "filling the disk";
    log_lines "log-lines" 2_000 0 ..= 20_000
        "lines of the run's log"
        stops "drowning the reader";
    log_bytes "log-bytes" 262_144 0 ..= 4_194_304
        "bytes of the run's log"
        stops "filling the disk by the log";
}

key_table! {
    /// The section `compile` as written.
    "compile" CompileLimits RawCompile:
    module_bytes "module-bytes" 33_554_432 1_024 ..= 67_108_864
        "bytes of the WebAssembly component"
        stops "reading a module that is larger than memory";
    functions "functions" 100_000 1 ..= 500_000
        "functions of the module"
        stops "many small functions, each with its fixed price";
    function_bytes "function-bytes" 524_288 1_024 ..= 2_097_152
        "bytes of the longest function"
        stops "one function whose compilation takes more than linear time";
    cpu_seconds "cpu-seconds" 120 1 ..= 600
        "seconds of processor time for the compiler"
        stops "a small module that takes hours";
    memory_bytes "memory-bytes" 2_147_483_648 134_217_728 ..= 4_294_967_296
        "bytes of memory for the compiler"
        stops "a small module that takes all memory";
    output_bytes "output-bytes" 134_217_728 65_536 ..= 536_870_912
        "bytes of machine code"
        stops "machine code that is much longer than the module";
}

/// Every number of every section, in the order of the manual.
pub fn all_keys() -> impl Iterator<Item = &'static Key> {
    Limits::KEYS.iter().chain(CompileLimits::KEYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_lies_between_its_floor_and_its_ceiling() {
        for key in all_keys() {
            assert!(key.floor <= key.default && key.default <= key.ceiling, "{}", key.path());
        }
    }

    #[test]
    fn keys_are_named_as_the_fields_of_the_values_they_fill() {
        let json = serde_json::to_value((Limits::defaults(), CompileLimits::defaults())).unwrap();
        let limits = json[0].as_object().unwrap();
        let compile = json[1].as_object().unwrap();
        assert_eq!(limits.len() + compile.len(), all_keys().count());
        for key in Limits::KEYS {
            assert_eq!(limits[key.name], key.default, "{}", key.path());
        }
        for key in CompileLimits::KEYS {
            assert_eq!(compile[key.name], key.default, "{}", key.path());
        }
    }

    #[test]
    fn lowering_takes_the_smaller_value_of_each_key() {
        let low = Limits { fuel: 7, ..Limits::ceilings() };
        let lowered = Limits::defaults().lowered(&low);
        assert_eq!(lowered, Limits { fuel: 7, ..Limits::defaults() });
    }
}
