//! By what replay knows messages again.

use rusqlite::OptionalExtension;

use crate::model::{Flags, Identity, MailboxId, PlaceId, Timestamp};
use crate::store::{Snapshot, StoreError};

impl Snapshot<'_> {
    /// By what the message of a place is known again, also where the mirror has it no more.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn identity(&self, place: PlaceId) -> Result<Option<Identity>, StoreError> {
        let sql = "SELECT m.email_id, m.gm_msgid, m.message_id, m.size, m.internal_date
                   FROM messages m WHERE m.id = coalesce((SELECT message FROM places WHERE id = ?1),
                                                         (SELECT message FROM departed WHERE place = ?1))";
        let mut statement = self.prepare(sql)?;
        let found = statement.query_row([place.0], |row| {
            Ok(Identity {
                email_id: row.get(0)?,
                gm_msgid: row.get::<_, Option<i64>>(1)?.map(i64::cast_unsigned),
                message_id: row.get(2)?,
                size: row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned),
                internal_date: row.get::<_, Option<i64>>(4)?.map(Timestamp),
            })
        });
        Ok(found.optional()?)
    }

    /// The flags of a place as the mirror has them, whatever is asked of it.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn mirror_flags(&self, place: PlaceId) -> Result<Option<Flags>, StoreError> {
        let mut statement = self.prepare("SELECT flags, keywords FROM places WHERE id = ?1")?;
        let found = statement.query_row([place.0], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)));
        Ok(found.optional()?.map(|(bits, words)| Flags::from_parts(bits, &words)))
    }

    /// Whether a mailbox awaits the UID of another message that has landed there, is no newer than a place, and may look like
    /// the message of a place.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn awaits_like(&self, mailbox: MailboxId, place: PlaceId, newest: PlaceId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (
                       SELECT 1 FROM places o JOIN messages n ON n.id = o.message
                       WHERE o.mailbox = ?1 AND o.uid IS NULL AND o.id <> ?2 AND o.id <= ?3 AND n.message_id IS
                           (SELECT m.message_id FROM messages m WHERE m.id =
                                coalesce((SELECT message FROM places WHERE id = ?2), (SELECT message FROM departed WHERE place = ?2))))";
        Ok(self.prepare(sql)?.query_row([mailbox.0, place.0, newest.0], |row| row.get(0))?)
    }
}
