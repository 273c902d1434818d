//! What the broker, the runner and the compiler say to each other.
//!
//! Every message is one frame: a little-endian `u32` length and that many bytes of
//! postcard. The runner is not trusted: the broker bounds a frame's length before it
//! allocates, and checks again whatever a limit depends on.
//!
//! [`wit`] mirrors the records of `wit/` field by field, because the broker must
//! speak of them without linking the engine. A test compares the two.
//!
//! **Invariant:** no secret has a place in any message to a runner.

mod frame;
mod identity;
mod messages;
mod octets;
pub mod wit;
mod zygote;

pub use frame::{FRAME_BYTES_MAX, FrameError, decode, encode};
pub use identity::CompilerIdentity;
pub use messages::{
    ArtifactReply, Call, CompileAnswer, CompileRequest, End, FromRunner, HostCallUse, InfluenceAnswer,
    Layer2, Refusal, Return, RewriteAnswer, RewriteResult, RunFault, Start, StepAnswer, ToRunner,
    TransformResult, Usage, World,
};
pub use zygote::{FromZygote, ToZygote, ZYGOTE_PACKET_BYTES_MAX};
