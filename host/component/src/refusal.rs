//! Why a module is not taken.

use hivesync_types::Code;

/// Why a module is not taken. The text is one sentence with the evidence and what to
/// do; names in it come from the module and are to be escaped at the border.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More bytes than the policy allows.
    #[error("the module has {bytes} bytes and the policy allows {limit}")]
    TooLarge {
        /// Bytes of the module.
        bytes: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// An object file where WebAssembly is expected.
    #[error("the bytes are an {format} object file; register the WebAssembly component it was made from")]
    Precompiled {
        /// Such as `ELF`.
        format: &'static str,
    },
    /// A core module.
    #[error("the bytes are a core module; make a component of it, as `cargo xtask build-guests` does")]
    NotAComponent,
    /// No valid component.
    #[error("{what}")]
    Invalid {
        /// What the validator says, with the offset.
        what: String,
    },
    /// Valid somewhere, but not here.
    #[error("the module needs `{feature}`, which is switched off here: {what}")]
    FeatureDisabled {
        /// The feature's name.
        feature: String,
        /// What the validator says, with the offset.
        what: String,
    },
    /// Too large in one of its measures to be compiled.
    #[error("{what}: {found} of {limit}")]
    Bound {
        /// The measure.
        what: &'static str,
        /// What was counted when counting stopped.
        found: u64,
        /// The most that is compiled.
        limit: u64,
    },
    /// The imports or exports do not fit the world.
    #[error("{sentence}")]
    Wit {
        /// One of the `wit.` codes.
        code: Code,
        /// Interface, function, both versions or types, and what to do.
        sentence: String,
    },
}

impl Refusal {
    /// The stable code.
    pub const fn code(&self) -> Code {
        match self {
            Self::TooLarge { .. } => Code::ModuleTooLarge,
            Self::Precompiled { .. } => Code::ModulePrecompiledBytes,
            Self::NotAComponent => Code::ModuleNotAComponent,
            Self::Invalid { .. } => Code::ModuleInvalid,
            Self::FeatureDisabled { .. } => Code::ModuleFeatureDisabled,
            Self::Bound { .. } => Code::CompileLimit,
            Self::Wit { code, .. } => *code,
        }
    }
}
