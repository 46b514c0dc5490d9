//! Which mails are the same by what they look like, where the server gives no ids: by all that a move leaves as it is.

use rusqlite::{Row, params};

use super::NewMessage;
use super::insert::agree;
use crate::model::{MessageId, ThreadId};
use crate::store::columns::{Rest, addresses_to_column};
use crate::store::{MirrorTx, StoreError};

/// How many mails of one thread are compared. Mails with one Message-ID are in one thread; there can be any number of them.
pub(super) const MAX_COMPARED: u32 = 500;

/// A mail by its own id, size, dates and header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Likeness {
    email_id: Option<String>,
    gm_msgid: Option<i64>,
    message_id: Option<String>,
    size: Option<i64>,
    internal_date: Option<i64>,
    date: Option<i64>,
    header: [String; 4],
}

/// The columns of a likeness, from `messages m`.
pub(super) const COLUMNS: &str =
    "m.email_id, m.gm_msgid, m.message_id, m.size, m.internal_date, m.date, m.subject, m.from_list, m.to_list, m.more";

impl Likeness {
    /// Reads it from [`COLUMNS`] that begin at `first`.
    pub(super) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            email_id: row.get(first)?,
            gm_msgid: row.get(first + 1)?,
            message_id: row.get(first + 2)?,
            size: row.get(first + 3)?,
            internal_date: row.get(first + 4)?,
            date: row.get(first + 5)?,
            header: [row.get(first + 6)?, row.get(first + 7)?, row.get(first + 8)?, row.get(first + 9)?],
        })
    }

    /// That of a mail that is not in the mirror yet.
    pub(super) fn of(message: &NewMessage) -> Result<Self, StoreError> {
        let envelope = &message.envelope;
        Ok(Self {
            email_id: message.email_id.clone(),
            gm_msgid: message.gm_msgid.map(u64::cast_signed),
            message_id: envelope.message_id.clone(),
            size: message.size.map(u64::cast_signed),
            internal_date: message.internal_date.map(|date| date.clamped().0),
            date: envelope.date.map(|date| date.clamped().0),
            header: [
                envelope.subject.clone(),
                addresses_to_column(&envelope.from)?,
                addresses_to_column(&envelope.to)?,
                Rest::of(envelope).to_column()?,
            ],
        })
    }

    /// Whether the two are one mail as far as can be seen. What has no Message-ID, size or date of arrival is like nothing.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.internal_date.is_some() && self.internal_date == other.internal_date && self.has_fields_of(other)
    }

    /// As [`Likeness::is_like`], whenever each arrived.
    pub(super) fn has_fields_of(&self, other: &Self) -> bool {
        self.message_id.is_some()
            && self.size.is_some()
            && agree(&self.email_id, &other.email_id)
            && agree(&self.gm_msgid, &other.gm_msgid)
            && self.message_id == other.message_id
            && self.size == other.size
            && self.date == other.date
            && self.header == other.header
    }

    /// Whether no identity of the one contradicts one of the other.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        agree(&self.email_id, &other.email_id)
            && agree(&self.gm_msgid, &other.gm_msgid)
            && agree(&self.message_id, &other.message_id)
    }

    /// Whether the server gave it an id of its own.
    pub(super) fn is_labelled(&self) -> bool {
        self.gm_msgid.is_some()
    }
}

impl MirrorTx<'_> {
    pub(super) fn likeness(&self, message: MessageId) -> Result<Likeness, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM messages m WHERE m.id = ?1");
        Ok(self.prepare(&sql)?.query_row([message.0], |row| Likeness::read(row, 0))?)
    }

    /// Whether a mail that lies somewhere looks like this one and may have other bytes: then it cannot be told which of the
    /// two a newcomer is. `except` is the newcomer itself.
    pub(super) fn has_double(
        &self,
        thread: ThreadId,
        message: MessageId,
        like: &Likeness,
        except: Option<MessageId>,
    ) -> Result<bool, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM places p JOIN messages m ON m.id = p.message
             WHERE p.thread = ?1 AND m.message_id = ?5 AND m.id NOT IN (?2, ?3)
             AND coalesce((SELECT blob FROM parts WHERE message = m.id AND section = ''), -1)
                 <> coalesce((SELECT blob FROM parts WHERE message = ?2 AND section = ''), -2)
             LIMIT ?4"
        );
        let mut statement = self.prepare(&sql)?;
        let except = except.unwrap_or(message);
        let mut rows = statement.query(params![thread.0, message.0, except.0, MAX_COMPARED, like.message_id])?;
        while let Some(row) = rows.next()? {
            if Likeness::read(row, 0)?.is_like(like) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
