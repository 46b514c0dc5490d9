//! The paths that a piece of code names, imports and inline ones alike.

use super::tokens::{Token, tokens};

/// A path as it is written, the groups of an import taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Its parts, `crate`, `super` and `self` among them.
    pub(crate) path: Vec<String>,
    /// The modules in the same file that it stands in.
    pub(crate) within: Vec<String>,
    /// The line.
    pub(crate) line: usize,
}

impl Reference {
    /// The same path from the root of its crate, if it stands in the module `home`; the path as written where it starts
    /// with another name.
    pub(crate) fn absolute(&self, home: &[String]) -> Vec<String> {
        let mut whole: Vec<String> = match self.path.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("self" | "super") => home.iter().chain(&self.within).cloned().collect(),
            _ => return self.path.clone(),
        };
        for part in &self.path {
            match part.as_str() {
                "crate" | "self" => {}
                "super" => drop(whole.pop()),
                _ => whole.push(part.clone()),
            }
        }
        whole.insert(0, "crate".to_owned());
        whole
    }
}

/// Every path in a piece of code.
pub(crate) fn references(code: &str) -> Vec<Reference> {
    let tokens = tokens(code);
    let mut walk = Walk { tokens: &tokens, at: 0, found: Vec::new(), modules: Vec::new(), depth: 0 };
    walk.all();
    walk.found
}

struct Walk<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    found: Vec<Reference>,
    /// The modules open here, each with the depth of braces that it began at.
    modules: Vec<(String, usize)>,
    depth: usize,
}

impl Walk<'_> {
    fn all(&mut self) {
        while let Some(token) = self.tokens.get(self.at).copied() {
            match token.text {
                "use" if self.starts_item() => {
                    self.at += 1;
                    self.tree(&[]);
                    continue;
                }
                "mod" if self.text(2) == "{" => self.modules.push((self.text(1).to_owned(), self.depth)),
                "{" => self.depth += 1,
                "}" => self.close(),
                _ if token.is_word() && self.text(1) == "::" => {
                    self.inline();
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    fn text(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", |token| token.text)
    }

    /// Whether the `use` here is an import, not the captures of `impl Trait + use<'a>`.
    fn starts_item(&self) -> bool {
        self.text(1) != "<"
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.modules.last().is_some_and(|(_, depth)| *depth == self.depth) {
            self.modules.pop();
        }
    }

    /// A path in the middle of code: as many parts as follow each other.
    fn inline(&mut self) {
        let line = self.tokens[self.at].line;
        let mut path = vec![self.text(0).to_owned()];
        while self.text(1) == "::" && self.tokens.get(self.at + 2).is_some_and(Token::is_word) {
            path.push(self.text(2).to_owned());
            self.at += 2;
        }
        // Past the last part, and past a `::` that leads to `<` or `{`.
        self.at += if self.text(1) == "::" { 2 } else { 1 };
        self.note(path, line);
    }

    /// What follows `use`, or one branch of a group, below the parts already read.
    fn tree(&mut self, above: &[String]) {
        let mut path = above.to_vec();
        let line = self.tokens.get(self.at).map_or(0, |token| token.line);
        loop {
            match self.text(0) {
                "{" => {
                    self.at += 1;
                    while !matches!(self.text(0), "}" | "") {
                        self.tree(&path);
                    }
                    self.at += 1;
                    self.skip_comma();
                    return;
                }
                "as" => self.at += 2,
                "" | ";" | "," | "}" => break,
                "::" => self.at += 1,
                part => {
                    path.push(part.to_owned());
                    self.at += 1;
                }
            }
        }
        self.skip_comma();
        self.note(path, line);
    }

    fn skip_comma(&mut self) {
        if self.text(0) == "," {
            self.at += 1;
        }
    }

    fn note(&mut self, path: Vec<String>, line: usize) {
        let within = self.modules.iter().map(|(name, _)| name.clone()).collect();
        self.found.push(Reference { path, within, line });
    }
}
