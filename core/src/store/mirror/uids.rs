//! Which UIDs of a mailbox the mirror holds, and with which flags.

use std::collections::BTreeMap;

use crate::model::{Flags, MailboxId, Uid, UidSet};
use crate::store::{Snapshot, StoreError};

impl Snapshot<'_> {
    /// The mirrored UIDs from `first` to `last`.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn known_uids(&self, mailbox: MailboxId, first: Uid, last: Uid) -> Result<UidSet, StoreError> {
        let sql = "SELECT uid FROM places WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3 ORDER BY uid";
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query([mailbox.0, first.get().into(), last.get().into()])?;
        let mut uids = UidSet::new();
        while let Some(row) = rows.next()? {
            uids.insert(Uid::new(row.get(0)?).ok_or(StoreError::Damaged)?);
        }
        Ok(uids)
    }

    /// How many UIDs from `first` to `last` are mirrored.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn count_known(&self, mailbox: MailboxId, first: Uid, last: Uid) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM places WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3";
        let params = [mailbox.0, first.get().into(), last.get().into()];
        let count: i64 = self.prepare(sql)?.query_row(params, |row| row.get(0))?;
        Ok(count.cast_unsigned())
    }

    /// The flags of the mirrored messages with UIDs from `first` to `last`.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn known_flags(&self, mailbox: MailboxId, first: Uid, last: Uid) -> Result<BTreeMap<Uid, Flags>, StoreError> {
        let sql = "SELECT uid, flags, keywords FROM places WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3";
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query([mailbox.0, first.get().into(), last.get().into()])?;
        let mut known = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let uid = Uid::new(row.get(0)?).ok_or(StoreError::Damaged)?;
            known.insert(uid, Flags::from_parts(row.get(1)?, row.get_ref(2)?.as_str().unwrap_or_default()));
        }
        Ok(known)
    }
}
