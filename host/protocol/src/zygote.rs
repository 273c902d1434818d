//! How the broker asks for processes.
//!
//! `hivesync-runner zygote` is started by the broker with one end of a
//! `SOCK_SEQPACKET` socket as its standard input, an empty environment and nothing
//! else. Each packet is one message in postcard without a length in front. The zygote
//! stays single-threaded, holds no guest bytes, and ends when the socket closes.
//!
//! With [`ToZygote::Fork`] comes one descriptor: the runner's end of a `SOCK_STREAM`
//! socket over which the frames of [`crate::ToRunner`] and [`crate::FromRunner`] go.
//! The zygote clones with `CLONE_PARENT`, so that the broker is the parent: only a
//! parent may reap, and the broker wants the status and the resource usage first-hand.
//! With [`FromZygote::Forked`] comes one descriptor: the pidfd of the new process.

use serde::{Deserialize, Serialize};

/// The longest packet on a zygote's socket, in bytes.
pub const ZYGOTE_PACKET_BYTES_MAX: usize = 4096;

/// Broker to zygote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToZygote {
    /// Make one runner; the descriptor beside it is the runner's socket.
    Fork {
        /// Names the request in the answer.
        serial: u64,
    },
}

/// Zygote to broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromZygote {
    /// A child exists; the descriptor beside it is its pidfd.
    Forked {
        /// As in the request.
        serial: u64,
        /// The process id in the broker's namespace, for logs only: the pidfd is the handle.
        pid: i32,
    },
    /// No child was made.
    Failed {
        /// As in the request.
        serial: u64,
        /// The error number of the system call that failed.
        errno: i32,
    },
}
