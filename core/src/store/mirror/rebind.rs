//! After a change of UIDVALIDITY: places lose their UID but stay, and are found again when the server lists their mails
//! under new UIDs, so that ids and bodies survive.

use rusqlite::{OptionalExtension, params};

use super::NewMessage;
use super::flags::loses_mark;
use super::mailboxes::Counts;
use super::recognise::told_key;
use crate::model::{MailboxId, MessageId, PlaceId, SystemFlag, Uid, UidValidity};
use crate::store::journal::{hold_steps, refresh_places};
use crate::store::{MirrorTx, StoreError};

const MARK: u8 = SystemFlag::Deleted as u8;

impl MirrorTx<'_> {
    /// The mailbox's UIDs mean nothing any more: all its messages are detached, and its state is reset but for its object
    /// id. They stay listed until [`MirrorTx::drop_detached`].
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn detach_all(&mut self, mailbox: MailboxId) -> Result<u64, StoreError> {
        self.add_rebind_keys("p.uid IS NOT NULL AND p.mailbox", mailbox.0)?;
        let sql = "UPDATE places SET uid = NULL, modseq = NULL WHERE mailbox = ?1 AND uid IS NOT NULL";
        let count = self.prepare(sql)?.execute([mailbox.0])? as u64;
        // What was still to go cannot be told any more: it stays, in sight. What is marked deleted stays out of it.
        let sql = "UPDATE places SET hidden = 0 WHERE mailbox = ?1 AND hidden = 2 AND NOT flags & ?2 RETURNING id";
        let mut statement = self.prepare(sql)?;
        let rows = statement.query_map(params![mailbox.0, MARK], |row| row.get(0).map(PlaceId))?;
        let stay: Vec<PlaceId> = rows.collect::<Result<_, _>>()?;
        drop(statement);
        refresh_places(self.conn(), stay)?;
        self.prepare("DELETE FROM gaps WHERE mailbox = ?1")?.execute([mailbox.0])?;
        let sql = "UPDATE mailboxes SET uid_validity = NULL, uid_next = NULL, highest_modseq = NULL, backfill = NULL,
                   flags_cursor = NULL, stale_since = NULL
                   WHERE id = ?1";
        self.prepare(sql)?.execute([mailbox.0])?;
        self.adjust_counts(mailbox, &Counts { detached: count.cast_signed(), ..Counts::default() })?;
        self.change().mailboxes.insert(mailbox);
        Ok(count)
    }

    /// Notes how the places can be recognised of which a column has a value.
    pub(super) fn add_rebind_keys(&mut self, column: &str, value: i64) -> Result<(), StoreError> {
        for (key, known) in [
            ("'e' || m.email_id", "m.email_id"),
            ("'g' || m.gm_msgid", "m.gm_msgid"),
            ("'m' || m.size || ':' || coalesce(m.date, m.internal_date, 0) || ':' || m.message_id", "m.message_id"),
        ] {
            let sql = format!(
                // IGNORE also passes over keys that are NULL, for want of a size.
                "INSERT OR IGNORE INTO rebind_keys (mailbox, key, place)
                 SELECT p.mailbox, {key}, p.id FROM places p JOIN messages m ON m.id = p.message
                 WHERE {column} = ?1 AND {known} IS NOT NULL"
            );
            self.prepare(&sql)?.execute([value])?;
        }
        Ok(())
    }

    /// Notes under which UID a detached place is to be found, as the server told before the mirror knew that numbering.
    pub(super) fn expect(
        &mut self,
        place: PlaceId,
        mailbox: MailboxId,
        at: Option<(UidValidity, Uid)>,
    ) -> Result<(), StoreError> {
        let Some((validity, uid)) = at else { return Ok(()) };
        let sql = "INSERT OR IGNORE INTO rebind_keys (mailbox, key, place) VALUES (?1, ?2, ?3)";
        self.prepare(sql)?.execute(params![mailbox.0, told_key(validity, uid), place.0])?;
        Ok(())
    }

    /// Takes a detached place away whose id goes to a mail that may have other bytes.
    pub(super) fn vacate(&mut self, place: PlaceId, counts: &mut Counts) -> Result<(), StoreError> {
        let sql = "DELETE FROM places WHERE id = ?1 RETURNING message, flags";
        let gone = self.prepare(sql)?.query_row([place.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let (message, flags): (i64, u8) = gone.ok_or(StoreError::NotFound("place"))?;
        self.note_if_orphaned(MessageId(message))?;
        hold_steps(self.inner(), place)?;
        counts.total -= 1;
        counts.unread -= i64::from(flags & SystemFlag::Seen as u8 == 0);
        counts.detached -= 1;
        Ok(())
    }

    /// Gives a detached place its new UID.
    pub(super) fn rebind(
        &mut self,
        place: PlaceId,
        message: &NewMessage,
        counts: &mut Counts,
    ) -> Result<(), StoreError> {
        let old: Option<(i64, u8)> = self
            .prepare("SELECT message, flags FROM places WHERE id = ?1")?
            .query_row([place.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (id, flags) = old.ok_or(StoreError::NotFound("place"))?;
        let loses_mark = loses_mark(flags, &message.flags);
        let sql = "UPDATE places SET uid = ?2, modseq = ?3, flags = ?4, keywords = ?5,
                   hidden = iif(hidden = 2 AND ?6, 0, hidden) WHERE id = ?1";
        self.prepare(sql)?.execute(params![
            place.0,
            message.uid.get(),
            message.modseq.map(|modseq| modseq.get().cast_signed()),
            message.flags.bits(),
            message.flags.keyword_text(),
            loses_mark,
        ])?;
        if loses_mark {
            refresh_places(self.conn(), [place])?;
        }
        self.prepare("DELETE FROM rebind_keys WHERE place = ?1")?.execute([place.0])?;
        self.complete(MessageId(id), message)?;
        let unread = |bits: u8| i64::from(bits & SystemFlag::Seen as u8 == 0);
        counts.unread += unread(message.flags.bits()) - unread(flags);
        counts.detached -= 1;
        Ok(())
    }
}
