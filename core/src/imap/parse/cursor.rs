//! Reading tokens from a frame: atoms, quoted strings, literals, lists. Never fails loudly: what does not fit is `None`,
//! and the caller leaves it out.

use crate::wire::{Frame, Literal};

/// How deep lists may nest before what is within is skipped unread.
pub(super) const MAX_DEPTH: usize = 64;

/// A string of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text<'a> {
    /// NIL.
    Nil,
    /// An atom, as it stands.
    Atom(&'a [u8]),
    /// What stands between quotes, with its backslashes.
    Quoted(&'a [u8]),
    /// A literal.
    Literal(&'a Literal),
}

impl Text<'_> {
    /// The bytes meant; `None` for NIL and for a literal that went to the spool.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Nil | Self::Literal(Literal::Spooled { .. }) => None,
            Self::Atom(bytes) => Some(bytes.to_vec()),
            Self::Quoted(bytes) => Some(unescape(bytes)),
            Self::Literal(Literal::Memory(bytes)) => Some(bytes.clone()),
        }
    }

    /// The bytes meant as text, wrong UTF-8 replaced.
    pub(super) fn string(&self) -> Option<String> {
        self.bytes().map(|bytes| match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }
}

fn unescape(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        out.push(if *byte == b'\\' { *rest.next().unwrap_or(&b'\\') } else { *byte });
    }
    out
}

/// A place in a frame.
pub(super) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    literals: &'a [Literal],
    next_literal: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(frame: &'a Frame) -> Self {
        Self { text: &frame.text, at: 0, literals: &frame.literals, next_literal: 0 }
    }

    pub(super) fn of_text(text: &'a [u8]) -> Self {
        Self { text, at: 0, literals: &[], next_literal: 0 }
    }

    /// A place to come back to.
    pub(super) fn mark(&self) -> (usize, usize) {
        (self.at, self.next_literal)
    }

    pub(super) fn reset(&mut self, mark: (usize, usize)) {
        (self.at, self.next_literal) = mark;
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    pub(super) fn spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// Takes one byte where it is the given one.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let here = self.peek() == Some(byte);
        self.at += usize::from(here);
        here
    }

    /// Takes the bytes up to the first that the test refuses.
    pub(super) fn take_while(&mut self, test: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let len = rest.iter().position(|byte| !test(*byte)).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    /// An atom, generously: what ends it is a space, a parenthesis or a quote.
    pub(super) fn atom(&mut self) -> &'a [u8] {
        self.take_while(|byte| !matches!(byte, b' ' | b'(' | b')' | b'"' | b'\r' | b'\n' | b'\t'))
    }

    /// A number.
    pub(super) fn number(&mut self) -> Option<u64> {
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        std::str::from_utf8(digits).ok()?.parse().ok()
    }

    /// An nstring or astring.
    pub(super) fn string(&mut self) -> Option<Text<'a>> {
        match self.peek()? {
            b'"' => {
                self.at += 1;
                let start = self.at;
                loop {
                    let byte = self.peek()?;
                    self.at += 1;
                    match byte {
                        b'"' => return Some(Text::Quoted(&self.text[start..self.at - 1])),
                        b'\\' => self.at += 1,
                        _ => {}
                    }
                }
            }
            b'{' | b'~' => self.literal().map(Text::Literal),
            b'(' | b')' => None,
            _ => {
                let atom = self.atom();
                if atom.is_empty() {
                    return None;
                }
                Some(if atom.eq_ignore_ascii_case(b"NIL") { Text::Nil } else { Text::Atom(atom) })
            }
        }
    }

    fn literal(&mut self) -> Option<&'a Literal> {
        let mark = self.at;
        self.eat(b'~');
        let announced = self.eat(b'{') && !self.take_while(|byte| byte.is_ascii_digit()).is_empty() && {
            self.eat(b'+');
            self.eat(b'}')
        };
        if !announced || !(self.eat(b'\r') | self.eat(b'\n')) {
            self.at = mark;
            // Not an announcement: an atom that begins with a brace.
            return None;
        }
        self.eat(b'\n');
        let literal = self.literals.get(self.next_literal);
        self.next_literal += 1;
        literal
    }

    /// Steps over one value of any kind, however deep.
    pub(super) fn skip_value(&mut self) {
        let mut depth = 0usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'(' => {
                    self.at += 1;
                    depth += 1;
                }
                b')' if depth == 0 => return,
                b')' => {
                    self.at += 1;
                    depth -= 1;
                }
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                _ => self.skip_string(),
            }
            if depth == 0 && !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return;
            }
        }
    }

    fn skip_string(&mut self) {
        let before = self.at;
        if self.string().is_none() && self.at == before {
            self.at += 1;
        }
    }

    /// Steps over what is left of the list that the cursor is in, its closing parenthesis included.
    pub(super) fn leave_list(&mut self) {
        loop {
            self.spaces();
            match self.peek() {
                None => return,
                Some(b')') => {
                    self.at += 1;
                    return;
                }
                Some(_) => {
                    let before = self.at;
                    self.skip_value();
                    if self.at == before {
                        self.at += 1;
                    }
                }
            }
        }
    }
}
