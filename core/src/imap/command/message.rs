//! Commands that change messages: STORE, COPY, MOVE, EXPUNGE, APPEND.

use super::encoder::Encoder;
use super::{Command, InvalidArgument};
use crate::model::{Flags, ModSeq, SystemFlag, Timestamp, UidSet};

/// What STORE does with the flags named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagChange {
    /// Sets them and leaves the others.
    Add,
    /// Clears them and leaves the others.
    Remove,
    /// Sets them and clears all others.
    Replace,
}

/// UID STORE (RFC 3501 section 6.4.6). With `unchanged_since`, only of messages not changed after that mod-sequence
/// (RFC 7162 section 3.1.3). With `silent`, the server need not tell the new flags.
///
/// # Errors
/// Where the set is empty, flags to add or remove are none, or the command would be too long.
pub fn uid_store(
    uids: &UidSet,
    unchanged_since: Option<ModSeq>,
    change: FlagChange,
    flags: &Flags,
    silent: bool,
) -> Result<Command, InvalidArgument> {
    let mut encoder = Encoder::new("UID STORE").raw(" ").set(uids).raw(" ");
    if let Some(modseq) = unchanged_since {
        encoder = encoder.raw("(UNCHANGEDSINCE ").number(modseq.get()).raw(") ");
    }
    if change != FlagChange::Replace && *flags == Flags::new() {
        encoder = encoder.fail(InvalidArgument::Empty);
    }
    let encoder = encoder.raw(match change {
        FlagChange::Add => "+FLAGS",
        FlagChange::Remove => "-FLAGS",
        FlagChange::Replace => "FLAGS",
    });
    encoder.raw(if silent { ".SILENT " } else { " " }).flags(flags).finish()
}

/// UID COPY (RFC 3501 section 6.4.7).
///
/// # Errors
/// Where the set is empty, the name holds a NUL, or the command would be too long.
pub fn uid_copy(uids: &UidSet, mailbox: &[u8]) -> Result<Command, InvalidArgument> {
    Encoder::new("UID COPY").raw(" ").set(uids).raw(" ").mailbox(mailbox).finish()
}

/// UID MOVE (RFC 6851).
///
/// # Errors
/// As [`uid_copy`].
pub fn uid_move(uids: &UidSet, mailbox: &[u8]) -> Result<Command, InvalidArgument> {
    Encoder::new("UID MOVE").raw(" ").set(uids).raw(" ").mailbox(mailbox).finish()
}

/// UID EXPUNGE (RFC 4315 section 2.1): never the plain EXPUNGE, which would take what others marked.
///
/// # Errors
/// Where the set is empty or the command would be too long.
pub fn uid_expunge(uids: &UidSet) -> Result<Command, InvalidArgument> {
    Encoder::new("UID EXPUNGE").raw(" ").set(uids).finish()
}

/// APPEND (RFC 3501 section 6.3.11). The date is written in UTC.
///
/// # Errors
/// Where name or message hold a NUL, or the date's year has not four digits.
pub fn append(
    mailbox: &[u8],
    flags: &Flags,
    date: Option<Timestamp>,
    message: Vec<u8>,
) -> Result<Command, InvalidArgument> {
    let mut encoder = Encoder::new("APPEND").raw(" ").mailbox(mailbox).raw(" ");
    if *flags != Flags::new() {
        encoder = encoder.flags(flags).raw(" ");
    }
    if let Some(date) = date {
        encoder = encoder.date_time(date).raw(" ");
    }
    encoder.literal(message).finish()
}

impl Encoder {
    fn flags(self, flags: &Flags) -> Self {
        let system = SystemFlag::ALL.into_iter().filter(|flag| flags.contains(*flag));
        let has_system = flags.bits() != 0;
        let encoder = self.raw("(").separated(system, |encoder, flag| {
            encoder.raw(match flag {
                SystemFlag::Seen => "\\Seen",
                SystemFlag::Answered => "\\Answered",
                SystemFlag::Flagged => "\\Flagged",
                SystemFlag::Deleted => "\\Deleted",
                SystemFlag::Draft => "\\Draft",
            })
        });
        let between = if has_system && flags.keywords().next().is_some() { " " } else { "" };
        let keyword = |encoder: Self, keyword: &crate::model::Keyword| encoder.atom(keyword.as_str().as_bytes());
        encoder.raw(between).separated(flags.keywords(), keyword).raw(")")
    }
}
