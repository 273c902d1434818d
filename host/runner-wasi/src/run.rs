//! One command: instantiate, call, account.

use hivesync_protocol::{End, Return, RunFault, Usage};
use hivesync_runner::clock::{ThreadTime, micros};
use hivesync_runner::fault::{Fault, Known, explain_with};
use hivesync_types::Code;
use std::os::fd::OwnedFd;
use wasmtime::component::Linker;
use wasmtime::{Store, UpdateDeadline};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p2::bindings::sync::Command;

use crate::link::link;
use crate::start::Loaded;
use crate::state::State;

/// Most resource handles the component may hold.
const HANDLES_MAX: usize = 1024;
/// The status of a command that says only that it failed.
const FAILED: u8 = 1;

/// Runs the command; returns `/out` for what it left there.
pub(crate) fn run(loaded: Loaded) -> (End, OwnedFd) {
    let Loaded { engine, component, start, state, runtime, out } = loaded;
    let run_id = start.run_id;
    // The engine's library waits on whatever runtime it stands in.
    let _inside = runtime.enter();
    let mut linker = Linker::new(&engine);
    let pre = link(&mut linker)
        .map_err(|error| Fault::new(Code::HostInternal, format!("{error:#}")))
        .and_then(|()| {
            linker
                .instantiate_pre(&component)
                .map_err(|error| Fault::new(Code::WitImportNotGranted, format!("{error:#}")))
        });
    let pre = match pre {
        Ok(pre) => pre,
        Err(fault) => {
            return (End { run_id, result: Err(fault.into_run_fault()), usage: Usage::default() }, out);
        }
    };
    let mut store = store(Store::new(&engine, state));
    let fuel_max = store.data().limits.fuel;
    let (begun, mut ready) = (ThreadTime::now(), None);
    store.data_mut().clock.resume(begun);
    let called = pre.instantiate(&mut store).and_then(|instance| {
        ready = Some(ThreadTime::now());
        store.set_fuel(fuel_max)?;
        let command = Command::new(&mut store, &instance)?;
        command.wasi_cli_run().call_run(&mut store)
    });
    let now = ThreadTime::now();
    store.data_mut().clock.pause(now);
    let fuel = fuel_max.saturating_sub(store.get_fuel().unwrap_or(0));
    let mut usage = store.data().usage(fuel, now);
    usage.instantiate_us = ready.map_or(usage.cpu_us, |ready| micros(ready.since(begun)));
    let result = outcome(called, store.data());
    // The streams write their last lines as they are dropped, before the end is told.
    drop(store);
    (End { run_id, result, usage }, out)
}

/// A store with every limit on.
fn store(mut store: Store<State>) -> Store<State> {
    let limits = store.data().limits;
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(usize::try_from(limits.transfer_bytes).unwrap_or(usize::MAX));
    store.set_max_component_handles(HANDLES_MAX);
    // The engine is configured for fuel, so this cannot fail; if it did, there would be none.
    let _ = store.set_fuel(limits.fuel);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|store| {
        store.data().clock.check(ThreadTime::now())?;
        Ok(UpdateDeadline::Continue(1))
    });
    store
}

fn outcome(called: wasmtime::Result<Result<(), ()>>, state: &State) -> Result<Return, RunFault> {
    match called {
        Ok(Ok(())) => Ok(Return::Command(0)),
        Ok(Err(())) => Ok(Return::Command(FAILED)),
        Err(error) => match error.downcast_ref::<I32Exit>() {
            Some(I32Exit(status)) => Ok(Return::Command(u8::try_from(*status).unwrap_or(FAILED))),
            None => {
                let known =
                    Known { limits: &state.limits, refusal: state.memory.first_refusal(), panic: None };
                Err(explain_with(&error, &known))
            }
        },
    }
}
