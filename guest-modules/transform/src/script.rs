//! One JavaScript or TypeScript source, from text to module.

use swc_core::common::comments::SingleThreadedComments;
use swc_core::common::errors::{HANDLER, Handler};
use swc_core::common::sync::Lrc;
use swc_core::common::{GLOBALS, Globals, Mark, SourceFile, SourceMap, SyntaxContext};
use swc_core::ecma::ast::*;
use swc_core::ecma::transforms::base::helpers::{HELPERS, Helpers, inject_helpers};
use swc_core::ecma::transforms::base::{fixer::fixer, hygiene::hygiene, resolver};
use swc_core::ecma::transforms::react::{self, Runtime};
use swc_core::ecma::transforms::typescript;

use crate::api::{
    Decorators, Dependency, Flavour, SourceKind, TransformInput, TransformOptions, TransformOutput,
};
use crate::complaints::Complaints;
use crate::decorators::Decorated;
use crate::dependencies::{self, Collected, Found, Rules};
use crate::diagnose::{Fault, Place, SourceText};
use crate::emit::{self, Frame, Head};
use crate::esm::{self, Contexts, Interop};
use crate::parse::{self, Dialect};
use crate::substitute::Substitution;
use crate::{
    Diagnostic, Platform, Severity, factory, flow, fold, hermes, inline_requires, interop_elements, jsx,
    minify, restrictions, view_config, worklets,
};

pub(crate) fn transform(
    input: &TransformInput,
    options: &TransformOptions,
) -> Result<TransformOutput, Vec<Diagnostic>> {
    let source = SourceText::of(input)?;
    let complaints = Complaints::default();
    let handler = Handler::with_emitter(true, false, Box::new(complaints.clone()));
    GLOBALS.set(&Globals::new(), || {
        HELPERS.set(&Helpers::new(false), || {
            HANDLER.set(&handler, || {
                let map = Lrc::new(SourceMap::default());
                let file = parse::file(&map, source);
                let mut unit = Unit::new(input, options, source, map, file);
                unit.run(&complaints)
            })
        })
    })
}

/// One source on its way.
struct Unit<'a> {
    input: &'a TransformInput,
    options: &'a TransformOptions,
    source: SourceText<'a>,
    map: Lrc<SourceMap>,
    file: Lrc<SourceFile>,
    unresolved: Mark,
    top_level: Mark,
    contexts: Contexts,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Unit<'a> {
    fn new(
        input: &'a TransformInput,
        options: &'a TransformOptions,
        source: SourceText<'a>,
        map: Lrc<SourceMap>,
        file: Lrc<SourceFile>,
    ) -> Self {
        let unresolved = Mark::new();
        let contexts = Contexts {
            unresolved: SyntaxContext::empty().apply_mark(unresolved),
            import: SyntaxContext::empty().apply_mark(Mark::new()),
        };
        let top_level = Mark::new();
        Self { input, options, source, map, file, unresolved, top_level, contexts, diagnostics: Vec::new() }
    }

    fn run(&mut self, complaints: &Complaints) -> Result<TransformOutput, Vec<Diagnostic>> {
        let comments = SingleThreadedComments::default();
        // Only JSX is steered by comments, and most sources have none of either.
        let has_jsx = jsx::may_have_jsx(self.source.text);
        let refreshes = self.refreshes();
        let kept = (has_jsx || refreshes).then_some(&comments);
        let decorators = self.options.decorators;
        let parsed = parse::parse(self.source, self.input.kind, decorators, &self.file, kept)?;
        // A polyfill whose only exports are types has no `exports` to write to.
        let is_esm = parsed.is_esm && self.frame() == Frame::Module;
        let dialect = parsed.dialect;
        let mut program = Program::Module(parsed.module);

        let view_config = self.view_config(&program);
        let mut decorated = self.decorated(&program);
        self.strip(&mut program, dialect, decorated.as_mut(), &comments);
        if let (Some(text), Program::Module(module)) = (view_config, &mut program) {
            view_config::splice(module, text, &self.map, self.unresolved, self.top_level);
        }
        if let Some(decorated) = &decorated {
            decorated.lower(&mut program, self.unresolved);
        }
        if refreshes {
            jsx::refresh(&mut program, &self.map, &comments, self.top_level);
        }
        self.worklets(&mut program);
        if has_jsx {
            self.jsx(&mut program, &comments);
        }
        self.lead_elements(&mut program, is_esm);
        self.restrict(&mut program, is_esm);
        let interop = self.modules(&mut program, is_esm);
        factory::rename_parameters(&mut program, self.top_level);
        self.lower(&mut program);
        let found = self.collect(&mut program);
        self.complain(complaints);
        if self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            return Err(std::mem::take(&mut self.diagnostics));
        }
        let strict = factory::take_use_strict(&mut program) || (is_esm && !self.lazy());
        self.finish(&mut program, decorated.map(|decorated| decorated.convention()));
        let head = Head { frame: self.frame(), strict, interop };
        let Program::Module(module) = &program else { return Err(vec![self.internal("no module is left")]) };
        let (code, map) = emit::print(module, &head, &self.map, self.source, self.options.minify)
            .map_err(|error| vec![self.internal(&error.to_string())])?;
        let dependencies = found.into_iter().map(|found| self.dependency(found)).collect();
        let diagnostics = std::mem::take(&mut self.diagnostics);
        Ok(TransformOutput { code, map, dependencies, is_esm, diagnostics })
    }

    fn frame(&self) -> Frame {
        if self.input.kind == SourceKind::Polyfill { Frame::Polyfill } else { Frame::Module }
    }

    /// Components of the app itself can be replaced while it runs. The frameworks' own runtimes
    /// bring what the code for that calls.
    fn refreshes(&self) -> bool {
        self.options.dev
            && !self.input.in_package
            && self.options.platform != Platform::Web
            && self.options.flavour != Flavour::Web
            && self.frame() == Frame::Module
    }

    fn lazy(&self) -> bool {
        self.options.inline_requires
    }

    /// Native components are described while their types are still there.
    fn view_config(&mut self, program: &Program) -> Option<String> {
        let Program::Module(module) = program else { return None };
        if self.options.platform == Platform::Web {
            return None;
        }
        match view_config::describe(module)? {
            Ok(text) => Some(text),
            Err(unclear) => {
                let fault = Fault {
                    code: "bundle.view-config",
                    message: unclear.message,
                    hint: Some("the props of a native component must use the types of CodegenTypes"),
                };
                let at = parse::offset(&self.file, unclear.at);
                self.diagnostics.push(self.source.error(fault, at));
                None
            }
        }
    }

    /// Removes types, and lowers what is more than types.
    fn strip(
        &self,
        program: &mut Program,
        dialect: Dialect,
        decorated: Option<&mut Decorated>,
        comments: &SingleThreadedComments,
    ) {
        let is_flow = dialect == Dialect::Flow;
        if is_flow && let Program::Module(module) = program {
            flow::drop_type_imports(module);
            flow::lower_enums(module, SyntaxContext::empty());
        }
        let fields = match (self.options.flavour, is_flow) {
            (Flavour::ReactNative | Flavour::Expo, _) => Some(flow::Fields::All),
            (Flavour::Web, true) => Some(flow::Fields::Typed),
            (Flavour::Web, false) => None,
        };
        if let (Some(fields), Program::Module(module)) = (fields, &mut *program) {
            flow::drop_fields(module, fields);
        }
        resolver(self.unresolved, self.top_level, true).process(program);
        if let Some(decorated) = decorated {
            decorated.keep_parameters(program);
        }
        let config = typescript::Config {
            verbatim_module_syntax: is_flow,
            native_class_properties: true,
            no_empty_export: true,
            flow_syntax: is_flow,
            ..typescript::Config::default()
        };
        if self.input.kind == SourceKind::Tsx {
            let tsx = typescript::TsxConfig::default();
            let pass = typescript::tsx(
                self.map.clone(),
                config,
                tsx,
                comments.clone(),
                self.unresolved,
                self.top_level,
            );
            program.mutate(pass);
        } else {
            program.mutate(typescript::typescript(config, self.unresolved, self.top_level));
        }
    }

    /// Whether the module has decorators. Those that cannot be compiled are told.
    fn decorated(&mut self, program: &Program) -> Option<Decorated> {
        let refused = match Decorated::find(program, self.source.text, self.options) {
            Ok(found) => return found,
            Err(refused) => refused,
        };
        for refused in refused {
            let fault = Fault {
                code: "bundle.unsupported-syntax",
                message: refused.message.to_owned(),
                hint: Some("call the decorator as a function instead"),
            };
            self.diagnostics.push(self.source.error(fault, parse::offset(&self.file, refused.at)));
        }
        None
    }

    /// Worklets are made before anything else, so that their code is what was written.
    fn worklets(&mut self, program: &mut Program) {
        let Some(version) = &self.options.worklets else { return };
        let Program::Module(module) = program else { return };
        if self.frame() == Frame::Polyfill || !worklets::may_have_worklets(self.source.text) {
            return;
        }
        let (path, dev) = (self.source.path, self.options.dev);
        let context = worklets::Context::new(&self.map, path, version, dev, self.unresolved);
        for refused in worklets::make(module, context) {
            let fault = Fault {
                code: "bundle.unsupported-syntax",
                message: refused.message,
                hint: Some("write each callback as a function of its own"),
            };
            self.diagnostics.push(self.source.error(fault, parse::offset(&self.file, refused.at)));
        }
    }

    /// React Native's preset compiles JSX for the plain runtime in development too; only a web
    /// app of its own gets the places in its elements.
    fn jsx(&self, program: &mut Program, comments: &SingleThreadedComments) {
        let options = react::Options {
            runtime: Some(Runtime::Automatic),
            import_source: Some(self.options.jsx_import_source.as_str().into()),
            development: Some(self.options.dev && self.options.flavour == Flavour::Web),
            throw_if_namespace: Some(false),
            ..react::Options::default()
        };
        program.mutate(react::react(
            self.map.clone(),
            Some(comments.clone()),
            options,
            self.top_level,
            self.unresolved,
        ));
        if let Program::Module(module) = program {
            jsx::move_added_imports(module);
        }
    }

    /// NativeWind's preset does this to elements that were compiled before.
    fn lead_elements(&self, program: &mut Program, is_esm: bool) {
        let Program::Module(module) = program else { return };
        let SourceText { path, text } = self.source;
        if self.frame() == Frame::Module
            && interop_elements::applies(&self.options.jsx_import_source, path, text)
        {
            interop_elements::lead(module, is_esm, self.contexts.unresolved);
        }
    }

    fn restrict(&mut self, program: &mut Program, is_esm: bool) {
        let is_typescript = matches!(self.input.kind, SourceKind::Typescript | SourceKind::Tsx);
        let native = self.options.platform != Platform::Web;
        let expo = self.options.flavour == Flavour::Expo;
        let rules = restrictions::Rules {
            native,
            expo,
            is_esm,
            is_typescript,
            options: self.options,
            contexts: self.contexts,
        };
        for broken in restrictions::apply(program, &rules) {
            let at = parse::offset(&self.file, broken.at);
            let fault =
                Fault { code: broken.code, message: broken.message.to_owned(), hint: Some(broken.hint) };
            self.diagnostics.push(self.source.error(fault, at));
        }
    }

    /// Module syntax, values known while bundling, and what folds away because of them.
    fn modules(&self, program: &mut Program, is_esm: bool) -> Interop {
        let top_level = SyntaxContext::empty().apply_mark(self.top_level);
        let substitution = Substitution { options: self.options, contexts: self.contexts, top_level };
        let Program::Module(module) = program else { return Interop::default() };
        if !self.lazy() {
            substitution.platform(module);
        }
        let interop = esm::lower(module, self.contexts, is_esm);
        if self.lazy() && self.frame() == Frame::Module {
            substitution.platform(module);
            inline_requires::inline(module, self.contexts);
        }
        substitution.environment(module);
        if !self.options.dev {
            fold::fold(program, self.unresolved);
        }
        interop
    }

    fn lower(&self, program: &mut Program) {
        if self.options.platform != Platform::Web {
            hermes::lower(program, self.options.engine, self.unresolved);
        }
    }

    fn collect(&mut self, program: &mut Program) -> Vec<Found> {
        let Program::Module(module) = program else { return Vec::new() };
        if self.frame() == Frame::Polyfill {
            return Vec::new();
        }
        let rules = Rules {
            contexts: self.contexts,
            expo: self.options.flavour == Flavour::Expo,
            keep_names: self.options.dev,
            in_package: self.input.in_package,
        };
        let (source, file) = (self.source, self.file.clone());
        let line_of = move |at| parse::offset(&file, at).map_or(0, |offset| source.place(offset).line);
        let Collected { dependencies, unresolvable } = dependencies::collect(module, rules, &line_of);
        for call in unresolvable {
            let fault = Fault { code: call.code, message: call.message.to_owned(), hint: Some(call.hint) };
            self.diagnostics.push(self.source.error(fault, parse::offset(&self.file, call.at)));
        }
        dependencies
    }

    fn complain(&mut self, complaints: &Complaints) {
        for (message, at) in complaints.take() {
            let at = at.and_then(|at| parse::offset(&self.file, at));
            let hint = Some("correct the syntax at the marked place");
            self.diagnostics.push(self.source.error(Fault { code: "bundle.syntax", message, hint }, at));
        }
    }

    /// Names that clash get new ones, and parentheses come back where the tree needs them.
    fn finish(&self, program: &mut Program, decorators: Option<Decorators>) {
        inject_helpers(self.unresolved).process(program);
        // The pass of the standard gives two parameters what the mangler takes for one name.
        if self.options.minify && decorators != Some(Decorators::Standard) {
            let names =
                if decorators.is_some() { minify::ClassNames::Kept } else { minify::ClassNames::Short };
            minify::minify(program, &self.map, (self.unresolved, self.top_level), names);
        } else {
            hygiene().process(program);
        }
        fixer(None).process(program);
    }

    fn dependency(&self, found: Found) -> Dependency {
        let place = found
            .at
            .and_then(|at| parse::offset(&self.file, at))
            .map_or(Place::default(), |at| self.source.place(at));
        Dependency {
            specifier: found.specifier,
            kind: found.kind,
            optional: found.optional,
            line: place.line,
            column: place.column,
            context: found.context,
        }
    }

    fn internal(&self, message: &str) -> Diagnostic {
        let fault = Fault {
            code: "bundle.internal",
            message: format!("the transform failed by its own fault: {message}"),
            hint: Some("please report this together with the file"),
        };
        self.source.error(fault, None)
    }
}
