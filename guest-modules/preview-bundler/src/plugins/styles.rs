//! NativeWind: the style sheet that `metro.config.js` names is compiled by the project's own
//! Tailwind and by what NativeWind makes styles with, in the host's pure plugin module.
//!
//! Which files and programs take part is decided here, and that other shapes are named in a
//! warning; nothing of the project runs here.

use super::node;
use super::programs::{Closure, Programs};
use crate::config::tokens::{Token, tokens};
use crate::config::{METRO_FILES, babel_known};
use crate::image::Image;
use crate::packages::Packages;
use crate::paths::{child, dirname, extension, in_package, join};
use crate::wire::{PluginOptions, SourceKind};
use crate::{Diagnostic, Host, Platform, codes, diagnose};

/// Where Tailwind's configuration may stand.
const TAILWIND_FILES: [&str; 4] =
    ["tailwind.config.js", "tailwind.config.cjs", "tailwind.config.mjs", "tailwind.config.ts"];
/// What makes NativeWind's styles of a style sheet.
const COMPILER: &str = "react-native-css-interop/dist/css-to-rn/index.js";
/// Endings of files in which classes may be named.
const CONTENT: [&str; 12] =
    ["js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts", "md", "mdx", "html", "css"];
/// Pixels of a `rem` on devices, where the configuration names no others.
const REM: &str = "14";

/// The style sheet and how it is compiled.
pub(crate) struct Styles {
    input: String,
    options: PluginOptions,
}

impl Styles {
    /// What `metro.config.js` says of NativeWind; none where it says nothing.
    ///
    /// # Errors
    /// A warning that says why the styles are not compiled.
    pub(crate) fn read(
        host: &dyn Host,
        image: &Image,
        packages: &Packages<'_>,
        (platform, dev, env): (Platform, bool, &[(String, String)]),
    ) -> Result<Option<Self>, Box<Diagnostic>> {
        let Some(named) = METRO_FILES.iter().find_map(|file| Named::read(host, image, file)) else {
            return Ok(None);
        };
        let refuse = |reason: &str| Box::new(named.warning(reason));
        let input = named.input.as_deref().ok_or_else(|| refuse("`input` is no literal"))?;
        let input = join(image.app(), input).ok().and_then(|path| image.file(&path));
        let input = input.ok_or_else(|| refuse("there is no such file as `input` names"))?;
        let config = TAILWIND_FILES.iter().find_map(|file| image.file(&image.in_app(file)));
        let config =
            config.ok_or_else(|| refuse("there is no tailwind.config.js beside the configuration"))?;
        let programs = programs(host, image, packages, &config)
            .ok_or_else(|| refuse("nativewind 4 and tailwindcss 3 are not installed"))?;
        let mut env = env.to_vec();
        env.push(("NATIVEWIND_OS".to_owned(), crate::assets::platform_name(platform).to_owned()));
        env.push(("NATIVEWIND_INLINE_REM".to_owned(), named.rem.clone()));
        let options = PluginOptions {
            programs: programs.list,
            compiler: programs.compiler,
            platform,
            dev,
            env,
            known: babel_known().map(str::to_owned).collect(),
        };
        Ok(Some(Self { input: input.to_string(), options }))
    }

    /// What the style sheet is once it was compiled; none for any other file.
    pub(crate) fn kind_of(&self, path: &str) -> Option<SourceKind> {
        let is_web = self.options.platform == Platform::Web;
        (path == self.input).then_some(if is_web { SourceKind::Css } else { SourceKind::Script })
    }

    /// Compiles the style sheet where it is among `paths`, and says what is wrong with it.
    pub(crate) fn compile<'p>(
        &self,
        host: &dyn Host,
        mut paths: impl Iterator<Item = &'p str>,
    ) -> Vec<Diagnostic> {
        if !paths.any(|path| path == self.input) {
            return Vec::new();
        }
        match host.rewrite(std::slice::from_ref(&self.input), &self.options) {
            Ok(answers) => answers.into_iter().filter_map(Result::err).flatten().collect(),
            Err(whole) => whole,
        }
    }
}

/// What a configuration of Metro says of NativeWind.
struct Named {
    file: String,
    text: String,
    line: u32,
    input: Option<String>,
    rem: String,
}

impl Named {
    fn read(host: &dyn Host, image: &Image, file: &str) -> Option<Self> {
        let file = image.file(&image.in_app(file))?;
        let text = String::from_utf8_lossy(&host.read(&file).ok()?).into_owned();
        let tokens = tokens(&text);
        let call = tokens.iter().rposition(|token| token.text() == "withNativeWind")?;
        let line = tokens.get(call).map_or(0, Token::line);
        let after = |name: &str| {
            let mut rest = tokens.iter().skip(call);
            rest.find(|token| token.text() == name)?;
            rest.next().filter(|token| token.is_sign(':'))?;
            Some(rest)
        };
        let input = after("input").and_then(|mut rest| match rest.next() {
            Some(Token::Text(path, _)) => Some(path.clone()),
            _ => None,
        });
        let rem = after("inlineRem").map(|rest| {
            let mut number = String::new();
            for token in rest {
                match token {
                    Token::Sign(sign, _) if sign.is_ascii_digit() || *sign == '.' => number.push(*sign),
                    Token::Word(word, _) if number.is_empty() && word == "false" => return word.clone(),
                    _ => break,
                }
            }
            number
        });
        let rem = rem.filter(|rem| !rem.is_empty()).unwrap_or_else(|| REM.to_owned());
        Some(Self { file: file.to_string(), text, line, input, rem })
    }

    fn warning(&self, reason: &str) -> Diagnostic {
        let message = format!("the styles of NativeWind are not compiled: {reason}");
        let found = diagnose::at(codes::UNSUPPORTED_CONFIG, message, &self.file, (self.line, 0), &self.text);
        let hint = "write withNativeWind(config, { input: './global.css' }), and install nativewind@4 with tailwindcss@3";
        diagnose::hint(diagnose::warning(found), hint)
    }
}

/// Tailwind, NativeWind's compiler and the app's own files, as programs of `config`.
fn programs(host: &dyn Host, image: &Image, packages: &Packages<'_>, config: &str) -> Option<Programs> {
    let resolve = |origin: &str, name: &str| node::resolve(image, packages, origin, name);
    let nativewind = resolve(config, "nativewind/package.json")?;
    let tailwind = resolve(config, "tailwindcss/package.json")?;
    let is_third = packages.at(dirname(&tailwind))?.text("version")?.starts_with("3.");
    let common = image.file(&child(dirname(&nativewind), "dist/metro/common.js")).filter(|_| is_third)?;
    let mut closure = Closure::new(host, image, packages);
    closure.place(config)?;
    let interop = resolve(&nativewind, "react-native-css-interop/package.json")?;
    let compiler = COMPILER.split_once('/').map(|(_, inside)| child(dirname(&interop), inside))?;
    let compiler = closure.place(&image.file(&compiler)?)?;
    closure.link(config, "nativewind/dist/metro/common", &common)?;
    closure.link(config, "tailwindcss", &resolve(config, "tailwindcss")?)?;
    for name in ["postcss", "micromatch", "sucrase"] {
        closure.link(config, name, &resolve(&tailwind, name)?)?;
    }
    closure.follow_programs();
    // Read as a file by Tailwind, not asked for.
    if let Some(preflight) = image.file(&child(dirname(&tailwind), "lib/css/preflight.css")) {
        closure.place(&preflight)?;
    }
    let own = image.files_below(image.app()).filter(|file| !in_package(file));
    for file in own.filter(|file| CONTENT.contains(&extension(file))) {
        closure.place(file)?;
    }
    Some(closure.programs(compiler))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Project;

    fn named(config: &str) -> Named {
        let project = Project::new().file("metro.config.js", config);
        Named::read(&project, &Image::read(&project), "metro.config.js").unwrap()
    }

    #[test]
    fn the_sheet_and_the_size_of_a_rem_are_read_from_the_call() {
        let head = "const { withNativeWind } = require('nativewind/metro');\nconst input = 'x';\n";
        let read =
            named(&format!("{head}module.exports = withNativeWind(config, {{ input: './global.css' }});"));
        assert_eq!((read.input.as_deref(), read.rem.as_str(), read.line), (Some("./global.css"), "14", 3));
        let read = named(&format!("{head}withNativeWind(c, {{ inlineRem: 16, input: file }});"));
        assert_eq!((read.input.as_deref(), read.rem.as_str()), (None, "16"));
        assert_eq!(named(&format!("{head}withNativeWind(c, {{ inlineRem: false }});")).rem, "false");
    }

    #[test]
    fn a_project_whose_styles_cannot_be_compiled_is_told_why() {
        let config = "const { withNativeWind } = require('nativewind/metro');\n\n\
                      module.exports = withNativeWind(config, { input: './global.css' });";
        let reason = |project: &Project| {
            let image = Image::read(project);
            let packages = Packages::new(project, &image);
            let build = (Platform::Ios, false, [].as_slice());
            Styles::read(project, &image, &packages, build).err().map(|found| (found.message, found.line))
        };
        let project = Project::new().file("metro.config.js", config);
        let (message, line) = reason(&project).unwrap();
        assert!(message.ends_with("there is no such file as `input` names"), "{message}");
        assert_eq!(line, 3);
        let project = project.file("global.css", "@tailwind base;").file("tailwind.config.js", "");
        assert!(reason(&project).unwrap().0.ends_with("nativewind 4 and tailwindcss 3 are not installed"));
        assert_eq!(reason(&Project::new().file("metro.config.js", "module.exports = {};")), None);
    }
}
