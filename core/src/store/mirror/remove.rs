//! What went from the server. Lists show it no more at once; the mail and the id of its place are kept for a while, for it
//! may turn up elsewhere, or may have gone by mistake.

use rusqlite::{Params, params};

use super::departed::Gone;
use super::mailboxes::Counts;
use crate::model::{MailboxId, MessageId, PlaceId, SystemFlag, ThreadId, UidSet};
use crate::mutants::mutant;
use crate::store::journal::{UNSEEN, has_labels, label_went, take_back};
use crate::store::{MirrorTx, StoreError};

/// How many places are taken in hand at once: mailboxes hold millions.
const CHUNK: i64 = 4096;

struct Removed {
    gone: Gone,
    flags: u8,
    detached: bool,
    /// Whether the user had it deleted for ever, and the server has done it, or may have.
    for_good: bool,
    /// Whether replay has put it there, and the server never showed it.
    unseen: bool,
}

/// Whether the user had the message deleted for ever, and the server may have done so: what looks like it elsewhere is another, and
/// to be kept.
const DELETING: &str = "EXISTS (SELECT 1 FROM steps s JOIN operations o ON o.id = s.operation AND o.kind = 'delete'
     WHERE s.place = places.id AND s.state < 7 AND (s.state < 5 OR places.flags & 8)
     AND (s.state IN (1, 2, 3) OR s.suspected > 0 AND s.evidence NOT NULL OR s.attempts > 0))";

impl MirrorTx<'_> {
    /// Removes messages that the server no longer has in this mailbox; returns how many there were. UIDs that the mirror
    /// does not hold cost nothing, however many the set names.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn remove_uids(&mut self, mailbox: MailboxId, uids: &UidSet) -> Result<u64, StoreError> {
        let which = "uid BETWEEN ?2 AND ?3 LIMIT ?4";
        let mut count = 0;
        if mutant!("removals_are_kept") {
            return Ok(0);
        }
        for range in uids.ranges() {
            let params = [mailbox.0, (*range.start()).into(), (*range.end()).into(), CHUNK];
            count += self.remove_places(mailbox, which, params, true)?;
        }
        self.clear_gaps(mailbox, uids)?;
        Ok(count)
    }

    /// Removes the messages that a change of UIDVALIDITY detached and that were not found again; returns how many.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn drop_detached(&mut self, mailbox: MailboxId) -> Result<u64, StoreError> {
        self.remove_places(mailbox, "uid IS NULL LIMIT ?2", [mailbox.0, CHUNK], true)
    }

    pub(super) fn remove_all_places(&mut self, mailbox: MailboxId) -> Result<u64, StoreError> {
        self.remove_places(mailbox, "TRUE LIMIT ?2", [mailbox.0, CHUNK], false)
    }

    fn remove_places(
        &mut self,
        mailbox: MailboxId,
        which: &str,
        params: impl Params + Clone,
        takes_back: bool,
    ) -> Result<u64, StoreError> {
        let mut total = 0;
        let sql = format!(
            "SELECT id, message, thread, flags, uid IS NULL, hidden = 2 OR {DELETING}, coalesce(modseq = {UNSEEN}, 0)
             FROM places WHERE mailbox = ?1 AND {which}"
        );
        loop {
            let mut statement = self.prepare(&sql)?;
            let rows = statement.query_map(params.clone(), |row| {
                let gone = Gone {
                    place: PlaceId(row.get(0)?),
                    message: MessageId(row.get(1)?),
                    thread: ThreadId(row.get(2)?),
                };
                let for_good = row.get::<_, bool>(5)? && !mutant!("deleted_comes_back");
                Ok(Removed { gone, flags: row.get(3)?, detached: row.get(4)?, for_good, unseen: row.get(6)? })
            })?;
            let removed: Vec<Removed> = rows.collect::<Result<_, _>>()?;
            if removed.is_empty() {
                break;
            }
            let mut counts = Counts::default();
            let mut gone = Vec::new();
            for row in &removed {
                let unseen = takes_back && row.unseen && !row.for_good;
                if !unseen || !take_back(self.inner(), row.gone.place, mailbox, !row.detached)? {
                    self.remove_place(&row.gone, row.for_good)?;
                    gone.extend((!row.for_good).then_some(row.gone));
                }
                counts.total -= 1;
                counts.unread -= i64::from(row.flags & SystemFlag::Seen as u8 == 0);
                counts.detached -= i64::from(row.detached);
            }
            if has_labels(self.conn())? {
                for row in &removed {
                    label_went(self.inner(), row.gone.place, row.gone.message)?;
                }
            }
            let account = self.account_of(mailbox)?.0;
            self.follow(account, &gone)?;
            self.adjust_counts(mailbox, &counts)?;
            total += removed.len() as u64;
        }
        Ok(total)
    }

    /// What goes `for_good` comes back as nothing: what looks like it is a copy, with an id of its own.
    pub(super) fn remove_place(&self, gone: &Gone, for_good: bool) -> Result<(), StoreError> {
        self.prepare("DELETE FROM places WHERE id = ?1")?.execute([gone.place.0])?;
        if !for_good && !mutant!("ids_are_lost") {
            let sql = "INSERT INTO departed (place, message, since) VALUES (?1, ?2, ?3)";
            self.prepare(sql)?.execute([gone.place.0, gone.message.0, self.now().0])?;
        }
        self.note_if_orphaned(gone.message)
    }

    /// Notes since when a mail lies nowhere, where it does not.
    pub(super) fn note_if_orphaned(&self, message: MessageId) -> Result<(), StoreError> {
        let sql = "UPDATE messages SET orphaned = ?2
                   WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM places WHERE message = ?1)";
        self.prepare(sql)?.execute(params![message.0, self.now().0])?;
        Ok(())
    }
}
