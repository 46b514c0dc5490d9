//! Commands about mailboxes. Names are raw bytes, as LIST gave them.

use super::builder::Builder;
use super::{Command, InvalidArgument};
use crate::imap::Capabilities;
use crate::model::{ModSeq, UidValidity};

/// What STATUS can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the protocol's own words")]
pub enum StatusItem {
    Messages,
    Unseen,
    UidNext,
    UidValidity,
    HighestModSeq,
    MailboxId,
    Size,
}

impl StatusItem {
    fn as_str(self) -> &'static str {
        match self {
            Self::Messages => "MESSAGES",
            Self::Unseen => "UNSEEN",
            Self::UidNext => "UIDNEXT",
            Self::UidValidity => "UIDVALIDITY",
            Self::HighestModSeq => "HIGHESTMODSEQ",
            Self::MailboxId => "MAILBOXID",
            Self::Size => "SIZE",
        }
    }
}

/// How a mailbox is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectMode {
    /// Without extensions.
    Plain,
    /// With mod-sequences (RFC 7162 section 3.1.8).
    Condstore,
    /// With what changed since the given point (RFC 7162 section 3.2.5).
    Qresync {
        /// UIDVALIDITY as last known.
        validity: UidValidity,
        /// The mod-sequence up to which all is known.
        modseq: ModSeq,
    },
}

/// EXAMINE: selects without the right to change anything.
///
/// # Errors
/// Where the name holds NUL.
pub fn examine(mailbox: &[u8], mode: SelectMode) -> Result<Command, InvalidArgument> {
    select_with("EXAMINE", mailbox, mode)
}

/// SELECT.
///
/// # Errors
/// Where the name holds NUL.
pub fn select(mailbox: &[u8], mode: SelectMode) -> Result<Command, InvalidArgument> {
    select_with("SELECT", mailbox, mode)
}

fn select_with(name: &'static str, mailbox: &[u8], mode: SelectMode) -> Result<Command, InvalidArgument> {
    let builder = Builder::new(name).raw(" ").string(mailbox)?;
    Ok(match mode {
        SelectMode::Plain => builder,
        SelectMode::Condstore => builder.raw(" (CONDSTORE)"),
        SelectMode::Qresync { validity, modseq } => builder.raw(&format!(" (QRESYNC ({validity} {modseq}))")),
    }
    .build())
}

/// UNSELECT (RFC 3691): never CLOSE, which expunges.
pub fn unselect() -> Command {
    Builder::new("UNSELECT").build()
}

/// LIST of all mailboxes.
pub fn list_all(server: &Capabilities) -> Command {
    let builder = Builder::new("LIST").raw(" \"\" \"*\"");
    let extended = server.has("LIST-EXTENDED");
    match (extended, server.has("SPECIAL-USE")) {
        (true, true) => builder.raw(" RETURN (SUBSCRIBED SPECIAL-USE)"),
        (true, false) => builder.raw(" RETURN (SUBSCRIBED)"),
        (false, _) => builder,
    }
    .build()
}

/// LIST of all mailboxes with the STATUS of each (RFC 5819).
pub fn list_status(server: &Capabilities, items: &[StatusItem]) -> Command {
    let special = if server.has("SPECIAL-USE") { "SPECIAL-USE " } else { "" };
    let items = words(items);
    Builder::new("LIST").raw(&format!(" \"\" \"*\" RETURN (SUBSCRIBED {special}STATUS ({items}))")).build()
}

/// LSUB of all mailboxes.
pub fn lsub_all() -> Command {
    Builder::new("LSUB").raw(" \"\" \"*\"").build()
}

/// STATUS.
///
/// # Errors
/// Where the name holds NUL.
pub fn status(mailbox: &[u8], items: &[StatusItem]) -> Result<Command, InvalidArgument> {
    Ok(Builder::new("STATUS").raw(" ").string(mailbox)?.raw(&format!(" ({})", words(items))).build())
}

fn words(items: &[StatusItem]) -> String {
    items.iter().map(|item| item.as_str()).collect::<Vec<_>>().join(" ")
}
