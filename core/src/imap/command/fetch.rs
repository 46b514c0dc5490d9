//! UID FETCH.

use super::encoder::Encoder;
use super::{Command, InvalidArgument};
use crate::model::{ModSeq, UidSet};

/// What to fetch of each message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchItem {
    /// The UID; a UID FETCH gives it anyway.
    Uid,
    /// Flags and keywords.
    Flags,
    /// When the server got it.
    InternalDate,
    /// Its size in octets.
    Rfc822Size,
    /// The server's reading of the header. Header bytes are better.
    Envelope,
    /// Its tree of parts.
    BodyStructure,
    /// Its mod-sequence (RFC 7162).
    ModSeq,
    /// The server's id of the mail wherever it lies (RFC 8474).
    EmailId,
    /// The server's id of the conversation (RFC 8474).
    ThreadId,
    /// Gmail's id of the mail.
    GmMsgId,
    /// Gmail's id of the conversation.
    GmThrId,
    /// Gmail's labels.
    GmLabels,
    /// The first words of the text (RFC 8970). With `lazy`, only where the server has them at hand.
    Preview {
        /// Whether the server may leave out what it would have to compute.
        lazy: bool,
    },
    /// Bytes of a section, without setting `\Seen`.
    BodyPeek {
        /// Which section.
        section: Section,
        /// Only so many octets from an offset on.
        partial: Option<(u64, u64)>,
    },
    /// Bytes of a part freed from its transfer encoding, without setting `\Seen` (RFC 3516).
    BinaryPeek {
        /// Which part, such as `1.2`.
        part: String,
        /// Only so many octets from an offset on.
        partial: Option<(u64, u64)>,
    },
}

/// A section of a message (RFC 3501 section 6.4.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Section {
    /// All of the message.
    Whole,
    /// Its header.
    Header,
    /// What follows the header.
    Text,
    /// Only these fields of its header.
    HeaderFields(&'static [&'static str]),
    /// One part, such as `1.2`.
    Part(String),
    /// The MIME header of one part.
    PartMime(String),
}

impl Section {
    /// The section as [`crate::imap::BodySection`] names it in the answer, such as `HEADER.FIELDS (DATE FROM)`.
    pub fn name(&self) -> String {
        match self {
            Self::Whole => String::new(),
            Self::Header => "HEADER".to_owned(),
            Self::Text => "TEXT".to_owned(),
            Self::HeaderFields(fields) => format!("HEADER.FIELDS ({})", fields.join(" ").to_ascii_uppercase()),
            Self::Part(part) => part.clone(),
            Self::PartMime(part) => format!("{part}.MIME"),
        }
    }
}

/// UID FETCH (RFC 3501 section 6.4.8). With `changed_since`, only messages changed after that mod-sequence, and with
/// `vanished` also what of the set went since (RFC 7162 section 3.2.6; it needs `changed_since` and QRESYNC).
///
/// # Errors
/// Where the set or the items are empty, a part is no part specifier, or the command would be too long: see
/// [`super::split_for_command`].
pub fn uid_fetch(
    uids: &UidSet,
    items: &[FetchItem],
    changed_since: Option<ModSeq>,
    vanished: bool,
) -> Result<Command, InvalidArgument> {
    if items.is_empty() {
        return Err(InvalidArgument::Empty);
    }
    let encoder = Encoder::new("UID FETCH").raw(" ").set(uids);
    let encoder = encoder.raw(" (").separated(items, Encoder::fetch_item).raw(")");
    match changed_since {
        None => encoder.finish(),
        Some(modseq) => {
            let encoder = encoder.raw(" (CHANGEDSINCE ").number(modseq.get());
            encoder.raw(if vanished { " VANISHED)" } else { ")" }).finish()
        }
    }
}

impl Encoder {
    pub(super) fn fetch_item(self, item: &FetchItem) -> Self {
        match item {
            FetchItem::Uid => self.raw("UID"),
            FetchItem::Flags => self.raw("FLAGS"),
            FetchItem::InternalDate => self.raw("INTERNALDATE"),
            FetchItem::Rfc822Size => self.raw("RFC822.SIZE"),
            FetchItem::Envelope => self.raw("ENVELOPE"),
            FetchItem::BodyStructure => self.raw("BODYSTRUCTURE"),
            FetchItem::ModSeq => self.raw("MODSEQ"),
            FetchItem::EmailId => self.raw("EMAILID"),
            FetchItem::ThreadId => self.raw("THREADID"),
            FetchItem::GmMsgId => self.raw("X-GM-MSGID"),
            FetchItem::GmThrId => self.raw("X-GM-THRID"),
            FetchItem::GmLabels => self.raw("X-GM-LABELS"),
            FetchItem::Preview { lazy: false } => self.raw("PREVIEW"),
            FetchItem::Preview { lazy: true } => self.raw("PREVIEW (LAZY)"),
            FetchItem::BodyPeek { section, partial } => {
                self.raw("BODY.PEEK[").section(section).raw("]").partial(*partial)
            }
            FetchItem::BinaryPeek { part, partial } => self.raw("BINARY.PEEK[").part(part).raw("]").partial(*partial),
        }
    }

    fn section(self, section: &Section) -> Self {
        match section {
            Section::Whole => self,
            Section::Header => self.raw("HEADER"),
            Section::Text => self.raw("TEXT"),
            Section::HeaderFields([]) => self.fail(InvalidArgument::Empty),
            Section::HeaderFields(fields) => {
                let each = |encoder: Self, field: &&'static str| encoder.atom(field.as_bytes());
                self.raw("HEADER.FIELDS (").separated(*fields, each).raw(")")
            }
            Section::Part(part) => self.part(part),
            Section::PartMime(part) => self.part(part).raw(".MIME"),
        }
    }

    fn part(self, part: &str) -> Self {
        let number = |number: &str| {
            (1..=9).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0')
        };
        if part.split('.').all(number) { self.atom(part.as_bytes()) } else { self.fail(InvalidArgument::NotAPart) }
    }

    /// `<offset.count>`; a count of zero cannot be asked for.
    fn partial(self, partial: Option<(u64, u64)>) -> Self {
        match partial {
            None => self,
            Some((_, 0)) => self.fail(InvalidArgument::Empty),
            Some((offset, count)) => self.raw("<").number(offset).raw(".").number(count).raw(">"),
        }
    }
}
