//! Commands as bytes: built only by validated builders, so that nothing a caller passes can inject.

mod builder;
mod mailbox;
mod message;
mod search;
mod session;

pub use mailbox::{SelectMode, StatusItem, examine, list_all, list_status, lsub_all, select, status, unselect};
pub use message::{FetchItem, Section, uid_fetch, uid_search};
pub use search::SearchKey;
pub use session::{authenticate, capability, compress, enable, idle, login, logout, namespace, noop, starttls};

/// A value cannot go over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidArgument {
    /// A text holds the NUL character.
    #[error("a text holds the NUL character")]
    Nul,
    /// A set of UIDs is empty.
    #[error("a set of UIDs is empty")]
    EmptySet,
    /// The specifier of a part is none.
    #[error("not the specifier of a part")]
    Section,
    /// A date does not exist.
    #[error("not a date")]
    Date,
}

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
    /// A line that goes out when the server asks for it: what SASL calls a response.
    Answer(Vec<u8>),
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

#[cfg(test)]
mod tests;
