//! Frames that no honest runner sends.

use hivesync_protocol::{End, FRAME_BYTES_MAX, FromRunner, Return, TransformResult, Usage, encode};
use hivesync_types::Digest;

use super::{Attempt, What};
use crate::channel::{Channel, ChannelError};
use crate::start::Loaded;

const BROKER: &[&str] = &["broker"];

const fn frames(name: &'static str, send: fn(&Loaded, Channel) -> Result<(), ChannelError>) -> Attempt {
    Attempt { name, stopped_by: BROKER, what: What::Frames(send) }
}

pub(super) const ALL: &[Attempt] = &[
    frames("crash", |_, _| {
        // SAFETY: none: the point is to die of it.
        unsafe { std::ptr::null_mut::<u8>().write_volatile(1) };
        Ok(())
    }),
    frames("frame-cut-short", |loaded, channel| {
        let frame = encode(&end(loaded.start.run_id))?;
        channel.send_raw(frame.get(..frame.len() / 2).unwrap_or_default())
    }),
    frames("frame-empty", |_, channel| channel.send_raw(&[0; 4])),
    frames("frame-malformed", |_, channel| channel.send_raw(&[4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])),
    frames("frame-too-long", |_, channel| channel.send_raw(&(FRAME_BYTES_MAX + 1).to_le_bytes())),
    frames("frame-with-tail", |loaded, channel| {
        let mut frame = encode(&end(loaded.start.run_id))?;
        frame.push(0);
        let length = u32::try_from(frame.len() - 4).unwrap_or(0);
        if let Some(prefix) = frame.first_chunk_mut::<4>() {
            *prefix = length.to_le_bytes();
        }
        channel.send_raw(&frame)
    }),
    frames("leave-without-a-word", |_, _| Ok(())),
    frames("other-run", |_, channel| channel.send(&end(Digest::of(b"another run"))).map(drop)),
    frames("ready-again", |_, channel| {
        channel.send(&FromRunner::Ready(hivesync_protocol::Layer2::default())).map(drop)
    }),
    frames("spin", |_, _| {
        loop {
            std::hint::spin_loop();
        }
    }),
    frames("transformed-unasked", |_, channel| {
        let result = TransformResult {
            index: 4_000_000_000,
            result: Ok(Err(Vec::new())),
            fuel: 0,
            cpu_us: 0,
            memory_peak: 0,
        };
        channel.send(&FromRunner::Transformed(Box::new(result))).map(drop)
    }),
    frames("write-flood", |_, channel| {
        loop {
            channel.send(&FromRunner::Log {
                level: hivesync_protocol::wit::log::Level::Info,
                message: "x".repeat(1 << 20),
            })?;
        }
    }),
];

fn end(run_id: Digest) -> FromRunner {
    FromRunner::End(Box::new(End { run_id, result: Ok(Return::Transform), usage: Usage::default() }))
}
