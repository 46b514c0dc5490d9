//! The bytes of arguments: each kind of value has one way onto the wire.

use super::{Command, InvalidArgument, Piece};

/// Puts a command together. Everything variable goes through one of its methods.
pub(super) struct Builder {
    name: &'static str,
    pieces: Vec<Piece>,
    text: Vec<u8>,
    sensitive: bool,
}

impl Builder {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, pieces: Vec::new(), text: name.as_bytes().to_vec(), sensitive: false }
    }

    /// Text of our own: never a value from outside.
    pub(super) fn raw(mut self, text: &str) -> Self {
        debug_assert!(!text.contains(['\r', '\n', '\0']), "only fixed text is raw");
        self.text.extend_from_slice(text.as_bytes());
        self
    }

    pub(super) fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// An astring: an atom where it is one, else quoted, else a literal.
    ///
    /// # Errors
    /// Where it holds NUL, which no string of the protocol can.
    pub(super) fn string(mut self, bytes: &[u8]) -> Result<Self, InvalidArgument> {
        if bytes.contains(&0) {
            return Err(InvalidArgument::Nul);
        }
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-/#+@$&,:=<>;!?'|^`~".contains(byte);
        if !bytes.is_empty() && bytes.iter().all(plain) && !bytes.eq_ignore_ascii_case(b"NIL") {
            self.text.extend_from_slice(bytes);
        } else if bytes.iter().all(|byte| (b' '..=b'~').contains(byte)) && bytes.len() <= 1000 {
            self.text.push(b'"');
            for byte in bytes {
                if matches!(byte, b'"' | b'\\') {
                    self.text.push(b'\\');
                }
                self.text.push(*byte);
            }
            self.text.push(b'"');
        } else {
            self = self.literal(bytes);
        }
        Ok(self)
    }

    /// A literal, whatever its bytes.
    pub(super) fn literal(mut self, bytes: &[u8]) -> Self {
        self.pieces.push(Piece::Text(std::mem::take(&mut self.text)));
        self.pieces.push(Piece::Literal(bytes.to_vec()));
        self
    }

    /// A line that is sent when the server asks for it.
    pub(super) fn answer(mut self, line: Vec<u8>) -> Self {
        self.pieces.push(Piece::Text(std::mem::take(&mut self.text)));
        self.pieces.push(Piece::Answer(line));
        self
    }

    pub(super) fn build(mut self) -> Command {
        if !self.text.is_empty() {
            self.pieces.push(Piece::Text(self.text));
        }
        Command { name: self.name, pieces: self.pieces, sensitive: self.sensitive }
    }
}
