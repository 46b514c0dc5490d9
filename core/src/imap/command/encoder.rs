//! The one place where bytes of a command are made.

use super::{Command, InvalidArgument, Piece};
use crate::imap::utf7;
use crate::model::UidSet;

/// The longest command line in bytes, literals not counted (RFC 7162 section 4 asks servers for 8,192).
pub const MAX_LINE: usize = 8_000;
/// The longest string that is sent quoted: servers limit tokens too.
const MAX_QUOTED: usize = 500;

/// Collects a command. Methods for text of callers choose its form; `raw` takes only the program's own words.
pub(super) struct Encoder {
    name: &'static str,
    pieces: Vec<Piece>,
    line: Vec<u8>,
    fault: Option<InvalidArgument>,
}

impl Encoder {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, pieces: Vec::new(), line: name.as_bytes().to_vec(), fault: None }
    }

    /// Words of the protocol, as they are.
    pub(super) fn raw(mut self, words: &'static str) -> Self {
        self.line.extend_from_slice(words.as_bytes());
        self
    }

    pub(super) fn number(mut self, number: impl Into<u64>) -> Self {
        self.line.extend_from_slice(number.into().to_string().as_bytes());
        self
    }

    /// A set of UIDs or sequence numbers; the empty set is a fault.
    pub(super) fn set(mut self, set: &UidSet) -> Self {
        if set.is_empty() {
            return self.fail(InvalidArgument::Empty);
        }
        self.line.extend_from_slice(set.to_string().as_bytes());
        self
    }

    /// A word that can only be sent as an atom; anything else is a fault.
    pub(super) fn atom(mut self, word: &[u8]) -> Self {
        if word.is_empty() || !word.iter().all(|byte| is_atom_char(*byte)) {
            return self.fail(InvalidArgument::NotAnAtom);
        }
        self.line.extend_from_slice(word);
        self
    }

    /// Base64 as SASL sends it; anything else is a fault.
    pub(super) fn base64(mut self, text: &str) -> Self {
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        if !text.bytes().all(is_base64) {
            return self.fail(InvalidArgument::NotAnAtom);
        }
        self.line.extend_from_slice(text.as_bytes());
        self
    }

    /// Text as an atom, quoted, or as a literal, whichever is the simplest that can carry it.
    pub(super) fn astring(self, text: &[u8]) -> Self {
        let plain = !text.is_empty() && text.len() <= MAX_QUOTED && text.iter().all(|byte| is_atom_char(*byte));
        // NIL as an atom would read as no text at all.
        if plain && !text.eq_ignore_ascii_case(b"NIL") { self.atom(text) } else { self.string(text) }
    }

    /// A mailbox's name, given in modified UTF-7.
    pub(super) fn mailbox(mut self, name: &[u8]) -> Self {
        // All others are the same in UTF-8.
        if !name.contains(&b'&') || utf7::decode(name).is_none_or(|text| text.contains('\0')) {
            return self.astring(name);
        }
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.pieces.push(Piece::Text(line));
        }
        self.pieces.push(Piece::Mailbox(name.to_vec()));
        self
    }

    /// Text quoted or as a literal.
    pub(super) fn string(mut self, text: &[u8]) -> Self {
        if text.contains(&0) {
            return self.fail(InvalidArgument::Nul);
        }
        if text.len() > MAX_QUOTED || !text.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            return self.literal(text.to_vec());
        }
        self.line.push(b'"');
        for byte in text {
            if matches!(byte, b'"' | b'\\') {
                self.line.push(b'\\');
            }
            self.line.push(*byte);
        }
        self.line.push(b'"');
        self
    }

    /// Bytes as a literal.
    pub(super) fn literal(mut self, bytes: Vec<u8>) -> Self {
        if bytes.contains(&0) {
            return self.fail(InvalidArgument::Nul);
        }
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.pieces.push(Piece::Text(line));
        }
        self.pieces.push(Piece::Literal(bytes));
        self
    }

    /// Items with one space between them.
    pub(super) fn separated<T>(mut self, items: impl IntoIterator<Item = T>, each: impl Fn(Self, T) -> Self) -> Self {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self = self.raw(" ");
            }
            self = each(self, item);
        }
        self
    }

    /// The first fault is the one that `finish` reports.
    pub(super) fn fail(mut self, fault: InvalidArgument) -> Self {
        self.fault = self.fault.or(Some(fault));
        self
    }

    /// The command, or the first fault of its arguments.
    pub(super) fn finish(mut self) -> Result<Command, InvalidArgument> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if !self.line.is_empty() {
            self.pieces.push(Piece::Text(self.line));
        }
        let length: usize = self.pieces.iter().map(line_length).sum();
        if length > MAX_LINE {
            return Err(InvalidArgument::TooLong);
        }
        Ok(Command { name: self.name, pieces: self.pieces })
    }
}

/// What a piece adds to the line: a literal only its announcement.
fn line_length(piece: &Piece) -> usize {
    match piece {
        Piece::Text(text) => text.len(),
        Piece::Literal(_) => "{4294967295+}".len(),
        Piece::Mailbox(name) => name.len() + 2,
        Piece::Answer(_) => 0,
    }
}

/// RFC 3501 `ATOM-CHAR`.
fn is_atom_char(byte: u8) -> bool {
    byte > b' ' && byte < 0x7f && !b"(){%*\"\\]".contains(&byte)
}

/// A command without arguments.
pub(super) fn bare(name: &'static str) -> Command {
    Command { name, pieces: vec![Piece::Text(name.as_bytes().to_vec())] }
}
