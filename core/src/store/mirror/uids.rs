//! Which UIDs of a mailbox the mirror holds, and with which flags.

use std::collections::BTreeMap;

use rusqlite::OptionalExtension;

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

    /// The lowest of the `count` highest mirrored UIDs below `end`; `None` where there are fewer.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn nth_uid_below(&self, mailbox: MailboxId, end: Uid, count: u32) -> Result<Option<Uid>, StoreError> {
        let sql = "SELECT uid FROM places WHERE mailbox = ?1 AND uid < ?2 ORDER BY uid DESC LIMIT 1 OFFSET ?3";
        let params = [mailbox.0, end.get().into(), i64::from(count.saturating_sub(1))];
        let uid: Option<u32> = self.prepare(sql)?.query_row(params, |row| row.get(0)).optional()?;
        Ok(uid.and_then(Uid::new))
    }

    /// The mirrored UIDs of what lacks `\Seen`, detached messages left out.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn unseen_uids(&self, mailbox: MailboxId) -> Result<UidSet, StoreError> {
        let sql = "SELECT uid FROM places WHERE mailbox = ?1 AND uid IS NOT NULL AND flags & 1 = 0 ORDER BY uid";
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query([mailbox.0])?;
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
