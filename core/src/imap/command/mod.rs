//! Commands as bytes: built only by validated builders, so that nothing a caller passes can inject.
//!
//! Text of callers goes out as an atom where it is one, else quoted, else as a literal; NUL, which no form can carry,
//! is refused. A builder that can be given such text, or a set that IMAP cannot write, returns a `Result`.

mod argument;
mod encoder;
mod fetch;
mod mailbox;
mod message;
mod search;
mod select;
mod session;
mod split;

#[cfg(test)]
mod tests;

pub use argument::InvalidArgument;
pub use encoder::MAX_LINE;
pub use fetch::{FetchItem, Section, uid_fetch};
pub use mailbox::{
    ListReturn, ListSelection, StatusItem, create, delete, get_quota_root, list, list_extended, lsub, rename, status,
    subscribe, unsubscribe,
};
pub use message::{FlagChange, append, uid_copy, uid_expunge, uid_move, uid_store};
pub use search::{SearchKey, SearchProgram, SearchReturn, uid_search};
pub use select::{Resync, SequenceMatch, examine, select, unselect};
pub use session::{
    authenticate, authenticate_in_steps, capability, check, compress, enable, id, idle, login, logout, namespace, noop,
    notify, notify_none, starttls,
};
pub use split::split_for_command;

/// One command, without its tag and without its final line end.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    name: &'static str,
    pieces: Vec<Piece>,
}

/// A stretch of a command.
#[derive(Clone, PartialEq, Eq)]
pub enum Piece {
    /// Bytes that go out as they are: no line end, no NUL.
    Text(Vec<u8>),
    /// A mailbox's name in modified UTF-7, where it is another in UTF-8: the session writes the one that the server takes.
    Mailbox(Vec<u8>),
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

    /// The same, to be sent: a message to append is not copied.
    pub(in crate::imap) fn into_pieces(self) -> Vec<Piece> {
        self.pieces
    }

    /// Whether it is ENABLE for UTF-8 (RFC 6855).
    pub(in crate::imap) fn asks_for_utf8(&self) -> bool {
        let asks = |piece: &Piece| matches!(piece, Piece::Text(text) if text.ends_with(b"UTF8=ACCEPT"));
        self.name == "ENABLE" && self.pieces.iter().any(asks)
    }
}

impl std::fmt::Debug for Command {
    /// The name alone: arguments hold mailbox names and secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Command").field(&self.name).finish()
    }
}
