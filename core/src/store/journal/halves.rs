//! Moves of which only the first half is done: the message lies in both mailboxes on the server, and is shown in one.

use rusqlite::params;

use crate::model::{MailboxId, PlaceId, SystemFlag, Uid};
use crate::store::{ReplayTx, StoreError};

const DELETED: u8 = SystemFlag::Deleted as u8;

impl ReplayTx<'_> {
    /// A message was copied away from under this UID: what it leaves there is a place of its own that is not shown. `marked` tells
    /// whether it stays so for good, marked deleted; else it is still to go. Where it was left before, only that changes.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn leave_original(
        &mut self,
        place: PlaceId,
        mailbox: MailboxId,
        uid: Uid,
        marked: bool,
    ) -> Result<(), StoreError> {
        let is_there = self.mirror_location(place)? == Some((mailbox, Some(uid)));
        let sql = "SELECT coalesce(max(flags), 0) FROM places WHERE mailbox = ?1 AND uid = ?2";
        let at = params![mailbox.0, uid.get()];
        let before: u8 = self.prepare(sql)?.query_row(at, |row| row.get(0))?;
        if is_there {
            self.leave_remnant(place)?;
        }
        let flags = if marked { before | DELETED } else { before };
        let sql = "UPDATE places SET hidden = 2, overlaid = 1, flags = ?3 WHERE mailbox = ?1 AND uid = ?2";
        self.prepare(sql)?.execute(params![mailbox.0, uid.get(), flags])?;
        self.change().mailboxes.insert(mailbox);
        Ok(())
    }

    /// What was left under this UID stays there, and is in sight again.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn original_stays(&mut self, mailbox: MailboxId, uid: Uid) -> Result<(), StoreError> {
        let sql = "UPDATE places SET hidden = 0, overlaid = 0 WHERE mailbox = ?1 AND uid = ?2 AND hidden = 2";
        self.prepare(sql)?.execute(params![mailbox.0, uid.get()])?;
        self.change().mailboxes.insert(mailbox);
        Ok(())
    }
}
