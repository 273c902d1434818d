//! The request and its two descriptors.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;

use hivesync_protocol::{CompileRequest, RunFault};
use hivesync_types::{Code, Digest};

use crate::answer::fault;
use crate::socket;

/// What is to be compiled, and where to.
pub(crate) struct Job {
    pub(crate) request: CompileRequest,
    module: File,
    output: File,
}

/// Reads the one frame and takes the two descriptors that come with it.
pub(crate) fn receive() -> io::Result<Job> {
    let (request, descriptors) = socket::receive()?;
    let [module, output]: [OwnedFd; 2] = descriptors
        .try_into()
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "two descriptors are needed"))?;
    Ok(Job { request, module: module.into(), output: output.into() })
}

impl Job {
    /// The module's bytes, which are those the broker means. Where the file's offset
    /// stands does not matter: whoever wrote it shares it with us.
    pub(crate) fn module(&self) -> Result<Vec<u8>, RunFault> {
        let limit = self.request.limits.module_bytes;
        let size = self.module.metadata().map_err(|error| unreadable(&error))?.len();
        let length = usize::try_from(size)
            .ok()
            .filter(|_| size <= limit)
            .ok_or_else(|| fault(Code::ModuleTooLarge, format!("bytes of the module: {size} of {limit}")))?;
        let mut bytes = vec![0; length];
        self.module.read_exact_at(&mut bytes, 0).map_err(|error| unreadable(&error))?;
        let found = Digest::of(&bytes);
        if found != self.request.digest {
            let detail = format!("the bytes are {found}, and {} was asked for", self.request.digest);
            return Err(fault(Code::ModuleDigestMismatch, detail));
        }
        Ok(bytes)
    }

    /// Hands over the machine code.
    pub(crate) fn write(&self, code: &[u8]) -> Result<(), RunFault> {
        self.output.write_all_at(code, 0).map_err(|error| unreadable(&error))
    }
}

fn unreadable(error: &io::Error) -> RunFault {
    fault(Code::HostInternal, format!("a memory file: {error}"))
}
