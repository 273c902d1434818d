//! From WebAssembly to machine code.

use hivesync_component::survey;
use hivesync_protocol::{CompilerIdentity, RunFault};
use hivesync_types::{Code, CompileLimits, Digest};
use wasmtime::Engine;

use crate::answer::fault;

/// Machine code with the engine it is for.
pub(crate) struct Compiled {
    pub(crate) code: Vec<u8>,
    pub(crate) engine: Digest,
}

/// Compiles a component that passed the survey of its measures and features.
pub(crate) fn compile(bytes: &[u8], limits: &CompileLimits) -> Result<Compiled, RunFault> {
    survey(bytes, limits).map_err(|refusal| fault(refusal.code(), refusal.to_string()))?;
    let engine = Engine::new(&hivesync_engine::config()).map_err(misconfigured)?;
    let code = engine.precompile_component(bytes).map_err(|error| failed(&format!("{error:#}")))?;
    Ok(Compiled { code, engine: hivesync_engine::compatibility(&engine).map_err(misconfigured)? })
}

/// The engine this executable compiles for, and its prices.
pub(crate) fn identity() -> Result<CompilerIdentity, RunFault> {
    let engine = Engine::new(&hivesync_engine::config()).map_err(misconfigured)?;
    let engine = hivesync_engine::compatibility(&engine).map_err(misconfigured)?;
    Ok(CompilerIdentity { engine, fuel_schedule: hivesync_engine::fuel_schedule() })
}

fn misconfigured(error: wasmtime::Error) -> RunFault {
    fault(Code::HostInternal, format!("the engine's configuration: {error:#}"))
}

/// The code generator has bounds of its own, of which it speaks in words only; they
/// are pinned with its version.
fn failed(detail: &str) -> RunFault {
    let bound = ["limit exceeded", "too large", "exceeds"].iter().any(|words| detail.contains(words));
    fault(if bound { Code::CompileLimit } else { Code::CompileFailed }, detail.to_owned())
}

#[cfg(test)]
mod tests {
    use wasmtime::Engine;

    #[test]
    fn the_survey_knows_exactly_the_features_of_the_engine() {
        let engine = Engine::new(&hivesync_engine::config()).unwrap().get_wasm_features();
        let survey = hivesync_component::FEATURES;
        assert_eq!(engine.bits(), survey.bits(), "engine: {engine:?}\nsurvey: {survey:?}");
    }
}
