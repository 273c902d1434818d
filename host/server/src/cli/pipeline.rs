//! Arguments of `docs` and `pipeline`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Arguments of `docs`.
#[derive(Debug, Args)]
pub(crate) struct DocsArguments {
    /// The file. It is not changed: what is proposed is printed as a diff.
    pub(crate) file: PathBuf,
    /// What is wanted.
    #[arg(long, value_enum, default_value = "summary")]
    pub(crate) kind: DocsKind,
    /// The lines that comments are for, as FIRST-LAST.
    #[arg(long, value_name = "LINES")]
    pub(crate) range: Option<String>,
    /// Who is asked, and how it is done.
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

/// What `docs` makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DocsKind {
    /// What the file is for.
    Summary,
    /// Comments above lines.
    Comments,
    /// Better names.
    Rename,
    /// A summary, and comments for the whole file.
    Full,
}

/// What is the same wherever a pipeline runs.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The configuration that names the models; the environment goes over it.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The longest reply, in tokens.
    #[arg(long, value_name = "TOKENS", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=16384))]
    pub(crate) tokens: u32,
    /// Take every answer from this file and ask nobody.
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// Write the answers there, to run the same again without a model.
    #[arg(long, value_name = "FILE", conflicts_with = "answers")]
    pub(crate) record: Option<PathBuf>,
    /// Write down there what is asked and answered. A run that was cut off goes on with it, and
    /// asks nothing again that was answered.
    #[arg(long, value_name = "FILE", conflicts_with = "answers")]
    pub(crate) journal: Option<PathBuf>,
    /// Print one JSON object on stdout, for success and failure alike.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `pipeline …`.
#[derive(Debug, Subcommand)]
pub(crate) enum PipelineCommand {
    /// Say of each pipeline whether it can run here, and what is wrong with it.
    Check {
        /// The configuration that names a folder of definitions.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Draw a pipeline.
    Graph {
        /// Its name.
        name: String,
        /// In which words.
        #[arg(long, value_enum, default_value = "text")]
        format: GraphFormat,
        /// The configuration that names a folder of definitions.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Run a pipeline once.
    Run {
        /// Its name.
        #[arg(required_unless_present = "replay", conflicts_with = "replay")]
        name: Option<String>,
        /// What it works on: any JSON.
        #[arg(long, value_name = "FILE", required_unless_present = "replay")]
        input: Option<PathBuf>,
        /// Make a run of a server again from its record, which the job or the step links to, and ask
        /// nobody. Files that it worked on are given with --attach, under their names; and with
        /// --input what the record does not hold.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["answers", "record", "journal"])]
        replay: Option<PathBuf>,
        /// A file that goes with it, such as a picture. May be repeated.
        #[arg(long, value_name = "FILE")]
        attach: Vec<PathBuf>,
        /// A folder for what the steps make beside their results.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        #[command(flatten)]
        run: RunArguments,
    },
}

/// In which words `pipeline graph` draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// For a terminal.
    Text,
    /// For Graphviz.
    Dot,
    /// For Markdown.
    Mermaid,
}
