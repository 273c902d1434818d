//! Landlock.

use std::os::fd::BorrowedFd;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus, PathBeneath,
    Ruleset, RulesetAttr, RulesetCreatedAttr as _, RulesetStatus, Scope,
};

/// The newest interface whose rights are asked for; an older kernel gives what it has.
const NEWEST: ABI = ABI::V7;

/// A directory that stays reachable, with everything in it.
#[derive(Debug, Clone, Copy)]
pub struct Beneath<'a> {
    /// The directory.
    pub directory: BorrowedFd<'a>,
    /// What may be done in it.
    pub access: Access,
}

/// What may be done in a directory that stays reachable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read files and list directories.
    Read,
    /// Also make, change, move and remove files and directories; never links, devices,
    /// sockets or pipes.
    Write,
}

impl Access {
    fn rights(self) -> BitFlags<AccessFs> {
        let read = AccessFs::ReadFile | AccessFs::ReadDir;
        match self {
            Self::Read => read,
            Self::Write => {
                read | AccessFs::WriteFile
                    | AccessFs::Truncate
                    | AccessFs::MakeReg
                    | AccessFs::MakeDir
                    | AccessFs::RemoveFile
                    | AccessFs::RemoveDir
                    | AccessFs::Refer
            }
        }
    }
}

/// Forbids every right that Landlock knows and grants back what `beneath` says, which
/// is nothing for most. Returns the interface version in force.
pub(crate) fn forbid_all_but(beneath: &[Beneath<'_>]) -> Result<u32, String> {
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(NEWEST)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(NEWEST)))
        .and_then(Ruleset::create)
        .map_err(|error| error.to_string())?;
    let ruleset = beneath
        .iter()
        .try_fold(ruleset, |ruleset, one| {
            ruleset.add_rule(PathBeneath::new(one.directory, one.access.rights()))
        })
        .map_err(|error| error.to_string())?;
    let status = ruleset.restrict_self().map_err(|error| error.to_string())?;
    match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => Err("the kernel has no Landlock".to_owned()),
        (_, LandlockStatus::Available { effective_abi, .. }) => Ok(version(effective_abi)),
        (_, _) => Err("the kernel does not say which Landlock it has".to_owned()),
    }
}

fn version(abi: ABI) -> u32 {
    match abi {
        ABI::V1 => 1,
        ABI::V2 => 2,
        ABI::V3 => 3,
        ABI::V4 => 4,
        ABI::V5 => 5,
        ABI::V6 => 6,
        ABI::V7 => 7,
        _ => 0,
    }
}
