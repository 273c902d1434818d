//! `hivesync verify`.

use hivesync_pipeline::{KeyId, Keys, VerifyReport, verify};
use serde_json::json;

use crate::cli::VerifyArguments;
use crate::exit::Exit;
use crate::paths::DataFolders;
use crate::progress::print_quietly;
use crate::report::{self, Problem};

pub(crate) fn run(arguments: &VerifyArguments) -> Exit {
    match check(arguments) {
        Ok(report) if arguments.json => {
            let result = json!({ "command": "verify", "ok": true, "result": report });
            print_quietly(&report::line(&result));
            Exit::Done
        }
        Ok(report) => {
            print_quietly(&text(&report));
            Exit::Done
        }
        Err((problem, exit)) => {
            if arguments.json {
                print_quietly(&report::line(&problem.to_json("verify")));
            } else {
                problem.print();
            }
            exit
        }
    }
}

fn check(arguments: &VerifyArguments) -> Result<VerifyReport, (Problem, Exit)> {
    let trusted = if arguments.keys.is_empty() { own_key()? } else { arguments.keys.clone() };
    verify(&arguments.bundle, &trusted)
        .map_err(|error| (Problem::with_code(error.code(), &error.to_string()), Exit::Project))
}

/// This machine's own key, where it has one: checking makes none.
fn own_key() -> Result<Vec<KeyId>, (Problem, Exit)> {
    let host = |message: String| (Problem::host(&message), Exit::Host);
    let folders = DataFolders::find().map_err(|error| host(error.to_string()))?;
    let key = Keys::bundle_key_id(&folders.keys()).map_err(|error| host(error.to_string()))?;
    Ok(key.into_iter().collect())
}

fn text(report: &VerifyReport) -> String {
    let metadata = &report.metadata;
    format!(
        "holds: {} files, signed with {}\n  job      {}\n  project  {}\n  platform {}\n  built    {}\n  modules  {}\n  \
         module   {}\n  policy   {}\n  input    {}\n",
        report.files,
        metadata.key_id,
        metadata.job_id,
        metadata.project_id,
        metadata.platform,
        metadata.built_at,
        metadata.modules,
        metadata.module_digest,
        metadata.policy_digest,
        metadata.input_digest
    )
}
