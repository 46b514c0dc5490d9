//! Why an argument cannot be sent.

/// An argument that no IMAP command can carry. It names the fault, never the argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidArgument {
    /// A NUL byte, which neither a quoted string nor a literal may hold (RFC 3501 section 9).
    #[error("it holds a NUL byte")]
    Nul,
    /// A set without members, or a list that needs one.
    #[error("it is empty")]
    Empty,
    /// A word with characters that an atom may not have, where only an atom can stand.
    #[error("it is no word that the protocol can write")]
    NotAnAtom,
    /// A section that is no part specifier, such as `1.2`.
    #[error("it is no part specifier")]
    NotAPart,
    /// A date before year 1 or after year 9999.
    #[error("it is no date that the protocol can write")]
    Date,
    /// The command line would exceed [`super::MAX_LINE`].
    #[error("the command would be too long")]
    TooLong,
    /// A search nested too deeply.
    #[error("it is nested too deeply")]
    TooDeep,
    /// A role that a mailbox cannot be created with.
    #[error("a mailbox cannot be created for that use")]
    Role,
}
