//! A message that replay has put somewhere, as the server answered.

use rusqlite::{OptionalExtension, params};

use super::departed::Gone;
use super::mailboxes::Counts;
use crate::model::{Flags, MailboxId, MessageId, ModSeq, PlaceId, SystemFlag, ThreadId, Uid, UidSet, UidValidity};
use crate::mutants::mutant;
use crate::store::journal::{LABELLED, UNSEEN, has_labels};
use crate::store::{FlagsOutcome, MirrorTx, ReplayTx, StoreError};

impl MirrorTx<'_> {
    /// The place lies in a mailbox now, under a UID where the server told one. Without, it is known again when it is listed
    /// there, as after a change of UIDVALIDITY. Where sync has seen it there already, the two become one.
    fn land(&mut self, place: PlaceId, to: MailboxId, at: Option<(UidValidity, Uid)>) -> Result<(), StoreError> {
        let sql = "SELECT mailbox, message, thread, flags, uid IS NULL FROM places WHERE id = ?1";
        let row = self.prepare(sql)?.query_row([place.0], |row| {
            let gone = Gone { place, message: MessageId(row.get(1)?), thread: ThreadId(row.get(2)?) };
            Ok((row.get::<_, Option<i64>>(0)?.map(MailboxId), gone, row.get::<_, u8>(3)?, row.get::<_, bool>(4)?))
        });
        let validity = self.mailbox_state(to)?.uid_validity;
        let uid =
            at.filter(|(told, _)| Some(*told) == validity || mutant!("landed_under_old_validity")).map(|(_, uid)| uid);
        let Some((from, gone, flags, detached)) = row.optional()? else { return self.land_departed(place, to, uid) };
        if from == Some(to) && at.is_none() && !detached {
            // Sync was there before.
            return Ok(());
        }
        let unread = i64::from(flags & SystemFlag::Seen as u8 == 0);
        if let Some(from) = from {
            self.adjust_counts(from, &Counts { total: -1, unread: -unread, detached: -i64::from(detached) })?;
        }
        let seen = match uid {
            Some(uid) => self.place_by_uid(to, uid)?.filter(|seen| *seen != place),
            None => self.labelled_place(gone.message, to)?.filter(|seen| *seen != place),
        };
        self.take_labels(place, gone.message, to)?;
        if let Some(seen) = seen.filter(|_| !mutant!("landed_twice")) {
            self.prepare("DELETE FROM places WHERE id = ?1")?.execute([place.0])?;
            return self.become_one(&gone, seen);
        }
        let sql = "UPDATE places SET mailbox = ?2, uid = ?3, modseq = iif(mailbox IS NULL, ?4, NULL),
                   hidden = iif(hidden = 2, 0, hidden) WHERE id = ?1";
        self.prepare(sql)?.execute(params![place.0, to.0, uid.map(Uid::get), UNSEEN])?;
        self.prepare("DELETE FROM rebind_keys WHERE place = ?1")?.execute([place.0])?;
        if let Some(uid) = uid {
            self.clear_gaps(to, &UidSet::range(uid, uid))?;
        }
        self.adjust_counts(to, &Counts { total: 1, unread, detached: i64::from(uid.is_none()) })?;
        if uid.is_none() {
            self.add_rebind_keys("p.id", place.0)?;
            self.expect(place, to, at)?;
        }
        Ok(())
    }

    /// One that sync has taken away meanwhile is found again as any other, unless the mirror has it already where it landed.
    fn land_departed(&mut self, place: PlaceId, to: MailboxId, uid: Option<Uid>) -> Result<(), StoreError> {
        let seen = uid.map(|uid| self.place_by_uid(to, uid)).transpose()?.flatten();
        let Some((seen, message)) = seen.zip(self.departed_message(place)?) else { return Ok(()) };
        let sql = "SELECT thread FROM places WHERE id = ?1";
        let thread = ThreadId(self.prepare(sql)?.query_row([seen.0], |row| row.get(0))?);
        self.become_one(&Gone { place, message, thread }, seen)
    }
}

impl MirrorTx<'_> {
    /// Where a mail of a server with labels lies in a mailbox.
    fn labelled_place(&self, message: MessageId, mailbox: MailboxId) -> Result<Option<PlaceId>, StoreError> {
        let sql = format!(
            "SELECT p.id FROM places p JOIN messages m ON m.id = p.message
             WHERE p.message = ?1 AND p.mailbox = ?2 AND p.uid IS NOT NULL AND {LABELLED}"
        );
        let mut statement = self.prepare(&sql)?;
        Ok(statement.query_row([message.0, mailbox.0], |row| row.get(0).map(PlaceId)).optional()?)
    }

    /// Flags belong to the mail and not to the label, but for `\Deleted` (X-GM-EXT-1).
    fn share_flags(&mut self, mailbox: MailboxId, updates: &[(Uid, Flags, Option<ModSeq>)]) -> Result<(), StoreError> {
        if !has_labels(self.conn())? {
            return Ok(());
        }
        let sql = format!(
            "SELECT q.mailbox, q.uid, q.flags FROM places p JOIN messages m ON m.id = p.message JOIN places q ON q.message = p.message
             WHERE p.mailbox = ?1 AND p.uid = ?2 AND q.id <> p.id AND q.uid IS NOT NULL AND {LABELLED}"
        );
        let mut statement = self.prepare(&sql)?;
        let deleted = Flags::from_parts(SystemFlag::Deleted as u8, "");
        for (uid, flags, _) in updates {
            let rows = statement.query_map([mailbox.0, i64::from(uid.get())], |row| {
                Ok((MailboxId(row.get(0)?), row.get::<_, u32>(1)?, Flags::from_parts(row.get(2)?, "")))
            })?;
            for (other, uid, own) in rows.collect::<Result<Vec<_>, _>>()? {
                let Some(uid) = Uid::new(uid) else { continue };
                let shared = flags.without(&deleted).with(&own.common(&deleted));
                self.update_flags(other, &[(uid, shared, None)])?;
            }
        }
        Ok(())
    }

    /// Trash and spam take every label from a mail (X-GM-EXT-1).
    fn take_labels(&mut self, place: PlaceId, message: MessageId, to: MailboxId) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT p.id, p.thread, p.mailbox, p.flags FROM places p JOIN messages m ON m.id = p.message
             WHERE p.message = ?1 AND p.id <> ?2 AND p.mailbox <> ?3 AND p.uid IS NOT NULL AND {LABELLED}
             AND EXISTS (SELECT 1 FROM mailboxes WHERE id = ?3 AND role IN ('trash', 'junk'))"
        );
        let mut statement = self.prepare(&sql)?;
        let rows = statement.query_map([message.0, place.0, to.0], |row| {
            let gone = Gone { place: PlaceId(row.get(0)?), message, thread: ThreadId(row.get(1)?) };
            Ok((gone, MailboxId(row.get(2)?), row.get::<_, u8>(3)?))
        })?;
        for (gone, mailbox, flags) in rows.collect::<Result<Vec<_>, _>>()? {
            // It went nowhere else: its id is nobody's.
            self.remove_place(&gone, false)?;
            let unread = i64::from(flags & SystemFlag::Seen as u8 == 0);
            self.adjust_counts(mailbox, &Counts { total: -1, unread: -unread, detached: 0 })?;
        }
        Ok(())
    }

    fn leave_remnant(&mut self, place: PlaceId) -> Result<(), StoreError> {
        let sql = "SELECT mailbox, uid FROM places WHERE id = ?1 AND uid IS NOT NULL";
        let found = self.prepare(sql)?.query_row([place.0], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
        let Some((mailbox, uid)) = found.optional()?.filter(|_| !mutant!("remnant_is_nothing")) else { return Ok(()) };
        self.prepare("UPDATE places SET uid = NULL WHERE id = ?1")?.execute([place.0])?;
        let sql = "INSERT INTO places (mailbox, message, thread, uid, modseq, flags, date, keywords, overlaid, hidden)
                   SELECT mailbox, message, thread, ?2, modseq, flags | ?3, date, keywords, 1, 2 FROM places WHERE id = ?1";
        self.prepare(sql)?.execute([place.0, uid, SystemFlag::Deleted as i64])?;
        // The place itself is without a UID until it lands.
        let mailbox = MailboxId(mailbox);
        let unread: bool =
            self.prepare("SELECT flags & 1 = 0 FROM places WHERE id = ?1")?.query_row([place.0], |row| row.get(0))?;
        self.adjust_counts(mailbox, &Counts { total: 1, unread: i64::from(unread), detached: 1 })
    }
}

impl ReplayTx<'_> {
    /// Flags as the server told them in answer to a command.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn flags_told(
        &mut self,
        mailbox: MailboxId,
        updates: &[(Uid, Flags, Option<ModSeq>)],
    ) -> Result<FlagsOutcome, StoreError> {
        self.mirror(|tx| {
            let outcome = tx.update_flags(mailbox, updates)?;
            tx.share_flags(mailbox, updates)?;
            Ok(outcome)
        })
    }

    /// Messages that the user had deleted for ever, and that the server has expunged.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn expunged(&mut self, mailbox: MailboxId, uids: &UidSet) -> Result<u64, StoreError> {
        let sql = "UPDATE places SET hidden = 2, overlaid = 1 WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3";
        for range in uids.ranges() {
            self.prepare(sql)?.execute([mailbox.0, (*range.start()).into(), (*range.end()).into()])?;
        }
        self.mirror(|tx| tx.remove_uids(mailbox, uids))
    }

    /// A message that is marked deleted and cannot be expunged without taking others along: it is shown no more.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn marked(&mut self, place: PlaceId) -> Result<(), StoreError> {
        if mutant!("mark_is_shown") {
            return Ok(());
        }
        let sql = "UPDATE places SET hidden = 2, overlaid = 1, flags = flags | ?2 WHERE id = ?1";
        self.prepare(sql)?.execute([place.0, SystemFlag::Deleted as i64])?;
        Ok(())
    }

    /// What a message leaves behind that was copied away, its original being only marked deleted: a place of its own that is
    /// not shown.
    pub(in crate::store) fn leave_remnant(&mut self, place: PlaceId) -> Result<(), StoreError> {
        self.mirror(|tx| tx.leave_remnant(place))
    }

    /// A message that the server said it has put into a mailbox, under this UID where it told one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the mailbox is not there. Where the place is not, nothing is written.
    pub fn landed(&mut self, place: PlaceId, to: MailboxId, at: Option<(UidValidity, Uid)>) -> Result<(), StoreError> {
        self.mirror(|tx| tx.land(place, to, at))
    }
}
