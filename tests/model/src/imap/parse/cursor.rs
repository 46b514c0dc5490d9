//! The tokens of IMAP's grammar (RFC 9051 section 9).

use std::collections::BTreeSet;

use crate::profile::Extension;

/// Why a command cannot be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Syntax(pub(crate) &'static str);

pub(crate) type Parsed<T> = Result<T, Syntax>;

/// A position in a command. Literals stand in it as they came: announcement, line break, octets.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Extensions whose syntax the command used.
    pub(crate) needs: BTreeSet<Extension>,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, needs: BTreeSet::new() }
    }

    pub(crate) fn needs(&mut self, extension: Extension) {
        self.needs.insert(extension);
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Takes one octet if it is this one.
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        let hit = self.peek() == Some(byte);
        self.at += usize::from(hit);
        hit
    }

    pub(crate) fn expect(&mut self, byte: u8, what: &'static str) -> Parsed<()> {
        if self.take(byte) { Ok(()) } else { Err(Syntax(what)) }
    }

    pub(crate) fn space(&mut self) -> Parsed<()> {
        self.expect(b' ', "a space is missing")
    }

    pub(crate) fn end(&self) -> Parsed<()> {
        if self.at_end() { Ok(()) } else { Err(Syntax("something follows the command")) }
    }

    /// Takes a word if it stands here in any case, followed by no other atom character.
    pub(crate) fn word(&mut self, word: &str) -> bool {
        let hit = self.looking_at(word)
            && !self.bytes.get(self.at + word.len()).is_some_and(|byte| is_atom(*byte) || *byte == b'.');
        if hit {
            self.at += word.len();
        }
        hit
    }

    /// Takes a text if it stands here in any case, whatever follows.
    pub(crate) fn text(&mut self, text: &str) -> bool {
        let hit = self.looking_at(text);
        if hit {
            self.at += text.len();
        }
        hit
    }

    fn looking_at(&self, text: &str) -> bool {
        self.rest().get(..text.len()).is_some_and(|here| here.eq_ignore_ascii_case(text.as_bytes()))
    }

    /// Octets as long as `allowed`, at least one.
    pub(crate) fn run(&mut self, allowed: impl Fn(u8) -> bool, what: &'static str) -> Parsed<&'a [u8]> {
        let rest = self.rest();
        let length = rest.iter().position(|byte| !allowed(*byte)).unwrap_or(rest.len());
        if length == 0 {
            return Err(Syntax(what));
        }
        self.at += length;
        Ok(rest.get(..length).unwrap_or_default())
    }

    pub(crate) fn atom(&mut self) -> Parsed<String> {
        let bytes = self.run(is_atom, "an atom is missing")?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    pub(crate) fn number(&mut self) -> Parsed<u64> {
        let digits = self.run(|byte| byte.is_ascii_digit(), "a number is missing")?;
        std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok()).ok_or(Syntax("the number is too large"))
    }

    pub(crate) fn number32(&mut self) -> Parsed<u32> {
        u32::try_from(self.number()?).map_err(|_| Syntax("the number is too large"))
    }

    /// A quoted string or a literal.
    pub(crate) fn string(&mut self) -> Parsed<Vec<u8>> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{') => self.literal().map(<[u8]>::to_vec),
            _ => Err(Syntax("a string is missing")),
        }
    }

    pub(crate) fn astring(&mut self) -> Parsed<Vec<u8>> {
        match self.peek() {
            Some(b'"' | b'{') => self.string(),
            _ => self.run(|byte| is_atom(byte) || byte == b']', "a string is missing").map(<[u8]>::to_vec),
        }
    }

    pub(crate) fn nstring(&mut self) -> Parsed<Option<Vec<u8>>> {
        if self.word("NIL") { Ok(None) } else { self.string().map(Some) }
    }

    /// A mailbox pattern: an astring that may hold wildcards.
    pub(crate) fn pattern(&mut self) -> Parsed<Vec<u8>> {
        match self.peek() {
            Some(b'"' | b'{') => self.string(),
            _ => self
                .run(|byte| is_atom(byte) || matches!(byte, b']' | b'%' | b'*'), "a pattern is missing")
                .map(<[u8]>::to_vec),
        }
    }

    fn quoted(&mut self) -> Parsed<Vec<u8>> {
        self.expect(b'"', "a quote is missing")?;
        let mut text = Vec::new();
        loop {
            let byte = self.peek().ok_or(Syntax("the quoted string has no end"))?;
            self.at += 1;
            match byte {
                b'"' => return Ok(text),
                b'\\' => {
                    let escaped = self.peek().filter(|byte| matches!(byte, b'"' | b'\\'));
                    text.push(escaped.ok_or(Syntax("only a quote or a backslash can be escaped"))?);
                    self.at += 1;
                }
                b'\r' | b'\n' | 0 => return Err(Syntax("a quoted string holds no line break and no NUL")),
                other => text.push(other),
            }
        }
    }

    /// A literal, also in its binary form (`~{n}`).
    pub(crate) fn literal(&mut self) -> Parsed<&'a [u8]> {
        self.take(b'~');
        self.expect(b'{', "a literal is missing")?;
        let length = usize::try_from(self.number()?).map_err(|_| Syntax("the literal is too large"))?;
        self.take(b'+');
        self.expect(b'}', "the literal's announcement has no end")?;
        self.take(b'\r');
        self.expect(b'\n', "a line break must follow the literal's announcement")?;
        let octets = self.rest().get(..length).ok_or(Syntax("the literal is too short"))?;
        self.at += length;
        Ok(octets)
    }

    /// `(item item ...)`, maybe empty.
    pub(crate) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.expect(b'(', "a list is missing")?;
        let mut items = Vec::new();
        if self.take(b')') {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if self.take(b')') {
                return Ok(items);
            }
            self.space()?;
        }
    }
}

/// ATOM-CHAR of the grammar; octets above 127 pass, for UTF8=ACCEPT and for clients that do not know better.
pub(crate) fn is_atom(byte: u8) -> bool {
    byte > b' ' && byte != 0x7f && !matches!(byte, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b']')
}
