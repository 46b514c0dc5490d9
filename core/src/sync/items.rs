//! What is asked of each message.

use crate::imap::Capabilities;
use crate::imap::command::{self, Command, FetchItem, InvalidArgument, SearchProgram, SearchReturn, Section};

/// The header fields that a list, a thread and an answer need.
pub(super) const HEADER_FIELDS: &[&str] =
    &["DATE", "FROM", "SENDER", "REPLY-TO", "TO", "CC", "BCC", "SUBJECT", "MESSAGE-ID", "IN-REPLY-TO", "REFERENCES"];

/// How much is asked of a message: less each time the server fails to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Detail {
    /// What is usual and the beginning of the text, where the server has it at hand (RFC 8970): for what a screen shows first.
    Newest,
    /// Everything a list shows, and the structure.
    Usual,
    /// Without the structure, which some servers cannot compute for some mails.
    NoStructure,
    /// The whole header instead of chosen fields.
    WholeHeader,
}

impl Detail {
    /// What to try after this failed.
    pub(super) fn simpler(self) -> Option<Self> {
        match self {
            Self::Newest => Some(Self::Usual),
            Self::Usual => Some(Self::NoStructure),
            Self::NoStructure => Some(Self::WholeHeader),
            Self::WholeHeader => None,
        }
    }
}

/// The items for messages that the mirror lacks. Mod-sequences must not be asked for where a mailbox has none (NOMODSEQ,
/// RFC 7162 section 3.1.2.2).
pub(super) fn new_message(server: &Capabilities, modseqs: bool, detail: Detail) -> Vec<FetchItem> {
    let mut items = vec![FetchItem::Uid, FetchItem::Flags, FetchItem::InternalDate, FetchItem::Rfc822Size];
    if modseqs {
        items.push(FetchItem::ModSeq);
    }
    if server.object_id() {
        items.extend([FetchItem::EmailId, FetchItem::ThreadId]);
    }
    if server.gmail() {
        items.extend([FetchItem::GmMsgId, FetchItem::GmThrId]);
    }
    let header = match detail {
        Detail::Newest | Detail::Usual | Detail::NoStructure => Section::HeaderFields(HEADER_FIELDS),
        Detail::WholeHeader => Section::Header,
    };
    if detail == Detail::Newest && server.preview() {
        items.push(FetchItem::Preview { lazy: true });
    }
    if detail <= Detail::Usual {
        items.push(FetchItem::BodyStructure);
    }
    items.push(FetchItem::BodyPeek { section: header, partial: None });
    items
}

/// The items for messages that are mirrored: what can change.
pub(super) fn changes(modseqs: bool) -> Vec<FetchItem> {
    let mut items = vec![FetchItem::Uid, FetchItem::Flags];
    if modseqs {
        items.push(FetchItem::ModSeq);
    }
    items
}

/// The question which UIDs there are: answered in ranges where the server can.
pub(super) fn search_all(server: &Capabilities) -> Result<Command, InvalidArgument> {
    command::uid_search(&SearchProgram::default(), search_returns(server), false)
}

/// How UIDs that are searched for shall be told: in ranges where the server can.
pub(super) fn search_returns(server: &Capabilities) -> &'static [SearchReturn] {
    if server.esearch() { &[SearchReturn::All] } else { &[] }
}
