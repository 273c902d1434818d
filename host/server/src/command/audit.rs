//! `hivesync audit`.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use hivesync_pipeline::{AuditError, KeyId, Keys, verify_audit};
use hivesync_types::Code;
use serde_json::json;

use crate::cli::AuditCommand;
use crate::exit::Exit;
use crate::paths::DataFolders;
use crate::progress::print_quietly;
use crate::report::{self, Problem};

pub(crate) fn run(command: AuditCommand) -> Exit {
    let AuditCommand::Verify { file, key, json } = command;
    match check(&file, key) {
        Ok(verified) if json => {
            let result = json!({ "entries": verified.entries, "head": verified.head });
            print_quietly(&report::line(&json!({ "command": "audit verify", "ok": true, "result": result })));
            Exit::Done
        }
        Ok(verified) => {
            let note = "Compare the head with one that was noted elsewhere: a cut-off end cannot be seen in the file.";
            print_quietly(&format!(
                "holds: {} entries\n  head {}\n{note}\n",
                verified.entries, verified.head
            ));
            Exit::Done
        }
        Err((problem, exit)) => {
            if json {
                print_quietly(&report::line(&problem.to_json("audit verify")));
            } else {
                problem.print();
            }
            exit
        }
    }
}

fn check(file: &Path, key: Option<KeyId>) -> Result<hivesync_sandbox::audit::Verified, (Problem, Exit)> {
    let host = |message: String| (Problem::host(&message), Exit::Host);
    let key = match key {
        Some(key) => key,
        None => {
            let folders = DataFolders::find().map_err(|error| host(error.to_string()))?;
            Keys::audit_key_id(&folders.keys())
                .map_err(|error| host(error.to_string()))?
                .ok_or_else(|| host("this machine has no audit key; name one with --key".to_owned()))?
        }
    };
    let reader = File::open(file).map(BufReader::new).map_err(|error| {
        let message = format!("{} cannot be read: {}", file.display(), error.kind());
        (Problem::host(&message), Exit::Project)
    })?;
    verify_audit(reader, &key).map_err(|error: AuditError| {
        (Problem::with_code(Code::ModuleBadSignature, &error.to_string()), Exit::Project)
    })
}
