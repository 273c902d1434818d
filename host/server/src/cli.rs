//! The arguments. The texts here are the manual.

mod pipeline;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use hivesync_pipeline::KeyId;
use hivesync_types::{Digest, Platform};
pub(crate) use pipeline::{DocsArguments, DocsKind, GraphFormat, PipelineCommand, RunArguments};

/// Builds previews of React Native, Expo and web projects inside a sandbox.
#[derive(Debug, Parser)]
#[command(name = "hivesync", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 the project or the file that was checked is at fault, 2 wrong usage,
3 a limit of the sandbox was reached or it denied something, 4 this host is at fault, 130 interrupted.

Environment: HIVESYNC_HOME (where bin, libexec, guests and policies are), DATA_DIR (keys, cache),
LOG_LEVEL (error, warn, info, debug, trace), SOURCE_DATE_EPOCH (fixed time, reproducible bundle), NO_COLOR.";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Bundle a project and write a signed bundle.zip.
    Build(BuildArguments),
    /// Say what a project consists of, and which CSS rule decides what on which element.
    Map(MapArguments),
    /// Have a model document one file: a summary, comments, better names, or all of its comments.
    Docs(DocsArguments),
    /// Look at pipelines, and run one.
    #[command(subcommand)]
    Pipeline(PipelineCommand),
    /// Check a bundle.zip: structure, digests, signature, key.
    Verify(VerifyArguments),
    /// Answer over HTTP: accounts, projects, uploads, previews. Needs no other service.
    Serve(ServeArguments),
    /// Build for a fleet, without answering: jobs come from its database, artifacts go into its bucket.
    Worker(WorkerArguments),
    /// Say how the fleet is, or this machine's server: exit code 0 well, 1 not as it should be, 2 broken.
    Health(HealthArguments),
    /// Look at sandbox policies.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Look at audit records.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Look at what is kept between builds, and ship it to other machines.
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Say what an error code means and what to do; without a code, list them all.
    Explain {
        /// A code, such as MISSING_DEPENDENCIES or limit.fuel.
        code: Option<String>,
    },
    /// Print the versions of this program, its format and its parts.
    Version {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// Arguments of `build`.
#[derive(Debug, Args)]
pub(crate) struct BuildArguments {
    /// The folder that holds the project's package.json; with --base, the changed files alone.
    pub(crate) dir: PathBuf,
    /// The image that the files in DIR are changes to: `input_digest` in the metadata of a
    /// bundle that was built here.
    #[arg(long, value_name = "DIGEST", conflicts_with = "watch")]
    pub(crate) base: Option<Digest>,
    /// A file that is no longer in the project. May be repeated.
    #[arg(long, value_name = "PATH", requires = "base")]
    pub(crate) removed: Vec<String>,
    /// What to build for; an iPad gets the ios bundle.
    #[arg(long, value_enum)]
    pub(crate) platform: PlatformArgument,
    /// Build for development: names, places and warnings are kept.
    #[arg(long)]
    pub(crate) dev: bool,
    /// Shrink the code.
    #[arg(long, conflicts_with = "dev")]
    pub(crate) minify: bool,
    /// The entry file, relative to DIR; left out, package.json and the framework decide.
    #[arg(long, value_name = "FILE")]
    pub(crate) entry: Option<String>,
    /// Where the bundle is written.
    #[arg(long, value_name = "FILE", default_value = "bundle.zip")]
    pub(crate) out: PathBuf,
    /// Also write the modules, their sizes and who asks for them, as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Also write that report as a page to look at: one file of HTML with a map of the sizes.
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
    /// Say why a module is in the bundle: the shortest way of imports to it and who asks for it. A
    /// path, the end of one, or the name of a package.
    #[arg(long, value_name = "MODULE")]
    pub(crate) explain: Option<String>,
    /// Print one JSON object on stdout, for success and failure alike.
    #[arg(long)]
    pub(crate) json: bool,
    /// Build again whenever a file of the project changes.
    #[arg(long)]
    pub(crate) watch: bool,
    /// Fail instead of restoring missing packages.
    #[arg(long)]
    pub(crate) no_restore: bool,
    /// How long restoring packages may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) restore_timeout: u64,
}

/// Arguments of `map`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct MapArguments {
    #[command(subcommand)]
    pub(crate) question: Option<MapCommand>,
    /// The project's folder.
    #[arg(required = true)]
    pub(crate) dir: Option<PathBuf>,
    /// How far the cascade is followed: not at all, to who wins, or to why. Left out, to who
    /// wins; for a page, to why.
    #[arg(long, value_enum)]
    pub(crate) cia: Option<CascadeArgument>,
    /// Say what would change without this selector, rule id or style sheet. May be repeated.
    #[arg(long, value_name = "WHAT")]
    pub(crate) mute: Vec<String>,
    /// Write the map there instead of on stdout.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Write the map as a page to look at: one file of HTML that loads nothing.
    #[arg(long, value_name = "FILE", conflicts_with = "mute")]
    pub(crate) html: Option<PathBuf>,
    /// Print the whole map as JSON instead of a summary.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `map …`.
#[derive(Debug, Subcommand)]
pub(crate) enum MapCommand {
    /// Say why an element has its value of a property: every declaration, and why it lost or won.
    Why {
        /// The project's folder.
        dir: PathBuf,
        /// A selector, or the id of a node of the map.
        element: String,
        /// A longhand, such as margin-left.
        property: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say what leads from one map to another.
    Diff {
        /// A map that was written before.
        before: PathBuf,
        /// A later one.
        after: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// How far the cascade is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CascadeArgument {
    Off,
    Basic,
    Deep,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// The bundle.zip.
    pub(crate) bundle: PathBuf,
    /// Trust this key, `ed25519:` and 64 hex digits, instead of this machine's own. May be repeated.
    #[arg(long = "key", value_name = "KEY")]
    pub(crate) keys: Vec<KeyId>,
    /// Print one JSON object on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `serve`. Everything else stands in its configuration.
#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// A file of settings that goes over the defaults; the environment goes over both.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Arguments of `health`. Where everything is stands in the configuration.
#[derive(Debug, Args)]
pub(crate) struct HealthArguments {
    /// Print one JSON object on stdout.
    #[arg(long)]
    pub(crate) json: bool,
    /// A file of settings that goes over the defaults; the environment goes over both.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Arguments of `worker`. Where its fleet is stands in its configuration.
#[derive(Debug, Args)]
pub(crate) struct WorkerArguments {
    /// The queues whose jobs it does, with a comma between them.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "preview_build,map_jobs,pipeline_jobs,ai_jobs,gpu_ai_jobs"
    )]
    pub(crate) queues: Vec<QueueArgument>,
    /// What the machine has. Jobs that want a GPU wait a while for a worker with one.
    #[arg(long, value_enum, default_value_t = WorkerKind::Cpu)]
    pub(crate) kind: WorkerKind,
    /// A file of settings that goes over the defaults; the environment goes over both.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// A queue whose jobs this program knows how to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum QueueArgument {
    PreviewBuild,
    MapJobs,
    PipelineJobs,
    AiJobs,
    GpuAiJobs,
}

impl QueueArgument {
    /// As the queue is called.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::PreviewBuild => "preview_build",
            Self::MapJobs => "map_jobs",
            Self::PipelineJobs => "pipeline_jobs",
            Self::AiJobs => "ai_jobs",
            Self::GpuAiJobs => "gpu_ai_jobs",
        }
    }
}

/// What the machine of a worker has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WorkerKind {
    Cpu,
    Gpu,
    /// Does no jobs: removes what has ended, for the whole fleet.
    Cleanup,
}

/// `policy …`.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Say in sentences what a policy allows.
    Explain {
        /// The policy file.
        file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Name what is wrong with policies.
    Lint {
        /// The policy files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Print JSON, one object a file.
        #[arg(long)]
        json: bool,
    },
    /// Say where one policy is wider or narrower than another.
    Diff {
        /// The policy before.
        before: PathBuf,
        /// The policy after.
        after: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// `cache …`.
#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Say how much is kept.
    Status {
        /// Print one JSON object on stdout.
        #[arg(long)]
        json: bool,
    },
    /// Remove all of it; the next build is a cold one.
    Clear {
        /// Print one JSON object on stdout.
        #[arg(long)]
        json: bool,
    },
    /// Write kept transforms into a file, signed by this machine's key. It holds code of every app
    /// that was built here.
    Export {
        /// The file to write.
        file: PathBuf,
        /// Print one JSON object on stdout.
        #[arg(long)]
        json: bool,
    },
    /// Take in what another machine exported, if its key is trusted.
    Import {
        /// The file.
        file: PathBuf,
        /// Trust this key, `ed25519:` and 64 hex digits, instead of this machine's own. May be repeated.
        #[arg(long = "key", value_name = "KEY")]
        keys: Vec<KeyId>,
        /// Print one JSON object on stdout.
        #[arg(long)]
        json: bool,
    },
}

/// `audit …`.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Check the chain and the signatures of a file of audit records.
    Verify {
        /// The file, such as audit.jsonl of the data folder.
        file: PathBuf,
        /// The key that signed it, `ed25519:` and 64 hex digits; left out, this machine's own.
        #[arg(long)]
        key: Option<KeyId>,
        /// Print one JSON object on stdout.
        #[arg(long)]
        json: bool,
    },
}

/// A platform on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum PlatformArgument {
    Ios,
    Android,
    Ipad,
    Web,
}

impl From<PlatformArgument> for Platform {
    fn from(argument: PlatformArgument) -> Self {
        match argument {
            PlatformArgument::Ios => Self::Ios,
            PlatformArgument::Android => Self::Android,
            PlatformArgument::Ipad => Self::Ipad,
            PlatformArgument::Web => Self::Web,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_development_build_is_not_minified() {
        let parse = |more: &[&str]| {
            Cli::try_parse_from(["hivesync", "build", ".", "--platform", "ios"].iter().chain(more))
        };
        assert!(parse(&["--dev"]).is_ok());
        assert!(parse(&["--minify"]).is_ok());
        assert!(parse(&["--dev", "--minify"]).is_err());
        assert!(parse(&["--restore-timeout", "0"]).is_err());
    }
}
