//! Commands as bytes: built only by validated builders, so that nothing a caller passes can inject.

/// One command, without its tag and without its final line end.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    name: &'static str,
    pieces: Vec<Piece>,
    sensitive: bool,
}

/// A stretch of a command.
#[derive(Clone, PartialEq, Eq)]
pub enum Piece {
    /// Bytes that go out as they are: no line end, no NUL.
    Text(Vec<u8>),
    /// Bytes that go out as a literal: the session announces it in the form that the server takes (`{5}`, `{5+}`).
    Literal(Vec<u8>),
}

impl Command {
    /// The command's name for logs and errors: `UID FETCH`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What goes over the wire, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether the arguments hold a secret, which no log may show.
    pub fn is_sensitive(&self) -> bool {
        self.sensitive
    }
}

impl std::fmt::Debug for Command {
    /// The name alone: arguments hold mailbox names and secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Command").field(&self.name).finish()
    }
}
