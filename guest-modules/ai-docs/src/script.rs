//! JavaScript and TypeScript, parsed.

mod names;

use swc_core::common::comments::SingleThreadedComments;
use swc_core::common::sync::Lrc;
use swc_core::common::{BytePos, EqIgnoreSpan, FileName, SourceFile, SourceMap, Span, Spanned};
use swc_core::ecma::ast::{ArrowExpr, BlockStmt, Class, EsVersion, Function, Program};
use swc_core::ecma::parser::{EsSyntax, Syntax, TsSyntax, parse_file_as_program};
use swc_core::ecma::visit::{Visit, VisitWith};

pub(crate) use names::{NotRenamed, Rename};

/// A file with its tree.
pub(crate) struct Script {
    program: Program,
    file: Lrc<SourceFile>,
    comments: SingleThreadedComments,
}

/// Where a file is no program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoProgram {
    pub(crate) line: usize,
    pub(crate) message: String,
}

impl Script {
    /// Parses a file; as a program with JSX and decorators, where its dialect has them.
    pub(crate) fn parse(text: &str, typescript: bool, jsx: bool) -> Result<Self, NoProgram> {
        let map = SourceMap::default();
        let file = map.new_source_file(FileName::Anon.into(), text.to_owned());
        let comments = SingleThreadedComments::default();
        let mut errors = Vec::new();
        let syntax = if typescript {
            Syntax::Typescript(TsSyntax { tsx: jsx, decorators: true, ..TsSyntax::default() })
        } else {
            Syntax::Es(EsSyntax {
                jsx: true,
                decorators: true,
                decorators_before_export: true,
                ..EsSyntax::default()
            })
        };
        let parsed = parse_file_as_program(&file, syntax, EsVersion::latest(), Some(&comments), &mut errors);
        let program = match parsed {
            Ok(program) if errors.is_empty() => program,
            Ok(_) => return Err(no_program(&file, errors.first())),
            Err(error) => return Err(no_program(&file, Some(&error))),
        };
        Ok(Self { program, file, comments })
    }

    /// The same program, whatever the comments and the white space are.
    pub(crate) fn is_same_program(&self, other: &Self) -> bool {
        self.program.eq_ignore_span(&other.program)
    }

    /// The bytes of every comment, from its first sign to its end, in order.
    pub(crate) fn comments(&self) -> Vec<(usize, usize)> {
        let (leading, trailing) = self.comments.borrow_all();
        let mut found: Vec<_> = leading
            .values()
            .chain(trailing.values())
            .flatten()
            .filter_map(|comment| self.bytes(comment.span))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// How many bodies of functions and classes are open where each line begins.
    pub(crate) fn depths(&self, text: &str) -> Vec<usize> {
        let mut bodies = Bodies(Vec::new());
        self.program.visit_with(&mut bodies);
        let bodies: Vec<_> = bodies.0.into_iter().filter_map(|span| self.bytes(span)).collect();
        let mut start = 0;
        text.split('\n')
            .map(|line| {
                let first = start + line.len() - line.trim_start().len();
                let depth = bodies.iter().filter(|(from, to)| *from < start && first + 1 < *to).count();
                start += line.len() + 1;
                depth
            })
            .collect()
    }

    fn bytes(&self, span: Span) -> Option<(usize, usize)> {
        let at = |position: BytePos| {
            position.0.checked_sub(self.file.start_pos.0).and_then(|at| usize::try_from(at).ok())
        };
        Some((at(span.lo)?, at(span.hi)?))
    }
}

fn no_program(file: &SourceFile, error: Option<&swc_core::ecma::parser::error::Error>) -> NoProgram {
    let Some(error) = error else { return NoProgram { line: 0, message: "It is no program.".to_owned() } };
    let line = file.lookup_line(error.span().lo).map_or(0, |line| line + 1);
    NoProgram { line, message: error.kind().msg().into_owned() }
}

struct Bodies(Vec<Span>);

impl Visit for Bodies {
    fn visit_function(&mut self, function: &Function) {
        self.0.extend(function.body.as_ref().map(|body| body.span));
        function.visit_children_with(self);
    }

    fn visit_arrow_expr(&mut self, arrow: &ArrowExpr) {
        self.0.push(arrow.body.span());
        arrow.visit_children_with(self);
    }

    fn visit_class(&mut self, class: &Class) {
        self.0.push(class.span);
        class.visit_children_with(self);
    }

    fn visit_block_stmt(&mut self, block: &BlockStmt) {
        block.visit_children_with(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_found_and_texts_that_look_like_them_are_not() {
        let text = "// a\nconst b = '// c'; /* d */\nconst e = `\n// f\n${/* g */ 1}`;\nconst h = <p>// i</p>;\n/* j";
        let script =
            Script::parse(text.trim_end_matches("\n/* j"), false, true).unwrap_or_else(|e| panic!("{e:?}"));
        let found: Vec<&str> = script.comments().into_iter().map(|(from, to)| &text[from..to]).collect();
        assert_eq!(found, ["// a", "/* d */", "/* g */"]);
        assert_eq!(Script::parse(text, false, true).err().unwrap().line, 7);
    }

    #[test]
    fn programs_are_the_same_whatever_stands_between_their_tokens() {
        let parse = |text: &str| Script::parse(text, true, false).unwrap_or_else(|e| panic!("{e:?}"));
        let first = parse("const a: number = 1; // b\nf(a)");
        assert!(first.is_same_program(&parse("const a: number =\n1;\n/* c */ f(a)")));
        for other in
            ["const a: number = 2; f(a)", "const a: string = 1; f(a)", "const a: number = 1; f(`// b`)"]
        {
            assert!(!first.is_same_program(&parse(other)), "{other}");
        }
    }

    #[test]
    fn the_depth_of_a_line_is_how_many_bodies_it_stands_in() {
        let text = "function a() {\n  return () => {\n    b;\n  };\n}\nclass C {\n  d() {}\n}\n";
        let script = Script::parse(text, false, true).unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!(script.depths(text), [0, 1, 2, 1, 0, 0, 1, 0, 0]);
    }
}
