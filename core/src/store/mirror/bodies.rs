//! Bodies: which are wanted.

use rusqlite::params;

use crate::model::{MailboxId, MessageId, Part, PlaceId, Timestamp, Uid};
use crate::store::blobs::BodyState;
use crate::store::columns::structure_to_column;
use crate::store::{Cursor, MirrorTx, Snapshot, StoreError};

/// Which bodies are fetched ahead of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BodySelection {
    /// Only of mails of this time or later.
    pub since: Option<Timestamp>,
    /// Only of mails of at most this many octets.
    pub max_size: Option<u64>,
}

/// A mail whose body is not here in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyWanted {
    /// The mail as it lies in the mailbox.
    pub place: PlaceId,
    /// The mail.
    pub message: MessageId,
    /// Its UID.
    pub uid: Uid,
    /// Its size in octets.
    pub size: Option<u64>,
    /// How much of it is here.
    pub state: BodyState,
    /// Where to go on after it.
    pub cursor: Cursor,
}

impl Snapshot<'_> {
    /// Mails of a mailbox whose bodies are not here in full, newest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn body_wanted(
        &self,
        mailbox: MailboxId,
        policy: &BodySelection,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<BodyWanted>, StoreError> {
        let after = after.unwrap_or(Cursor::START);
        let sql = "SELECT p.id, p.message, p.uid, m.size, m.body_state, p.date
                   FROM places p CROSS JOIN messages m ON m.id = p.message
                   WHERE p.mailbox = ?1 AND (p.date, p.id) < (?2, ?3) AND p.date >= ?4 AND p.uid IS NOT NULL
                   AND m.body_state < 2 AND coalesce(m.size, 0) <= ?5
                   ORDER BY p.date DESC, p.id DESC LIMIT ?6";
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query(params![
            mailbox.0,
            after.date.0,
            after.place.0,
            policy.since.unwrap_or(Timestamp(0)).0,
            policy.max_size.unwrap_or(u64::MAX).min(i64::MAX as u64).cast_signed(),
            limit,
        ])?;
        let mut wanted = Vec::new();
        while let Some(row) = rows.next()? {
            let place = PlaceId(row.get(0)?);
            wanted.push(BodyWanted {
                place,
                message: MessageId(row.get(1)?),
                uid: Uid::new(row.get(2)?).ok_or(StoreError::Damaged)?,
                size: row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned),
                state: BodyState::from_column(row.get(4)?),
                cursor: Cursor { date: Timestamp(row.get(5)?), place },
            });
        }
        Ok(wanted)
    }
}

impl MirrorTx<'_> {
    pub(super) fn set_structure_if_unknown(&mut self, message: MessageId, structure: &Part) -> Result<(), StoreError> {
        let sql = "UPDATE messages SET structure = ?2, has_attachments = ?3 WHERE id = ?1 AND structure IS NULL";
        let has_attachments = !structure.attachments().is_empty();
        self.prepare(sql)?.execute(params![message.0, structure_to_column(structure)?, has_attachments])?;
        Ok(())
    }
}
