//! One run: instantiate, call, account.

use hivesync_protocol::wit::modules::{TransformInput, TransformOptions};
use hivesync_protocol::{Call, End, FromRunner, Return, RunFault, ToRunner, TransformResult, Usage, World};
use hivesync_types::Code;
use wasmtime::component::{Instance, InstancePre, Linker};
use wasmtime::{Engine, Store, UpdateDeadline};

use crate::channel::{Channel, ChannelError};
use crate::clock::{ThreadTime, micros};
use crate::exports::{Export, Transformed};
use crate::fault::{Fault, explain};
use crate::interfaces::{self, qualified};
use crate::start::Loaded;
use crate::state::Run;

/// Most resource handles a component may hold; no interface of ours has any.
const HANDLES_MAX: usize = 1024;

/// Runs what was asked for and says how it ended.
pub(crate) fn run(mut loaded: Loaded, channel: Channel) -> Result<End, ChannelError> {
    let run_id = loaded.start.run_id;
    let call = std::mem::replace(&mut loaded.start.call, Call::Command);
    let mut runner = match Runner::new(loaded, channel) {
        Ok(runner) => runner,
        Err(fault) => {
            return Ok(End { run_id, result: Err(fault.into_run_fault()), usage: Usage::default() });
        }
    };
    let result = match call {
        Call::Bundle(request) => runner.once("bundler", "bundle", |export, store, instance| {
            export.bundle(store, instance, request).map(Return::Bundle)
        }),
        Call::Link(graph) => runner.once("modules", "link", |export, store, instance| {
            export.link(store, instance, graph).map(Return::Link)
        }),
        Call::Rewrite { sources, programs, options } => {
            runner.once("plugins", "rewrite", |export, store, instance| {
                export.rewrite(store, instance, (sources, programs, options)).map(Return::Rewrite)
            })
        }
        Call::Ask { project, question } => runner.once("influence", "ask", |export, store, instance| {
            export.ask(store, instance, (project, question)).map(Return::Influence)
        }),
        Call::Remap { project, depth, left } => {
            runner.once("influence", "remap", |export, store, instance| {
                export.remap(store, instance, (project, depth, left)).map(Return::Mapped)
            })
        }
        Call::Compare { before, after } => runner.once("influence", "compare", |export, store, instance| {
            export.compare(store, instance, (before, after)).map(Return::Influence)
        }),
        Call::Begin(input) => runner.once("steps", "begin", |export, store, instance| {
            export.begin(store, instance, input).map(Return::Step)
        }),
        Call::Resume { input, state, answer } => runner.once("steps", "resume", |export, store, instance| {
            export.resume(store, instance, (input, state, answer)).map(Return::Step)
        }),
        Call::Transform { inputs, options, stays } => {
            match Export::find(&runner.loaded.component, "modules", "transform") {
                Ok(export) => {
                    runner.transform_all(&export, inputs, &options)?;
                    // A process that stays ends with its channel.
                    if stays {
                        loop {
                            runner.transform_all(&export, more(channel)?, &options)?;
                        }
                    }
                    Ok(Return::Transform)
                }
                Err(fault) => Err(fault.into_run_fault()),
            }
        }
        Call::Command => Err(Fault::new(Code::HostProtocol, "this runner has no commands").into_run_fault()),
    };
    Ok(End { run_id, result, usage: runner.usage })
}

struct Runner {
    loaded: Loaded,
    channel: Channel,
    pre: InstancePre<Run>,
    /// The ledgers of the instances that have ended.
    usage: Usage,
}

impl Runner {
    fn new(loaded: Loaded, channel: Channel) -> Result<Self, Fault> {
        let pre = link(&loaded)?;
        Ok(Self { loaded, channel, pre, usage: Usage::default() })
    }

    /// One call in one instance.
    fn once(
        &mut self,
        interface: &str,
        function: &str,
        call: impl FnOnce(&Export, &mut Store<Run>, &Instance) -> wasmtime::Result<Return>,
    ) -> Result<Return, RunFault> {
        let export =
            Export::find(&self.loaded.component, interface, function).map_err(Fault::into_run_fault)?;
        let (result, usage) = self.instance(|store, instance| call(&export, store, instance));
        self.usage = usage;
        result
    }

    /// Every input in an instance of its own. What one does to its instance, the next
    /// cannot see.
    fn transform_all(
        &mut self,
        export: &Export,
        inputs: Vec<TransformInput>,
        options: &TransformOptions,
    ) -> Result<(), ChannelError> {
        for (index, input) in (0..).zip(inputs) {
            let (result, usage): (Result<Transformed, RunFault>, Usage) =
                self.instance(|store, instance| export.transform(store, instance, input, options.clone()));
            let Usage { fuel, cpu_us, memory_peak, .. } = usage;
            add(&mut self.usage, usage);
            let result = TransformResult { index, result, fuel, cpu_us, memory_peak };
            self.channel.send(&FromRunner::Transformed(Box::new(result)))?;
        }
        Ok(())
    }

    /// Makes an instance, calls it, and takes stock.
    fn instance<T>(
        &self,
        call: impl FnOnce(&mut Store<Run>, &Instance) -> wasmtime::Result<T>,
    ) -> (Result<T, RunFault>, Usage) {
        let start = &self.loaded.start;
        let image = self.loaded.image.clone();
        let mut store = store(&self.loaded.engine, Run::new(start.limits, image, self.channel));
        let begun = ThreadTime::now();
        store.data_mut().clock.resume(begun);
        let mut ready = None;
        let result = instantiate(&self.pre, &mut store).and_then(|instance| {
            ready = Some(ThreadTime::now());
            // What it took to set up memories depends on the machine; from here on the
            // price list alone counts.
            store.set_fuel(start.limits.fuel)?;
            call(&mut store, &instance)
        });
        let now = ThreadTime::now();
        store.data_mut().clock.pause(now);
        let fuel = start.limits.fuel.saturating_sub(store.get_fuel().unwrap_or(0));
        let mut usage = store.data().usage(fuel, now);
        usage.instantiate_us = ready.map_or(usage.cpu_us, |ready| micros(ready.since(begun)));
        (result.map_err(|error| explain(&error, store.data())), usage)
    }
}

fn instantiate(pre: &InstancePre<Run>, store: &mut Store<Run>) -> wasmtime::Result<Instance> {
    pre.instantiate(&mut *store).map_err(|error| {
        // A start function's trap, or a refused memory, explains itself.
        if error.is::<wasmtime::Trap>()
            || error.is::<Fault>()
            || store.data().memory.first_refusal().is_some()
        {
            return error;
        }
        Fault::new(Code::ModuleTooLarge, format!("{error:#}")).into()
    })
}

/// The sources that come next. A broker that has no more kills the process or closes.
fn more(channel: Channel) -> Result<Vec<TransformInput>, ChannelError> {
    match channel.receive()? {
        (ToRunner::Inputs(inputs), _) => Ok(inputs),
        _ => Err(ChannelError::Closed),
    }
}

/// A store with every limit on.
fn store(engine: &Engine, run: Run) -> Store<Run> {
    let fuel = run.limits.fuel;
    let transfer = usize::try_from(run.limits.transfer_bytes).unwrap_or(usize::MAX);
    let mut store = Store::new(engine, run);
    store.limiter(|run| &mut run.memory);
    store.set_hostcall_fuel(transfer);
    store.set_max_component_handles(HANDLES_MAX);
    // Start functions of the module run before the call and have the same bound. The
    // engine is configured for fuel, so this cannot fail; if it did, there would be none.
    let _ = store.set_fuel(fuel);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|store| {
        store.data().clock.check(ThreadTime::now())?;
        Ok(UpdateDeadline::Continue(1))
    });
    store
}

/// Links what is granted and compares it with what the module imports.
fn link(loaded: &Loaded) -> Result<InstancePre<Run>, Fault> {
    let start = &loaded.start;
    // A pure world has no import, whatever is granted: a module that has some is no
    // module of that world.
    let grants = match start.world {
        World::PreviewBundler => start.grants.as_slice(),
        _ => &[],
    };
    let mut linker = Linker::new(&loaded.engine);
    interfaces::link(&mut linker, grants)
        .map_err(|error| Fault::new(Code::HostInternal, format!("{error:#}")))?;
    linker.instantiate_pre(&loaded.component).map_err(|error| misfit(loaded, grants, &error))
}

/// Which import it is that does not fit. The broker has compared the module with its
/// world before; this is what is said should the two disagree.
fn misfit(loaded: &Loaded, grants: &[String], error: &wasmtime::Error) -> Fault {
    let imports = loaded.component.component_type();
    for (name, _) in imports.imports(&loaded.engine) {
        match interfaces::known(name) {
            Some(interface)
                if interfaces::is_power(interface) && !grants.iter().any(|grant| grant == interface) =>
            {
                return Fault::new(Code::WitImportNotGranted, qualified(interface));
            }
            Some(_) => {}
            None => return Fault::new(Code::WitUnknownImport, name.to_owned()),
        }
    }
    Fault::new(Code::WitSignatureChanged, format!("{error:#}"))
}

/// Sums what can be summed; a peak is the highest, a refusal the first.
fn add(total: &mut Usage, more: Usage) {
    total.fuel = total.fuel.saturating_add(more.fuel);
    total.cpu_us = total.cpu_us.saturating_add(more.cpu_us);
    total.instantiate_us = total.instantiate_us.saturating_add(more.instantiate_us);
    total.host_us = total.host_us.saturating_add(more.host_us);
    total.memory_peak = total.memory_peak.max(more.memory_peak);
    if total.first_refusal.is_none() {
        total.first_refusal = more.first_refusal;
    }
}
