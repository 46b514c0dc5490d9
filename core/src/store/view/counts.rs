//! By how much the counts of mailboxes differ in the view from those of the mirror: what the journal shows elsewhere, hides
//! or marks. From the same state as everything else that is read, so that they never disagree.

use std::collections::BTreeMap;

use crate::model::MailboxId;
use crate::store::{Mailbox, Snapshot, StoreError};

/// What is to be added to the counts of the mirror.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CountsChange {
    /// To the number of messages.
    pub total: i64,
    /// To the number of unread messages.
    pub unread: i64,
}

impl CountsChange {
    /// The counts of a mailbox as shown: messages, and those unread.
    pub fn apply(&self, mailbox: &Mailbox) -> (u64, u64) {
        (mailbox.total.saturating_add_signed(self.total), mailbox.unread.saturating_add_signed(self.unread))
    }
}

impl Snapshot<'_> {
    /// What the journal changes of the counts, for those mailboxes of which it changes any.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn counts_changes(&self) -> Result<BTreeMap<MailboxId, CountsChange>, StoreError> {
        let sql = "SELECT mailbox, shown_in, flags & 1 = 0, shown_flags & 1 = 0, count(*)
                   FROM places INDEXED BY places_overlaid WHERE overlaid = 1 GROUP BY 1, 2, 3, 4";
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut changes: BTreeMap<MailboxId, CountsChange> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let count: i64 = row.get(4)?;
            for (column, sign) in [(0, -1), (1, 1)] {
                if let Some(mailbox) = row.get::<_, Option<i64>>(column)? {
                    let change = changes.entry(MailboxId(mailbox)).or_default();
                    change.total += sign * count;
                    change.unread += sign * count * i64::from(row.get::<_, bool>(column + 2)?);
                }
            }
        }
        Ok(changes)
    }
}
