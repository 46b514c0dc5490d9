//! UIDs that were asked for and not answered: asked for again, and after some tries put in quarantine with a reason,
//! where they are asked for less often; but never skipped in silence.

use rusqlite::params;

use crate::model::{MailboxId, Timestamp, Uid, UidSet};
use crate::store::{MirrorTx, Snapshot, StoreError};

/// A UID that the mirror lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Which.
    pub uid: Uid,
    /// How often it was asked for in vain.
    pub tries: u32,
    /// When it was last asked for.
    pub asked_at: Timestamp,
    /// Why it is not asked for at every sync any more.
    pub quarantined: Option<String>,
}

impl Snapshot<'_> {
    /// The gaps of a mailbox, ascending.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn gaps(&self, mailbox: MailboxId) -> Result<Vec<Gap>, StoreError> {
        let sql = "SELECT uid, tries, asked_at, quarantined FROM gaps WHERE mailbox = ?1 ORDER BY uid";
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query([mailbox.0])?;
        let mut gaps = Vec::new();
        while let Some(row) = rows.next()? {
            let uid = Uid::new(row.get(0)?).ok_or(StoreError::Damaged)?;
            gaps.push(Gap { uid, tries: row.get(1)?, asked_at: Timestamp(row.get(2)?), quarantined: row.get(3)? });
        }
        Ok(gaps)
    }
}

impl MirrorTx<'_> {
    /// Notes that these UIDs, which the client itself had listed, were asked for once more in vain.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn note_gaps(&mut self, mailbox: MailboxId, uids: &UidSet, now: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO gaps (mailbox, uid, tries, asked_at) VALUES (?1, ?2, 1, ?3)
                   ON CONFLICT (mailbox, uid) DO UPDATE SET tries = tries + 1, asked_at = excluded.asked_at";
        let mut statement = self.prepare(sql)?;
        for uid in uids.iter() {
            statement.execute(params![mailbox.0, uid.get(), now.0])?;
        }
        Ok(())
    }

    /// Puts a UID in quarantine, for the reason given: it is asked for less often from then on.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn quarantine(&mut self, mailbox: MailboxId, uid: Uid, reason: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO gaps (mailbox, uid, tries, quarantined) VALUES (?1, ?2, 1, ?3)
                   ON CONFLICT (mailbox, uid) DO UPDATE SET quarantined = excluded.quarantined";
        self.prepare(sql)?.execute(params![mailbox.0, uid.get(), reason])?;
        self.change().mailboxes.insert(mailbox);
        Ok(())
    }

    /// Forgets gaps: the UIDs were answered, or are gone from the server.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn clear_gaps(&mut self, mailbox: MailboxId, uids: &UidSet) -> Result<(), StoreError> {
        let mut statement = self.prepare("DELETE FROM gaps WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3")?;
        for range in uids.ranges() {
            statement.execute([mailbox.0, (*range.start()).into(), (*range.end()).into()])?;
        }
        Ok(())
    }
}
