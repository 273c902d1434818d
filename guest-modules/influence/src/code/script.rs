//! JavaScript and TypeScript, with markup or without.

use std::borrow::Cow;

use super::angular::decorated;
use super::events::{Event, handled, is_attribute};
use super::names::{CLAUSE_MAX, bind, export_by_name};
use super::outline::{Binding, Declared, DeclaredKind, FINDINGS_MAX, ImportKind, Outline, Route, Use};
use super::token::{Kind, Token, tokens};

/// What a program listens to, by the name of the function that says so.
const METHODS: [(&str, &str); 5] =
    [("get", "GET"), ("post", "POST"), ("put", "PUT"), ("patch", "PATCH"), ("delete", "DELETE")];

/// Names of things that such functions belong to.
const SERVERS: [&str; 4] = ["app", "router", "server", "fastify"];

/// Functions that give back a component that they were given.
const WRAPPERS: [&str; 4] = ["memo", "forwardRef", "observer", "styled"];

/// Words that stand in front of a bracket and are not called.
pub(super) const NOT_CALLED: [&str; 14] = [
    "if", "for", "while", "switch", "catch", "function", "return", "typeof", "await", "import", "require",
    "super", "async", "with",
];

/// Pieces of one type.
const TYPE_MAX: usize = 40;

/// Reads a file.
pub(crate) fn read_script(text: &str) -> Outline {
    let tokens = tokens(text);
    let mut reader =
        Reader { tokens: &tokens, at: 0, outline: Outline::default(), open: None, events: FINDINGS_MAX };
    while reader.at < tokens.len() {
        reader.step();
        reader.at += 1;
    }
    let mut outline = reader.outline;
    export_by_name(&tokens, &mut outline);
    let markup = outline.uses.iter().any(|one| one.element);
    for one in &outline.decorated {
        if let Some(class) = outline.declared.get_mut(one.class) {
            class.kind = DeclaredKind::Component;
        }
    }
    for declared in outline.declared.iter_mut().filter(|_| markup) {
        if declared.name.starts_with(char::is_uppercase) {
            declared.kind = DeclaredKind::Component;
        }
    }
    outline
}

struct Reader<'a, 't> {
    tokens: &'a [Token<'t>],
    at: usize,
    outline: Outline,
    /// The declaration that is being read.
    open: Option<usize>,
    /// Places that are still looked at for an event.
    events: usize,
}

impl<'t> Reader<'_, 't> {
    fn kind(&self, ahead: usize) -> Option<Kind<'t>> {
        self.tokens.get(self.at.checked_add(ahead)?).map(|token| token.kind)
    }

    fn before(&self) -> Option<Kind<'t>> {
        self.tokens.get(self.at.checked_sub(1)?).map(|token| token.kind)
    }

    fn step(&mut self) {
        let Some(token) = self.tokens.get(self.at).copied() else { return };
        let starts = token.first || matches!(self.before(), None | Some(Kind::Mark(b';' | b'}')));
        self.event(token);
        match token.kind {
            Kind::Text(text) => self.outline.url(text, token.line),
            Kind::Word(_) if self.before() == Some(Kind::Mark(b'.')) => self.member(token),
            Kind::Word("import") => self.import(token, starts),
            Kind::Word("export") if starts => self.export(token),
            Kind::Word("require") => self.require(token),
            Kind::Word("@Component" | "@Directive") => self.decorator(),
            Kind::Word("path") if self.kind(1) == Some(Kind::Mark(b':')) => self.listed(token),
            Kind::Word("function" | "class" | "const" | "let" | "var") if token.depth == 0 => {
                self.declaration(token);
            }
            Kind::Word(name) => self.used(name, token),
            Kind::Mark(b'<') => self.element(token),
            Kind::Mark(_) | Kind::Arrow | Kind::Other => {}
        }
    }

    /// An event, if one is named here, and what it leads to.
    fn event(&mut self, token: Token<'t>) {
        let found = handled(self.tokens.get(self.at..).unwrap_or_default(), self.before());
        let Some((name, mut handlers)) = found else { return };
        if handlers.is_empty() {
            // That something happens is known, if not what.
            handlers.push("");
        }
        // So that a file that names nothing else costs no more than its length.
        self.outline.cut |= self.events == 0;
        let Some(left) = self.events.checked_sub(1) else { return };
        self.events = left;
        // What listens outside of all brackets belongs to the file, whatever was declared last.
        let within = self.open.filter(|_| token.depth > 0 || is_attribute(name));
        for handler in handlers {
            let (name, handler) = (name.to_owned(), handler.to_owned());
            self.outline.events.push(Event { within, name, handler, line: token.line });
        }
    }

    /// `import`, in one of its forms.
    fn import(&mut self, token: Token<'t>, starts: bool) {
        match self.kind(1) {
            Some(Kind::Mark(b'(')) => {
                if let (Some(Kind::Text(text)), Some(Kind::Mark(b')' | b','))) = (self.kind(2), self.kind(3))
                {
                    self.outline.import(text, ImportKind::Dynamic, token.line);
                }
            }
            Some(Kind::Text(text)) if starts => {
                self.outline.import(text, ImportKind::Static, token.line);
            }
            Some(Kind::Word(_) | Kind::Mark(b'{' | b'*')) if starts => {
                let typed =
                    self.kind(1) == Some(Kind::Word("type")) && self.kind(2) != Some(Kind::Word("from"));
                let kind = if typed { ImportKind::Type } else { ImportKind::Static };
                self.clause(kind, token.line);
            }
            _ => {}
        }
    }

    /// Names up to `from` and what follows it.
    fn clause(&mut self, kind: ImportKind, line: u32) {
        let begin = self.at + 1;
        let mut end = begin;
        loop {
            if end > begin + CLAUSE_MAX {
                return;
            }
            match self.tokens.get(end).map(|token| token.kind) {
                Some(Kind::Word("from"))
                    if matches!(self.tokens.get(end + 1).map(|token| token.kind), Some(Kind::Text(_))) =>
                {
                    break;
                }
                Some(Kind::Word(_) | Kind::Mark(b'{' | b'}' | b',' | b'*') | Kind::Text(_)) => end += 1,
                _ => return,
            }
        }
        let Some(Kind::Text(text)) = self.tokens.get(end + 1).map(|token| token.kind) else { return };
        if let Some(import) = self.outline.import(text, kind, line) {
            let names = self.tokens.get(begin..end).unwrap_or_default();
            bind(names, import, &mut self.outline.bindings);
        }
        self.at = end + 1;
    }

    fn export(&mut self, token: Token<'t>) {
        let typed = self.kind(1) == Some(Kind::Word("type"));
        if let Some(Kind::Mark(b'*' | b'{')) = self.kind(if typed { 2 } else { 1 }) {
            let known = self.outline.bindings.len();
            self.clause(ImportKind::Reexport, token.line);
            // A name that is passed on is not one of this file.
            self.outline.bindings.truncate(known);
        }
    }

    fn require(&mut self, token: Token<'t>) {
        let called = (self.kind(1), self.kind(2), self.kind(3));
        let (Some(Kind::Mark(b'(')), Some(Kind::Text(text)), Some(Kind::Mark(b')'))) = called else { return };
        let Some(import) = self.outline.import(text, ImportKind::Require, token.line) else { return };
        // `const name = require('…')` and `const { a, b } = require('…')`.
        let Some(equals) = self.at.checked_sub(1) else { return };
        if self.tokens.get(equals).map(|token| token.kind) != Some(Kind::Mark(b'=')) {
            return;
        }
        let Some(last) = equals.checked_sub(1) else { return };
        match self.tokens.get(last).map(|token| token.kind) {
            Some(Kind::Word(name)) => {
                let binding = Binding { local: name.to_owned(), imported: "*".to_owned(), import };
                self.outline.bindings.push(binding);
            }
            Some(Kind::Mark(b'}')) => {
                let names = self.tokens.get(..last).unwrap_or_default().iter().rev();
                let names = names.take_while(|token| token.kind != Kind::Mark(b'{'));
                for token in names.take(FINDINGS_MAX) {
                    if let Kind::Word(name) = token.kind {
                        let (local, imported) = (name.to_owned(), name.to_owned());
                        self.outline.bindings.push(Binding { local, imported, import });
                    }
                }
            }
            _ => {}
        }
    }

    /// A function, a class, or a name that stands for one.
    fn declaration(&mut self, token: Token<'t>) {
        let star = usize::from(self.kind(1) == Some(Kind::Mark(b'*')));
        let name = match self.kind(1 + star) {
            Some(Kind::Word(name)) if name != "extends" => name,
            _ if self.before() == Some(Kind::Word("default")) => "default",
            _ => return,
        };
        let class = token.kind == Kind::Word("class");
        let value = matches!(token.kind, Kind::Word("const" | "let" | "var"));
        if value && !self.is_function(name) {
            self.open = None;
            return;
        }
        let mut words = self.tokens.get(..self.at).unwrap_or_default().iter().rev().map(|token| token.kind);
        let mut exported = None;
        for word in words.by_ref().take(3) {
            match word {
                Kind::Word("default") => exported = Some("default".to_owned()),
                Kind::Word("export") => {
                    exported.get_or_insert_with(|| name.to_owned());
                    break;
                }
                Kind::Word("async" | "abstract" | "declare") => {}
                _ => {
                    exported = None;
                    break;
                }
            }
        }
        if self.outline.declared.len() >= FINDINGS_MAX {
            self.outline.cut = true;
            return;
        }
        self.open = Some(self.outline.declared.len());
        let kind = if class { DeclaredKind::Class } else { DeclaredKind::Function };
        self.outline.declared.push(Declared { name: name.to_owned(), kind, exported, line: token.line });
        self.at += usize::from(name != "default") + star;
    }

    /// Whether what a name stands for is a function, or a component that was wrapped.
    fn is_function(&self, name: &str) -> bool {
        // A type may stand between the name and its value.
        let mut at = self.at + 2;
        let limit = at + TYPE_MAX;
        loop {
            match self.tokens.get(at).map(|token| token.kind) {
                Some(Kind::Mark(b'=')) => break,
                Some(Kind::Mark(b';' | b',')) | None => return false,
                Some(_) if at < limit => at += 1,
                Some(_) => return false,
            }
        }
        let kind = |ahead: usize| self.tokens.get(at + ahead).map(|token| token.kind);
        match (kind(1), kind(2)) {
            (Some(Kind::Word("async" | "function")), _) | (Some(Kind::Word(_)), Some(Kind::Arrow)) => true,
            (Some(Kind::Word(wrapper)), Some(Kind::Mark(b'(' | b'.' | b'<'))) => {
                let capital = name.starts_with(char::is_uppercase);
                let behind = match kind(3) {
                    Some(Kind::Word(member)) => member,
                    _ => wrapper,
                };
                capital && (WRAPPERS.contains(&wrapper) || WRAPPERS.contains(&behind))
            }
            (Some(Kind::Mark(b'(')), _) => {
                let depth = self.tokens.get(at + 1).map_or(0, |token| token.depth);
                let rest = self.tokens.get(at + 2..).unwrap_or_default();
                let mut behind = rest.iter().take(CLAUSE_MAX).skip_while(|token| token.depth > depth).skip(1);
                match behind.next().map(|token| token.kind) {
                    Some(Kind::Arrow) => true,
                    // A type of the answer.
                    Some(Kind::Mark(b':')) => behind
                        .take(TYPE_MAX)
                        .take_while(|token| token.kind != Kind::Mark(b';'))
                        .any(|token| token.kind == Kind::Arrow),
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// `name(`, outside of declarations of names.
    fn used(&mut self, name: &str, token: Token<'t>) {
        let called = self.kind(1) == Some(Kind::Mark(b'('));
        if called && !NOT_CALLED.contains(&name) {
            self.use_of(name, false, token.line);
        }
    }

    /// `<Name`, where an element can stand.
    fn element(&mut self, token: Token<'t>) {
        let opens = match self.before() {
            None | Some(Kind::Arrow | Kind::Word("return")) => true,
            Some(Kind::Mark(mark)) => {
                token.first
                    || matches!(
                        mark,
                        b'(' | b'{' | b'}' | b'>' | b'?' | b':' | b'&' | b'|' | b',' | b'=' | b'['
                    )
            }
            Some(Kind::Word(_) | Kind::Text(_) | Kind::Other) => token.first,
        };
        let Some(Kind::Word(name)) = self.kind(1).filter(|_| opens) else { return };
        self.use_of(name, true, token.line);
        if name == "Route" {
            self.screen(token.line);
        }
    }

    fn use_of(&mut self, name: &str, element: bool, line: u32) {
        self.outline.use_of(Use { within: self.open, name: name.to_owned(), element, line });
    }

    /// `<Route path="…" element={<Name />}>`.
    fn screen(&mut self, line: u32) {
        let attributes = self.tokens.get(self.at + 2..).unwrap_or_default();
        let (mut path, mut shows) = (None, None);
        for (at, token) in attributes.iter().take(40).enumerate() {
            let next = |ahead: usize| attributes.get(at + ahead).map(|token| token.kind);
            match token.kind {
                Kind::Word("path") => {
                    if let Some(Kind::Text(text)) = next(2) {
                        path = Some(text.to_owned());
                    }
                }
                Kind::Word("element" | "component" | "Component") if next(1) == Some(Kind::Mark(b'=')) => {
                    let words = (3..5).filter_map(next);
                    shows = words
                        .filter_map(|kind| if let Kind::Word(name) = kind { Some(name) } else { None })
                        .next();
                    break;
                }
                Kind::Mark(b'>') => break,
                _ => {}
            }
        }
        if let Some(path) = path {
            self.outline.routes.push(Route { path, method: None, shows: shows.map(str::to_owned), line });
        }
    }

    /// `@Component({…})`; the class comes next.
    fn decorator(&mut self) {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        if self.outline.decorated.len() < FINDINGS_MAX {
            self.outline.decorated.extend(decorated(rest, self.outline.declared.len()));
        }
    }

    /// `{ path: '…', component: Name }`, in a list of routes.
    fn listed(&mut self, token: Token<'t>) {
        let Some(Kind::Text(path)) = self.kind(2) else { return };
        let rest = self.tokens.get(self.at + 3..).unwrap_or_default().iter().take(40);
        let own: Vec<&Token<'_>> = rest.take_while(|one| one.depth >= token.depth).collect();
        let shows = own.windows(3).find_map(|three| match three {
            [key, colon, value] if key.depth == token.depth && colon.kind == Kind::Mark(b':') => {
                match (key.kind, value.kind) {
                    (Kind::Word("component"), Kind::Word(name)) => Some(name.to_owned()),
                    _ => None,
                }
            }
            _ => None,
        });
        if shows.is_some() && self.outline.routes.len() < FINDINGS_MAX {
            let path = format!("/{}", path.trim_start_matches('/'));
            self.outline.routes.push(Route { path, method: None, shows, line: token.line });
        }
    }

    /// `app.get('/path', …)`.
    fn member(&mut self, token: Token<'t>) {
        let Kind::Word(name) = token.kind else { return };
        let Some((_, method)) = METHODS.iter().find(|(known, _)| *known == name) else { return };
        let owner = self.at.checked_sub(2).and_then(|at| self.tokens.get(at)).map(|token| token.kind);
        let serves = matches!(owner, Some(Kind::Word(owner)) if SERVERS.contains(&owner));
        if let (true, Some(Kind::Mark(b'(')), Some(Kind::Text(path))) = (serves, self.kind(1), self.kind(2))
            && path.starts_with('/')
            && self.outline.routes.len() < FINDINGS_MAX
        {
            let (path, method) = (path.to_owned(), Some(Cow::Borrowed(*method)));
            self.outline.routes.push(Route { path, method, shows: None, line: token.line });
        }
    }
}
