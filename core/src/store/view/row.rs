//! One line of a list.

use rusqlite::Row;

use crate::model::{Address, Flags, MailboxId, MessageId, PlaceId, ThreadId, Timestamp, Uid};
use crate::store::blobs::BodyState;
use crate::store::columns::addresses_from_column;
use crate::store::{Cursor, StoreError};

/// One mail as it lies in one mailbox, with what a list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// The id that apps use.
    pub id: PlaceId,
    /// Where it lies, as the view has it.
    pub mailbox: MailboxId,
    /// Where the server has it; `None` where it has it not yet.
    pub at: Option<MailboxId>,
    /// The mail: the same for all its copies.
    pub message: MessageId,
    /// Its UID where the server has it; `None` while that is not known.
    pub uid: Option<Uid>,
    /// Its conversation.
    pub thread: ThreadId,
    /// What lists are sorted by: when the server got it, else the Date field.
    pub sort_date: Timestamp,
    /// The Date field.
    pub date: Option<Timestamp>,
    /// Its flags.
    pub flags: Flags,
    /// Its subject.
    pub subject: String,
    /// Authors.
    pub from: Vec<Address>,
    /// Main recipients.
    pub to: Vec<Address>,
    /// Whether the authorship is ambiguous.
    pub sender_unclear: bool,
    /// Size in octets.
    pub size: Option<u64>,
    /// Whether it has what people call attachments.
    pub has_attachments: bool,
    /// The beginning of its text.
    pub preview: Option<String>,
    /// How much of its body is here.
    pub body: BodyState,
    /// Whether operations that are not at their end show on it.
    pub overlaid: bool,
}

impl MessageRow {
    /// Where a list goes on after this line.
    pub fn cursor(&self) -> Cursor {
        Cursor { date: self.sort_date, place: self.id }
    }
}

/// The columns of a line, from `places p JOIN messages m`.
pub(super) const COLUMNS: &str =
    "p.id, p.shown_in, p.message, p.uid, p.thread, p.date, m.date, p.shown_flags, p.keywords,
    m.subject, m.from_list, m.to_list, m.sender_unclear, m.size, m.has_attachments, m.preview, m.body_state,
    p.mailbox, p.overlaid, p.set_words, p.clear_words";

pub(super) fn read(row: &Row<'_>) -> Result<MessageRow, StoreError> {
    Ok(MessageRow {
        id: PlaceId(row.get(0)?),
        mailbox: MailboxId(row.get(1)?),
        message: MessageId(row.get(2)?),
        uid: row.get::<_, Option<u32>>(3)?.and_then(Uid::new),
        thread: ThreadId(row.get(4)?),
        sort_date: Timestamp(row.get(5)?),
        date: row.get::<_, Option<i64>>(6)?.map(Timestamp),
        flags: shown_flags(row)?,
        subject: row.get(9)?,
        from: addresses_from_column(text(row, 10)?)?,
        to: addresses_from_column(text(row, 11)?)?,
        sender_unclear: row.get(12)?,
        size: row.get::<_, Option<i64>>(13)?.map(i64::cast_unsigned),
        has_attachments: row.get(14)?,
        preview: row.get(15)?,
        body: BodyState::from_column(row.get(16)?),
        at: row.get::<_, Option<i64>>(17)?.map(MailboxId),
        overlaid: row.get(18)?,
    })
}

/// The bits are as shown already; the keywords are those of the mirror.
fn shown_flags(row: &Row<'_>) -> Result<Flags, StoreError> {
    let mirror = Flags::from_parts(row.get(7)?, text(row, 8)?);
    if !row.get::<_, bool>(18)? {
        return Ok(mirror);
    }
    let words = |index| -> Result<Flags, StoreError> {
        let text: Option<String> = row.get(index)?;
        Ok(Flags::from_parts(0, &text.unwrap_or_default()))
    };
    Ok(mirror.without(&words(20)?).with(&words(19)?))
}

fn text<'r>(row: &'r Row<'_>, index: usize) -> Result<&'r str, StoreError> {
    row.get_ref(index)?.as_str().map_err(|_| StoreError::Damaged)
}
