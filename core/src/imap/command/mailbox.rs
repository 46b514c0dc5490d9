//! Commands about mailboxes. Names are raw wire bytes, as LIST gave them or as `utf7` made them.

use super::encoder::Encoder;
use super::{Command, InvalidArgument};
use crate::model::MailboxRole;

/// What STATUS can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the protocol's own words")]
pub enum StatusItem {
    Messages,
    Unseen,
    UidNext,
    UidValidity,
    /// RFC 7162.
    HighestModSeq,
    /// RFC 8438.
    Size,
    /// RFC 8474.
    MailboxId,
    /// RFC 7889.
    AppendLimit,
}

impl StatusItem {
    fn as_str(self) -> &'static str {
        match self {
            Self::Messages => "MESSAGES",
            Self::Unseen => "UNSEEN",
            Self::UidNext => "UIDNEXT",
            Self::UidValidity => "UIDVALIDITY",
            Self::HighestModSeq => "HIGHESTMODSEQ",
            Self::Size => "SIZE",
            Self::MailboxId => "MAILBOXID",
            Self::AppendLimit => "APPENDLIMIT",
        }
    }
}

/// Which mailboxes an extended LIST names (RFC 5258 section 3.1, RFC 6154 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListSelection {
    /// Those subscribed.
    Subscribed,
    /// Those with a special use.
    SpecialUse,
    /// Those on other servers too.
    Remote,
}

/// What an extended LIST tells of each mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListReturn<'a> {
    /// Whether it is subscribed (RFC 5258).
    Subscribed,
    /// Whether it has children (RFC 5258).
    Children,
    /// What it is for (RFC 6154).
    SpecialUse,
    /// Its status in the same turn (RFC 5819).
    Status(&'a [StatusItem]),
}

/// LIST as every server knows it (RFC 3501 section 6.3.8).
///
/// # Errors
/// Where an argument holds a NUL.
pub fn list(reference: &[u8], pattern: &[u8]) -> Result<Command, InvalidArgument> {
    Encoder::new("LIST").raw(" ").string(reference).raw(" ").string(pattern).finish()
}

/// LIST with what RFC 5258, RFC 5819 and RFC 6154 added: several patterns, a selection, and more told of each.
///
/// # Errors
/// Where an argument holds a NUL, or there is no pattern or no status item.
pub fn list_extended(
    selection: &[ListSelection],
    reference: &[u8],
    patterns: &[&[u8]],
    returns: &[ListReturn<'_>],
) -> Result<Command, InvalidArgument> {
    let mut encoder = Encoder::new("LIST").raw(" ");
    if !selection.is_empty() {
        encoder = encoder.raw("(").separated(selection, list_selection).raw(") ");
    }
    encoder = encoder.string(reference).raw(" ");
    encoder = match patterns {
        [] => encoder.fail(InvalidArgument::Empty),
        [pattern] => encoder.string(pattern),
        _ => encoder.raw("(").separated(patterns, |encoder, pattern| encoder.string(pattern)).raw(")"),
    };
    if !returns.is_empty() {
        encoder = encoder.raw(" RETURN (").separated(returns, list_return).raw(")");
    }
    encoder.finish()
}

fn list_selection(encoder: Encoder, selection: &ListSelection) -> Encoder {
    encoder.raw(match selection {
        ListSelection::Subscribed => "SUBSCRIBED",
        ListSelection::SpecialUse => "SPECIAL-USE",
        ListSelection::Remote => "REMOTE",
    })
}

fn list_return(encoder: Encoder, option: &ListReturn<'_>) -> Encoder {
    match option {
        ListReturn::Subscribed => encoder.raw("SUBSCRIBED"),
        ListReturn::Children => encoder.raw("CHILDREN"),
        ListReturn::SpecialUse => encoder.raw("SPECIAL-USE"),
        ListReturn::Status(items) => encoder.raw("STATUS (").status_items(items).raw(")"),
    }
}

/// LSUB: the mailboxes subscribed, for servers without LIST-EXTENDED (RFC 3501 section 6.3.9).
///
/// # Errors
/// Where an argument holds a NUL.
pub fn lsub(reference: &[u8], pattern: &[u8]) -> Result<Command, InvalidArgument> {
    Encoder::new("LSUB").raw(" ").string(reference).raw(" ").string(pattern).finish()
}

/// STATUS (RFC 3501 section 6.3.10).
///
/// # Errors
/// Where the name holds a NUL, or no item is asked for.
pub fn status(mailbox: &[u8], items: &[StatusItem]) -> Result<Command, InvalidArgument> {
    Encoder::new("STATUS").raw(" ").mailbox(mailbox).raw(" (").status_items(items).raw(")").finish()
}

impl Encoder {
    fn status_items(self, items: &[StatusItem]) -> Self {
        if items.is_empty() {
            return self.fail(InvalidArgument::Empty);
        }
        self.separated(items, |encoder, item| encoder.raw(item.as_str()))
    }
}

/// CREATE (RFC 3501 section 6.3.3), with a special use where one is given (RFC 6154 section 3).
///
/// # Errors
/// Where the name holds a NUL or the use is the inbox.
pub fn create(mailbox: &[u8], special_use: Option<MailboxRole>) -> Result<Command, InvalidArgument> {
    let encoder = Encoder::new("CREATE").raw(" ").mailbox(mailbox);
    let attribute = match special_use {
        None => return encoder.finish(),
        Some(MailboxRole::Inbox) => return Err(InvalidArgument::Role),
        Some(MailboxRole::Drafts) => "\\Drafts",
        Some(MailboxRole::Sent) => "\\Sent",
        Some(MailboxRole::Archive) => "\\Archive",
        Some(MailboxRole::Junk) => "\\Junk",
        Some(MailboxRole::Trash) => "\\Trash",
        Some(MailboxRole::All) => "\\All",
        Some(MailboxRole::Flagged) => "\\Flagged",
        Some(MailboxRole::Important) => "\\Important",
    };
    encoder.raw(" (USE (").raw(attribute).raw("))").finish()
}

/// DELETE (RFC 3501 section 6.3.4).
///
/// # Errors
/// Where the name holds a NUL.
pub fn delete(mailbox: &[u8]) -> Result<Command, InvalidArgument> {
    Encoder::new("DELETE").raw(" ").mailbox(mailbox).finish()
}

/// RENAME (RFC 3501 section 6.3.5).
///
/// # Errors
/// Where a name holds a NUL.
pub fn rename(from: &[u8], to: &[u8]) -> Result<Command, InvalidArgument> {
    Encoder::new("RENAME").raw(" ").mailbox(from).raw(" ").mailbox(to).finish()
}

/// SUBSCRIBE (RFC 3501 section 6.3.6).
///
/// # Errors
/// Where the name holds a NUL.
pub fn subscribe(mailbox: &[u8]) -> Result<Command, InvalidArgument> {
    Encoder::new("SUBSCRIBE").raw(" ").mailbox(mailbox).finish()
}

/// UNSUBSCRIBE (RFC 3501 section 6.3.7).
///
/// # Errors
/// Where the name holds a NUL.
pub fn unsubscribe(mailbox: &[u8]) -> Result<Command, InvalidArgument> {
    Encoder::new("UNSUBSCRIBE").raw(" ").mailbox(mailbox).finish()
}

/// GETQUOTAROOT (RFC 9208 section 4.1.2).
///
/// # Errors
/// Where the name holds a NUL.
pub fn get_quota_root(mailbox: &[u8]) -> Result<Command, InvalidArgument> {
    Encoder::new("GETQUOTAROOT").raw(" ").mailbox(mailbox).finish()
}
