//! A run of a server, made again from its record: nobody is asked.

use std::path::{Path, PathBuf};

use hivesync_protocol::wit::steps::Attachment;
use hivesync_steps::{RecordError, RunRecord};
use hivesync_types::Code;

use super::{Wanted, attachments, read_input, text};
use crate::report::Problem;

/// Who it is for, in the audit record.
const WHO: &str = "hivesync pipeline --replay";

/// The run of a record, with what it worked on where the record does not hold that.
pub(super) fn replayed(file: &Path, input: Option<&Path>, attach: &[PathBuf]) -> Result<Wanted, Problem> {
    let refused = |error: &RecordError| {
        Problem::with_code(Code::RequestInvalid, &format!("{}: {error}", file.display()))
    };
    let record = RunRecord::from_json(&text(file)?).map_err(|error| refused(&error))?;
    let given = input.map(read_input).transpose()?;
    let files: Vec<Attachment> = attachments(attach)?;
    let again = record.again(given, files, WHO.to_owned()).map_err(|error| refused(&error))?;
    Ok(Wanted { pipeline: record.pipeline.clone(), input: again, record: Some(record) })
}
