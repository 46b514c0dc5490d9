//! The lexical layer: words, strings, literals, numbers, and skipping what is not understood.

use std::borrow::Cow;

use crate::model::Flags;
use crate::wire::Literal;

/// A position in a response and in its literals.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    at: usize,
    next_literal: usize,
}

/// Reads a response from left to right. A method that answers `None` may have moved: callers that go on take a
/// [`Mark`] first.
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    literals: &'a [Literal],
    position: Mark,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a [u8], literals: &'a [Literal]) -> Self {
        Self { text, literals, position: Mark { at: 0, next_literal: 0 } }
    }

    pub(super) fn mark(&self) -> Mark {
        self.position
    }

    pub(super) fn reset(&mut self, mark: Mark) {
        self.position = mark;
    }

    /// All that is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.get(self.position.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.position.at).copied()
    }

    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.position.at += usize::from(there);
        there
    }

    /// Steps over `len` bytes.
    pub(super) fn advance(&mut self, len: usize) {
        self.position.at = self.text.len().min(self.position.at.saturating_add(len));
    }

    pub(super) fn skip_spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.position.at += 1;
        }
    }

    /// Whether nothing but spaces is left.
    pub(super) fn at_end(&mut self) -> bool {
        self.skip_spaces();
        self.peek().is_none()
    }

    /// Takes bytes as long as they are wanted; at least one.
    pub(super) fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> Option<&'a [u8]> {
        let rest = self.rest();
        let len = rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len());
        self.position.at += len;
        rest.get(..len).filter(|word| !word.is_empty())
    }

    /// A word: bytes up to a space, parenthesis, quote or control character. Wider than an atom, as servers are.
    pub(super) fn word(&mut self) -> Option<&'a [u8]> {
        self.take_while(|byte| byte > b' ' && !matches!(byte, b'(' | b')' | b'"' | 0x7f))
    }

    /// A number without sign.
    pub(super) fn number(&mut self) -> Option<u64> {
        decimal(self.take_while(|byte| byte.is_ascii_digit())?)
    }

    /// A number within parentheses or without them: `MODSEQ (7)`.
    pub(super) fn maybe_parenthesized<T>(&mut self, value: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let open = self.eat(b'(');
        self.skip_spaces();
        let result = value(self)?;
        self.skip_spaces();
        (!open || self.eat(b')')).then_some(result)
    }

    /// A quoted string, a literal held in memory, or a word.
    pub(super) fn string(&mut self) -> Option<Cow<'a, [u8]>> {
        match self.peek()? {
            b'"' => self.quoted(),
            b'{' => self.literal_in_memory(),
            b'~' if self.rest().starts_with(b"~{") => self.literal_in_memory(),
            _ => self.word().map(Cow::Borrowed),
        }
    }

    /// A [`Scanner::string`], or `Some(None)` for NIL.
    pub(super) fn nstring(&mut self) -> Option<Option<Cow<'a, [u8]>>> {
        let quoted = matches!(self.peek()?, b'"' | b'{');
        let value = self.string()?;
        Some((quoted || !value.eq_ignore_ascii_case(b"NIL")).then_some(value))
    }

    fn quoted(&mut self) -> Option<Cow<'a, [u8]>> {
        self.position.at += 1;
        let rest = self.rest();
        let mut unescaped = Vec::new();
        let mut from = 0;
        loop {
            let at = from + memchr::memchr3(b'"', b'\\', b'\n', rest.get(from..)?)?;
            let run = rest.get(from..at)?;
            match rest.get(at)? {
                b'"' => {
                    self.position.at += at + 1;
                    if unescaped.is_empty() {
                        return Some(Cow::Borrowed(run));
                    }
                    unescaped.extend_from_slice(run);
                    return Some(Cow::Owned(unescaped));
                }
                b'\\' => {
                    unescaped.extend_from_slice(run);
                    unescaped.push(*rest.get(at + 1).filter(|byte| **byte != b'\n')?);
                    from = at + 2;
                }
                _ => return None,
            }
        }
    }

    fn literal_in_memory(&mut self) -> Option<Cow<'a, [u8]>> {
        match self.literal()? {
            Literal::Memory(bytes) => Some(Cow::Borrowed(bytes)),
            Literal::Spooled { .. } => None,
        }
    }

    /// A literal by its announcement: `{5}`, `{5+}`, `~{5}` and a line end.
    pub(super) fn literal(&mut self) -> Option<&'a Literal> {
        self.eat(b'~');
        if !self.eat(b'{') {
            return None;
        }
        self.take_while(|byte| byte.is_ascii_digit())?;
        if !self.eat(b'+') {
            self.eat(b'-');
        }
        if !self.eat(b'}') {
            return None;
        }
        self.eat(b'\r');
        if !self.eat(b'\n') && self.peek().is_some() {
            return None;
        }
        let literal = self.literals.get(self.position.next_literal)?;
        self.position.next_literal += 1;
        Some(literal)
    }

    /// Steps over one value of whatever kind, lists included, without recursion.
    pub(super) fn skip_value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            self.skip_spaces();
            match self.peek()? {
                b'(' => {
                    self.position.at += 1;
                    depth += 1;
                }
                b')' => {
                    depth = depth.checked_sub(1)?;
                    self.position.at += 1;
                }
                b'"' => drop(self.quoted()?),
                b'{' => drop(self.literal()?),
                b'~' if self.rest().starts_with(b"~{") => drop(self.literal()?),
                _ => drop(self.word()?),
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// Steps over what is left of the list that this stands in, its `)` included.
    pub(super) fn skip_rest_of_list(&mut self) -> Option<()> {
        loop {
            self.skip_spaces();
            if self.eat(b')') {
                return Some(());
            }
            self.skip_value()?;
        }
    }

    /// A list of flags, and whether `\*` is among them. What is no flag is left out.
    pub(super) fn flags(&mut self) -> Option<(Flags, bool)> {
        if !self.eat(b'(') {
            return None;
        }
        let mut flags = Flags::new();
        let mut any = false;
        loop {
            self.skip_spaces();
            match self.peek()? {
                b')' => {
                    self.position.at += 1;
                    return Some((flags, any));
                }
                b'(' | b'"' | b'{' => self.skip_value()?,
                _ => {
                    let flag = self.word()?;
                    any |= flag == b"\\*";
                    if let Ok(flag) = std::str::from_utf8(flag) {
                        flags.insert_wire(flag);
                    }
                }
            }
        }
    }
}

/// The number that the digits write, or `None` where it exceeds 64 bits or is none.
pub(super) fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })
}
