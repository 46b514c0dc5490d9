//! What went from the server. A mail whose last place goes becomes an orphan if something of its body is here, for it may
//! turn up elsewhere, or may have gone by mistake; without a body there is nothing to keep.

use rusqlite::{Params, params};

use super::mailboxes::Counts;
use crate::model::{MailboxId, MessageId, SystemFlag, UidSet};
use crate::store::{MirrorTx, StoreError, fulltext};

/// How many places are taken in hand at once: mailboxes hold millions.
const CHUNK: i64 = 4096;

struct Removed {
    place: i64,
    message: i64,
    flags: u8,
    detached: bool,
}

impl MirrorTx<'_> {
    /// Removes messages that the server no longer has in this mailbox; returns how many there were. UIDs that the mirror
    /// does not hold cost nothing, however many the set names.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn remove_uids(&mut self, mailbox: MailboxId, uids: &UidSet) -> Result<u64, StoreError> {
        let sql = "SELECT id, message, flags, uid IS NULL FROM places
                   WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3 LIMIT ?4";
        let mut count = 0;
        for range in uids.ranges() {
            let params = [mailbox.0, (*range.start()).into(), (*range.end()).into(), CHUNK];
            count += self.remove_places(mailbox, sql, params)?;
        }
        self.clear_gaps(mailbox, uids)?;
        Ok(count)
    }

    /// Removes the messages that a change of UIDVALIDITY detached and that were not found again; returns how many.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn drop_detached(&mut self, mailbox: MailboxId) -> Result<u64, StoreError> {
        let sql = "SELECT id, message, flags, 1 FROM places WHERE mailbox = ?1 AND uid IS NULL LIMIT ?2";
        self.remove_places(mailbox, sql, [mailbox.0, CHUNK])
    }

    pub(super) fn remove_all_places(&mut self, mailbox: MailboxId) -> Result<u64, StoreError> {
        let sql = "SELECT id, message, flags, uid IS NULL FROM places WHERE mailbox = ?1 LIMIT ?2";
        self.remove_places(mailbox, sql, [mailbox.0, CHUNK])
    }

    fn remove_places(&mut self, mailbox: MailboxId, sql: &str, params: impl Params + Clone) -> Result<u64, StoreError> {
        let mut total = 0;
        loop {
            let mut statement = self.prepare(sql)?;
            let rows = statement.query_map(params.clone(), |row| {
                Ok(Removed { place: row.get(0)?, message: row.get(1)?, flags: row.get(2)?, detached: row.get(3)? })
            })?;
            let removed: Vec<Removed> = rows.collect::<Result<_, _>>()?;
            if removed.is_empty() {
                break;
            }
            let mut counts = Counts::default();
            let mut deleted = Vec::new();
            for row in &removed {
                self.prepare("DELETE FROM places WHERE id = ?1")?.execute([row.place])?;
                counts.total -= 1;
                counts.unread -= i64::from(row.flags & SystemFlag::Seen as u8 == 0);
                counts.detached -= i64::from(row.detached);
                if self.settle_message(MessageId(row.message))? {
                    deleted.push(MessageId(row.message));
                }
            }
            // In one go: any statement of several rows between makes FTS5 write out what it has gathered.
            for message in deleted {
                fulltext::remove(self.conn(), message)?;
            }
            self.adjust_counts(mailbox, &counts)?;
            total += removed.len() as u64;
        }
        Ok(total)
    }

    /// Deletes a mail, or notes that it is an orphan, where it has no place left. Returns whether it was deleted: the full
    /// text is then to follow.
    fn settle_message(&mut self, message: MessageId) -> Result<bool, StoreError> {
        let sql = "UPDATE messages SET orphaned = ?2
                   WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM places WHERE message = ?1)
                   AND (body_state > 0 OR EXISTS (SELECT 1 FROM incoming WHERE message = ?1))";
        if self.prepare(sql)?.execute(params![message.0, self.now().0])? > 0 {
            return Ok(false);
        }
        let sql = "DELETE FROM messages WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM places WHERE message = ?1)";
        Ok(self.prepare(sql)?.execute([message.0])? > 0)
    }
}
