//! One message in full.

use rusqlite::OptionalExtension;

use super::row::{COLUMNS, MessageRow, read};
use crate::model::{Address, MailboxId, MessageId, Part, PlaceId, Timestamp, Uid};
use crate::store::columns::{Rest, structure_from_column};
use crate::store::{Snapshot, StoreError};

/// One message with all that is known of it but its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageDetail {
    /// What a list shows of it.
    pub row: MessageRow,
    /// Who sent it for the authors.
    pub sender: Vec<Address>,
    /// Where answers go.
    pub reply_to: Vec<Address>,
    /// Recipients of copies.
    pub cc: Vec<Address>,
    /// Blind copies.
    pub bcc: Vec<Address>,
    /// Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// Message-IDs of In-Reply-To.
    pub in_reply_to: Vec<String>,
    /// Message-IDs of References.
    pub references: Vec<String>,
    /// When the server got it.
    pub internal_date: Option<Timestamp>,
    /// Its parts, where they are known.
    pub structure: Option<Part>,
}

impl Snapshot<'_> {
    /// One message. An id that its place had before it was seen to be another's leads to that one.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn message(&self, id: PlaceId) -> Result<Option<MessageDetail>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, m.message_id, m.internal_date, m.more, m.structure
             FROM places p CROSS JOIN messages m ON m.id = p.message
             WHERE p.id = coalesce((SELECT place FROM place_aliases WHERE alias = ?1), ?1)
             AND EXISTS (SELECT 1 FROM mailboxes WHERE id = p.shown_in AND NOT removed)"
        );
        let mut statement = self.prepare(&sql)?;
        let mut rows = statement.query([id.0])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let rest = Rest::from_column(&row.get::<_, String>("more")?)?;
        let structure: Option<String> = row.get("structure")?;
        Ok(Some(MessageDetail {
            row: read(row)?,
            sender: rest.sender.into_owned(),
            reply_to: rest.reply_to.into_owned(),
            cc: rest.cc.into_owned(),
            bcc: rest.bcc.into_owned(),
            message_id: row.get("message_id")?,
            in_reply_to: rest.in_reply_to.into_owned(),
            references: rest.references.into_owned(),
            internal_date: row.get::<_, Option<i64>>("internal_date")?.map(Timestamp),
            structure: structure.as_deref().map(structure_from_column).transpose()?,
        }))
    }

    /// The message under a UID of a mailbox.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn place_by_uid(&self, mailbox: MailboxId, uid: Uid) -> Result<Option<PlaceId>, StoreError> {
        let mut statement = self.prepare("SELECT id FROM places WHERE mailbox = ?1 AND uid = ?2")?;
        let place = statement.query_row([mailbox.0, uid.get().into()], |row| row.get(0).map(PlaceId));
        Ok(place.optional()?)
    }

    /// All messages that are shown in a mailbox.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn places_shown_in(&self, mailbox: MailboxId) -> Result<Vec<PlaceId>, StoreError> {
        let mut statement = self.prepare("SELECT id FROM places WHERE shown_in = ?1")?;
        let rows = statement.query_map([mailbox.0], |row| row.get(0).map(PlaceId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// All places where a mail lies.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn places_of(&self, message: MessageId) -> Result<Vec<PlaceId>, StoreError> {
        let mut statement = self.prepare("SELECT id FROM places WHERE message = ?1 ORDER BY id")?;
        let rows = statement.query_map([message.0], |row| row.get(0).map(PlaceId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
