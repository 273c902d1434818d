//! The stable error codes. A code never changes its meaning; a page explains each.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whose doing an error is, which decides what is told to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The module that ran, or the code it was given: reported to the user.
    Guest,
    /// Whoever asked for the run: a wrong argument or a missing permission.
    Caller,
    /// The host itself: detail goes to the log only.
    Host,
}

macro_rules! codes {
    ($($variant:ident $text:literal $fault:ident $retry:literal $sentence:literal;)*) => {
        /// A stable error code. Text, fault, whether trying again can help, and one sentence.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Code {
            $(
                #[doc = $sentence]
                #[serde(rename = $text)]
                $variant,
            )*
        }

        impl Code {
            /// Every code, by class.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The code as it is written in reports, logs and metrics.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Whose doing it is.
            pub const fn fault(self) -> Fault {
                match self { $(Self::$variant => Fault::$fault,)* }
            }

            /// The same request may succeed later.
            pub const fn is_retryable(self) -> bool {
                match self { $(Self::$variant => $retry,)* }
            }

            /// What happened, in one plain sentence.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }

            /// The page in Markdown: cause, whose fault, what to do, an example.
            pub const fn page(self) -> &'static str {
                match self { $(Self::$variant => include_str!(concat!("../errors/", $text, ".md")),)* }
            }
        }
    };
}

codes! {
    ModuleInvalid "module.invalid" Guest false "The bytes are not a valid WebAssembly component.";
    ModuleTooLarge "module.too-large" Guest false "The module is larger than the policy allows.";
    ModuleFeatureDisabled "module.feature-disabled" Guest false "The module uses a WebAssembly feature that is switched off here.";
    ModuleNotAComponent "module.not-a-component" Guest false "The bytes are a core module, and a component is needed.";
    ModulePrecompiledBytes "module.precompiled-bytes" Guest false "The bytes are machine code, and only WebAssembly is accepted.";
    ModuleDigestMismatch "module.digest-mismatch" Caller false "The module's digest is not one that the policy names.";
    ModuleUnsigned "module.unsigned" Caller false "The policy asks for a signature and the module has none.";
    ModuleBadSignature "module.bad-signature" Caller false "No signer that the policy names has signed this module.";
    ModuleRevoked "module.revoked" Caller false "The module's digest has been revoked.";

    WitUnknownImport "wit.unknown-import" Guest false "The module imports something this host does not offer.";
    WitVersionTooNew "wit.version-too-new" Guest false "The module was built for a newer interface than this host offers.";
    WitVersionUnsupported "wit.version-unsupported" Guest false "The module was built for an interface version this host no longer offers.";
    WitSignatureChanged "wit.signature-changed" Guest false "A function has another type in the module than in this host.";
    WitMissingExport "wit.missing-export" Guest false "The module lacks a function its world asks for.";
    WitImportNotGranted "wit.import-not-granted" Caller false "The module imports an interface that the policy does not grant.";

    CompileLimit "compile.limit" Guest false "Compiling the module would take more than the policy allows.";
    CompileFailed "compile.failed" Guest false "The module cannot be compiled.";
    CompileCrashed "compile.crashed" Host true "The compiler ended without an answer.";

    LimitFuel "limit.fuel" Guest false "The run used up its instructions.";
    LimitCpu "limit.cpu" Guest false "The run used up its computing time.";
    LimitWall "limit.wall" Guest false "The run took longer than its deadline and was killed.";
    LimitMemory "limit.memory" Guest false "The run asked for more memory than it may have.";
    LimitTables "limit.tables" Guest false "The run asked for more table elements than it may have.";
    LimitStack "limit.stack" Guest false "The run called too deeply.";
    LimitHostCalls "limit.host-calls" Guest false "The run called the host too often.";
    LimitHostBytes "limit.host-bytes" Guest false "The run exchanged more bytes with the host than it may.";
    LimitHostTime "limit.host-time" Guest false "The host worked longer on the run's behalf than it may.";
    LimitTransfer "limit.transfer" Guest false "One call handed over more bytes than it may.";
    LimitJobs "limit.jobs" Guest false "The run asked for more pure runs than it may.";
    LimitArtifacts "limit.artifacts" Guest false "The run made more artifacts than it may.";
    LimitArtifactBytes "limit.artifact-bytes" Guest false "The run's artifacts are larger than they may be.";
    LimitLog "limit.log" Guest false "The run's log is longer than it may be.";
    LimitAsk "limit.ask" Guest false "The step's question for a model is larger than one may be.";
    LimitAsks "limit.asks" Guest false "The step asked models more often than it may.";

    GuestTrap "guest.trap" Guest false "The module did something WebAssembly forbids and was stopped.";
    GuestPanic "guest.panic" Guest false "The module's own code gave up.";
    GuestStepError "guest.step-error" Guest false "The module reported that it cannot do what was asked.";
    GuestBadValue "guest.bad-value" Guest false "The module handed over a value that its type does not allow.";

    PolicyInvalid "policy.invalid" Caller false "The policy file is not valid.";
    PolicyDenied "policy.denied" Caller false "The policy does not allow this.";
    PolicyCeiling "policy.ceiling" Caller false "The policy asks for more than this host ever grants.";
    PolicyDegradedLayer2 "policy.degraded-layer2" Host false "A wall of the operating system is missing and the policy does not do without it.";

    HostRunnerLost "host.runner-lost" Host true "The process of the run ended without an answer.";
    HostProtocol "host.protocol" Host false "The process of the run said something that makes no sense.";
    HostOverloaded "host.overloaded" Host true "Too many runs are waiting.";
    HostStorage "host.storage" Host true "A file of the host could not be read or written.";
    HostInternal "host.internal" Host false "The host made a mistake.";
    HostCanceled "host.canceled" Caller true "Whoever asked for the run has withdrawn.";

    PreviewBuildFailed "PREVIEW_BUILD_FAILED" Caller false "The project's sources cannot be built.";
    MissingDependencies "MISSING_DEPENDENCIES" Caller false "The project imports modules that cannot be found.";
    InvalidProjectStructure "INVALID_PROJECT_STRUCTURE" Caller false "The folder is not a project that can be built.";
    ModuleNotInBundle "MODULE_NOT_IN_BUNDLE" Caller false "The module that was asked about is not in the bundle.";
    BaseUnknown "BASE_UNKNOWN" Caller false "The project image that the changes are for is not kept here.";
    DeltaInvalid "DELTA_INVALID" Caller false "A change cannot be made to the project image that it is for.";
    NotInMap "NOT_IN_MAP" Caller false "The map does not have what was asked about.";
    PreviewTimeout "PREVIEW_TIMEOUT" Caller false "The preview took longer than its deadline.";
    StorageUploadFailed "STORAGE_UPLOAD_FAILED" Host true "An artifact could not be stored.";
    SandboxLimitExceeded "SANDBOX_LIMIT_EXCEEDED" Caller false "The build needs more than the sandbox allows.";
    SandboxDenied "SANDBOX_DENIED" Caller false "The build did something the sandbox forbids.";

    SignatureMissing "SIGNATURE_MISSING" Caller false "A header of the request's signature is missing.";
    SignatureMalformed "SIGNATURE_MALFORMED" Caller false "A part of the signed request cannot be what it says.";
    SignatureInvalid "SIGNATURE_INVALID" Caller false "The signature is not of this request.";
    ContentTypeUnsupported "CONTENT_TYPE_UNSUPPORTED" Caller false "The body is of another type than this endpoint takes.";
    ClockSkew "CLOCK_SKEW" Caller true "The request was signed at another time than now.";
    ApiKeyInvalid "API_KEY_INVALID" Caller false "The request names a key that is not good here.";
    NonceUsed "NONCE_USED" Caller false "The request was seen before.";
    TokenInvalid "TOKEN_INVALID" Caller false "The preview token was not made here.";
    TokenExpired "TOKEN_EXPIRED" Caller false "The preview token has ended.";
    LinkInvalid "LINK_INVALID" Caller false "The link was not made here for this object.";
    LinkExpired "LINK_EXPIRED" Caller false "The link to the object has ended.";
    TokenWrongVersion "TOKEN_WRONG_VERSION" Caller false "The preview token is for another endpoint.";

    RequestInvalid "REQUEST_INVALID" Caller false "A part of the request cannot be what it says.";
    BodyTooLarge "BODY_TOO_LARGE" Caller false "The body is larger than this endpoint takes.";
    NotFound "NOT_FOUND" Caller false "There is no such thing, or it is not yours to see.";
    MethodNotAllowed "METHOD_NOT_ALLOWED" Caller false "This path does not take this method.";
    Conflict "CONFLICT" Caller false "This is not possible as things stand.";
    Unauthenticated "UNAUTHENTICATED" Caller false "The request does not say who asks, or what it says is not good here.";
    CredentialsInvalid "CREDENTIALS_INVALID" Caller false "The address and the password do not belong together.";
    RefreshTokenReused "REFRESH_TOKEN_REUSED" Caller false "The refresh token was used before, and its session has been ended.";
    Forbidden "FORBIDDEN" Caller false "Your role in this project does not allow this.";
    TierUpgradeRequired "TIER_UPGRADE_REQUIRED" Caller false "The feature is not part of your tier.";
    UpgradeRequired "UPGRADE_REQUIRED" Caller false "A job of your tier has fewer devices than this.";
    LimitReached "LIMIT_REACHED" Caller true "A limit of your tier is reached for now.";
    IdempotencyKeyReused "IDEMPOTENCY_KEY_REUSED" Caller false "The idempotency key was used for another request.";
    UploadMalformed "UPLOAD_MALFORMED" Caller false "The upload is not an archive that can be read.";
    UploadUnsafePath "UPLOAD_UNSAFE_PATH" Caller false "A file of the upload has a name that is not accepted.";
    UploadLink "UPLOAD_LINK" Caller false "The upload holds a link or a special file.";
    UploadTooLarge "UPLOAD_TOO_LARGE" Caller false "The upload unpacks to more than a project may hold.";
    UploadIncomplete "UPLOAD_INCOMPLETE" Caller false "The host does not have every file that the delta names.";
    GitRefUnknown "GIT_REF_UNKNOWN" Caller false "The project has no such ref, or no repository on this server.";
    RepositoryRefused "REPOSITORY_REFUSED" Caller false "The project's repository is not one that is read.";
    GitUnavailable "GIT_UNAVAILABLE" Host true "This server has no git, and cannot read repositories.";
    InvalidDeviceContext "INVALID_DEVICE_CONTEXT" Caller false "A device's description cannot be right.";
    ArtifactNotReady "ARTIFACT_NOT_READY" Caller true "The job has no artifact yet.";
    ArtifactExpired "ARTIFACT_EXPIRED" Caller false "The artifact is no longer kept.";
    LeaseLost "LEASE_LOST" Caller false "The job is no longer this worker's.";
    AiNoReply "AI_NO_REPLY" Host true "No model gave a reply.";
    AiBudgetSpent "AI_BUDGET_SPENT" Caller true "The tokens that models may be asked with are spent for today.";
    AiReplyUnreadable "AI_REPLY_UNREADABLE" Host true "The model's reply is not of the form that was asked for.";
    PipelineInvalid "PIPELINE_INVALID" Caller false "There is no such pipeline, or it has a problem.";
    ForgeFailed "FORGE_FAILED" Host true "The forge did not take the pull request.";
    PipelineBlocked "PIPELINE_BLOCKED" Caller false "The pipeline stopped for a person to decide.";
    AnswerNotRecorded "ANSWER_NOT_RECORDED" Caller false "The record of answers has none to a question of this run.";
    PayloadInline "PAYLOAD_INLINE" Caller false "The body holds data where only ids and words may stand.";
    ImageRefused "IMAGE_REFUSED" Caller false "A picture is of no kind, size or state that is taken here.";
    EventflowDisabled "EVENTFLOW_DISABLED" Caller false "The job does not record events.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_text_and_a_whole_sentence() {
        let mut texts: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.sentence().ends_with('.'), "{code}");
        }
    }
}
