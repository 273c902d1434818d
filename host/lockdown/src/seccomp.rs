//! The list of permitted system calls.

use std::io;

use hivesync_types::Digest;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};

pub mod lists;

/// One permitted system call.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its number.
    pub syscall: libc::c_long,
    /// What an argument must be; always permitted without.
    pub condition: Option<Condition>,
}

/// `argument & mask == value`, on the lower 32 bits.
#[derive(Debug, Clone, Copy)]
pub struct Condition {
    /// Which argument, from 0.
    pub argument: u8,
    /// The bits that are looked at.
    pub mask: u32,
    /// What they must be.
    pub value: u32,
}

/// A list of permitted system calls, ready to be put around a process. Everything that
/// is not on it kills the process.
#[derive(Debug, Clone)]
pub struct Filter {
    program: BpfProgram,
    digest: Digest,
}

/// The list cannot be made into a filter: a mistake of ours.
#[derive(Debug, thiserror::Error)]
#[error("the list of permitted system calls cannot be made into a filter")]
pub struct FilterError(#[source] seccompiler::BackendError);

impl Filter {
    /// The filter that permits what any of `lists` permits.
    pub fn permitting(lists: &[&[Rule]]) -> Result<Self, FilterError> {
        let mut rules = std::collections::BTreeMap::<i64, Vec<SeccompRule>>::new();
        let mut always = Vec::new();
        for rule in lists.iter().copied().flatten() {
            let entry = rules.entry(rule.syscall).or_default();
            match rule.condition {
                Some(condition) => entry.push(condition.compile()?),
                None => always.push(rule.syscall),
            }
        }
        // No rule means always: a list without conditions wins over one with.
        for syscall in always {
            rules.insert(syscall, Vec::new());
        }
        let filter = SeccompFilter::new(rules, SeccompAction::KillProcess, SeccompAction::Allow, TARGET)
            .map_err(FilterError)?;
        let program = BpfProgram::try_from(filter).map_err(FilterError)?;
        let digest = digest(&program);
        Ok(Self { program, digest })
    }

    /// SHA-256 of the program, instruction by instruction.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Puts the filter around every thread of the process.
    pub(crate) fn install(&self) -> Result<(), String> {
        seccompiler::apply_filter_all_threads(&self.program).map_err(|error| match error {
            seccompiler::Error::Seccomp(error) | seccompiler::Error::Prctl(error) => describe(&error),
            other => other.to_string(),
        })
    }
}

#[cfg(target_arch = "x86_64")]
const TARGET: TargetArch = TargetArch::x86_64;
#[cfg(target_arch = "aarch64")]
const TARGET: TargetArch = TargetArch::aarch64;

fn describe(error: &io::Error) -> String {
    error.to_string()
}

fn digest(program: &BpfProgram) -> Digest {
    let mut bytes = Vec::with_capacity(program.len().saturating_mul(8));
    for instruction in program {
        bytes.extend_from_slice(&instruction.code.to_le_bytes());
        bytes.extend_from_slice(&[instruction.jt, instruction.jf]);
        bytes.extend_from_slice(&instruction.k.to_le_bytes());
    }
    Digest::of(&bytes)
}

impl Condition {
    fn compile(self) -> Result<SeccompRule, FilterError> {
        let operation = SeccompCmpOp::MaskedEq(u64::from(self.mask));
        SeccompCondition::new(self.argument, SeccompCmpArgLen::Dword, operation, u64::from(self.value))
            .and_then(|condition| SeccompRule::new(vec![condition]))
            .map_err(FilterError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_follows_what_is_permitted_and_nothing_else() {
        let running = Filter::permitting(&[lists::RUNNING]).unwrap();
        assert_eq!(running.digest(), Filter::permitting(&[lists::RUNNING]).unwrap().digest());
        assert_eq!(running.digest(), Filter::permitting(&[lists::RUNNING, &[]]).unwrap().digest());
        let wider = Filter::permitting(&[lists::RUNNING, lists::WAITING]).unwrap();
        assert_ne!(running.digest(), wider.digest());
    }

    #[test]
    fn a_call_that_is_always_permitted_has_no_condition_left() {
        let only = Rule {
            syscall: libc::SYS_read,
            condition: Some(Condition { argument: 0, mask: u32::MAX, value: 0 }),
        };
        let always = Rule { syscall: libc::SYS_read, condition: None };
        let alone = Filter::permitting(&[&[always]]).unwrap();
        assert_eq!(Filter::permitting(&[&[only], &[always]]).unwrap().digest(), alone.digest());
        assert_eq!(Filter::permitting(&[&[always], &[only]]).unwrap().digest(), alone.digest());
        assert_ne!(Filter::permitting(&[&[only]]).unwrap().digest(), alone.digest());
    }

    /// What must never come back by an oversight.
    #[test]
    fn a_running_guest_can_neither_open_nor_connect_nor_start_anything() {
        let dangerous = [
            libc::SYS_openat,
            libc::SYS_socket,
            libc::SYS_clone,
            libc::SYS_clone3,
            libc::SYS_execve,
            libc::SYS_recvmsg,
            libc::SYS_sendmsg,
            libc::SYS_memfd_create,
            libc::SYS_ptrace,
            libc::SYS_kill,
            libc::SYS_tgkill,
            libc::SYS_prctl,
            libc::SYS_seccomp,
        ];
        for rule in lists::RUNNING {
            assert!(!dangerous.contains(&rule.syscall), "{}", rule.syscall);
        }
        let conditional =
            [libc::SYS_read, libc::SYS_write, libc::SYS_mmap, libc::SYS_mprotect, libc::SYS_fcntl];
        for rule in lists::RUNNING.iter().filter(|rule| conditional.contains(&rule.syscall)) {
            assert!(rule.condition.is_some(), "{}", rule.syscall);
        }
    }
}
