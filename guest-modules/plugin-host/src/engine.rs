//! One engine with one project's programs in it.

use std::rc::Rc;

use rquickjs::context::EvalOptions;
use rquickjs::{Context, Ctx, Function, Object, Persistent, Runtime, Value};
use serde_json::json;

use crate::api::{PluginOptions, Rewritten, SourceFile};
use crate::fault::{self, Thrown};
use crate::{Diagnostic, Platform, digest, style_sheet};

/// Everything that programs find, as one function of what the host gives.
const RUNTIME: &str = concat!(
    "((host) => {\n",
    "globalThis.global = globalThis;\n",
    "const quiet = () => {};\n",
    "globalThis.console = { log: quiet, info: quiet, warn: quiet, error: quiet, debug: quiet, trace: quiet };\n",
    "const refuse = (what) => Object.assign(new Error(`${what} is not there for build plugins`), { refused: what });\n",
    "const path = ",
    include_str!("runtime/path.js"),
    ";\nconst node = (",
    include_str!("runtime/node.js"),
    ")(host, path, refuse);\nglobalThis.process = node.process;\nconst modules = (",
    include_str!("runtime/modules.js"),
    ")(host, node, path, refuse);\nconst compile = !host.isStyles ? (",
    include_str!("runtime/rewrite.js"),
    ") : (",
    include_str!("runtime/styles.js"),
    ");\nreturn compile(host, node, modules, path);\n})",
);

/// What NativeWind makes styles with. Where it is the compiler, the sources are style sheets.
const STYLES_COMPILER: &str = "react-native-css-interop/dist/css-to-rn/index.js";

/// Bytes of stack for JavaScript. Beyond them it throws, which a program can be told of. The
/// stack itself is larger (`build.rs`, and `stack-bytes` of the policy), because running over
/// its end ends the run; only recursion through the engine's own functions still gets there.
const STACK_BYTES: usize = 1 << 20;
/// Bytes after which cycles are looked for. A run is short, and its memory goes with it.
const CYCLES_AFTER_BYTES: usize = 96 << 20;

/// Whether a configuration names anything to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meant {
    ForSources,
    ForNothing,
}

/// The programs and what is said about them.
#[derive(Debug)]
struct Programs {
    options: PluginOptions,
    texts: Vec<Vec<u8>>,
}

impl Programs {
    fn index(&self, path: &str) -> Option<usize> {
        self.options.programs.iter().position(|program| program.path == path)
    }

    fn text(&self, path: &str) -> Option<String> {
        let bytes = self.texts.get(self.index(path)?)?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }

    fn path(&self, index: usize) -> Option<&str> {
        self.options.programs.get(index).map(|program| program.path.as_str())
    }

    fn target(&self, index: usize, specifier: &str) -> Option<u32> {
        let requires = &self.options.programs.get(index)?.requires;
        requires.iter().find(|(written, _)| written == specifier).map(|(_, target)| *target)
    }

    /// Whether style sheets are compiled, and not scripts.
    fn is_styles(&self) -> bool {
        let compiler = usize::try_from(self.options.compiler).ok().and_then(|compiler| self.path(compiler));
        compiler.is_some_and(|path| path.ends_with(STYLES_COMPILER))
    }

    /// The app's own files.
    fn content(&self) -> Vec<&str> {
        let paths = self.options.programs.iter().map(|program| program.path.as_str());
        paths.filter(|path| !path.split('/').any(|part| part == "node_modules")).collect()
    }

    fn configuration(&self) -> &str {
        self.path(0).unwrap_or_default()
    }
}

/// A runtime with the programs, of which none has run yet.
pub(crate) struct Engine {
    // Dropped before the runtime it belongs to.
    calls: Calls,
    context: Context,
    _runtime: Runtime,
    programs: Rc<Programs>,
}

struct Calls {
    prepare: Persistent<Function<'static>>,
    rewrite: Persistent<Function<'static>>,
}

impl Engine {
    pub(crate) fn new(texts: Vec<Vec<u8>>, options: PluginOptions) -> Result<Self, Box<Diagnostic>> {
        let programs = Rc::new(Programs { options, texts });
        let failed =
            |error: rquickjs::Error| Box::new(fault::unusable(programs.configuration(), &error.to_string()));
        let runtime = Runtime::new().map_err(failed)?;
        runtime.set_max_stack_size(STACK_BYTES);
        runtime.set_gc_threshold(CYCLES_AFTER_BYTES);
        let context = Context::full(&runtime).map_err(failed)?;
        let calls = context.with(|ctx| calls(&ctx, &programs)).map_err(failed)?;
        Ok(Self { calls, context, _runtime: runtime, programs })
    }

    /// Loads the compiler, the configuration and the plugins that it names.
    pub(crate) fn prepare(&self) -> Result<Meant, Box<Diagnostic>> {
        let about = self.programs.configuration();
        let answer = self.call(&self.calls.prepare, &[], |answer| {
            Ok(answer.get::<_, Option<bool>>("empty")?.unwrap_or(false))
        });
        match answer {
            Ok(true) => Ok(Meant::ForNothing),
            Ok(false) => Ok(Meant::ForSources),
            Err(thrown) => {
                let text = self.programs.text(about).unwrap_or_default();
                Err(Box::new(fault::of(&thrown, about, &text)))
            }
        }
    }

    /// What the plugins make of `source`.
    pub(crate) fn rewrite(&self, source: &SourceFile) -> Result<Option<Rewritten>, Box<Diagnostic>> {
        let text = String::from_utf8_lossy(&source.bytes);
        let answer = self.call(&self.calls.rewrite, &[source.path.as_str(), text.as_ref()], |answer| {
            if answer.get::<_, Option<bool>>("unmeant")?.unwrap_or(false) {
                return Ok(None);
            }
            let code: String = answer.get("code")?;
            let map: String = answer.get("map")?;
            Ok(Some(Rewritten { code: code.into_bytes(), map: map.into_bytes() }))
        });
        answer.map_err(|thrown| Box::new(fault::of(&thrown, &source.path, &text)))
    }

    /// Calls one function and reads its answer, which is an object with an `error` when a
    /// program threw.
    fn call<T>(
        &self,
        function: &Persistent<Function<'static>>,
        arguments: &[&str],
        read: impl FnOnce(&Object<'_>) -> rquickjs::Result<T>,
    ) -> Result<T, Thrown> {
        self.context.with(|ctx| {
            let called = (|| {
                let function = function.clone().restore(&ctx)?;
                let mut packed = rquickjs::function::Args::new(ctx.clone(), arguments.len());
                packed.push_args(arguments.iter().copied())?;
                let answer: Object<'_> = function.call_arg(packed)?;
                // What was put off until now, such as the rest of a promise, happens now.
                while ctx.execute_pending_job() {}
                match answer.get::<_, Option<String>>("error")? {
                    Some(_) => Ok(Err(Thrown::read(&answer)?)),
                    None => read(&answer).map(Ok),
                }
            })();
            called.unwrap_or_else(|error| Err(Thrown::by_engine(&ctx, &error)))
        })
    }
}

fn calls(ctx: &Ctx<'_>, programs: &Rc<Programs>) -> rquickjs::Result<Calls> {
    let host = host(ctx, programs)?;
    let runtime: Function<'_> = compile(ctx, "runtime", RUNTIME)?;
    let functions: Object<'_> = runtime.call((host,))?;
    Ok(Calls {
        prepare: Persistent::save(ctx, functions.get::<_, Function<'_>>("prepare")?),
        rewrite: Persistent::save(ctx, functions.get::<_, Function<'_>>("rewrite")?),
    })
}

/// What the runtime is given: values, and functions that look into the programs.
fn host<'js>(ctx: &Ctx<'js>, programs: &Rc<Programs>) -> rquickjs::Result<Object<'js>> {
    let options = &programs.options;
    let mode = if options.dev { "development" } else { "production" };
    let platform = match options.platform {
        Platform::Ios => "ios",
        Platform::Android => "android",
        Platform::Web => "web",
    };
    let mut env = serde_json::Map::new();
    for (name, value) in &options.env {
        env.insert(name.clone(), json!(value));
    }
    env.insert("NODE_ENV".to_owned(), json!(mode));
    env.insert("BABEL_ENV".to_owned(), json!(mode));
    let values = json!({
        "mode": mode,
        "env": env,
        "known": options.known,
        "compiler": options.compiler,
        "isStyles": programs.is_styles(),
        "content": programs.content(),
        "caller": {
            "name": "metro", "bundler": "metro", "platform": platform, "isDev": options.dev,
            "supportsStaticESM": false, "supportsDynamicImport": true,
        },
    });
    let host: Object<'js> = ctx.json_parse(values.to_string())?.get()?;
    let of = Rc::clone(programs);
    host.set("text", Function::new(ctx.clone(), move |path: String| of.text(&path))?)?;
    let of = Rc::clone(programs);
    host.set("index", Function::new(ctx.clone(), move |path: String| of.index(&path))?)?;
    let of = Rc::clone(programs);
    host.set("path", Function::new(ctx.clone(), move |index: usize| of.path(index).map(str::to_owned))?)?;
    let of = Rc::clone(programs);
    let target = move |index: usize, specifier: String| of.target(index, &specifier);
    host.set("target", Function::new(ctx.clone(), target)?)?;
    host.set(
        "digest",
        Function::new(ctx.clone(), |name: String, text: String| digest::hexadecimal(&name, &text))?,
    )?;
    host.set("styleTree", Function::new(ctx.clone(), style_tree)?)?;
    host.set("compile", Function::new(ctx.clone(), compile_value)?)?;
    Ok(host)
}

/// `{tree}`, or `{error}` when the sheet cannot be read.
fn style_tree<'js>(ctx: Ctx<'js>, text: String, custom: Vec<String>) -> rquickjs::Result<Object<'js>> {
    let answer = Object::new(ctx)?;
    match style_sheet::tree(&text, &custom) {
        Ok(tree) => answer.set("tree", tree)?,
        Err(fault) => answer.set("error", fault)?,
    }
    Ok(answer)
}

fn compile_value<'js>(ctx: Ctx<'js>, path: String, source: String) -> rquickjs::Result<Value<'js>> {
    compile(&ctx, &path, &source)
}

/// Evaluates `source` outside of every function, under the name `path`.
fn compile<'js, V: rquickjs::FromJs<'js>>(ctx: &Ctx<'js>, path: &str, source: &str) -> rquickjs::Result<V> {
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(path.to_owned());
    ctx.eval_with_options(source, options)
}
