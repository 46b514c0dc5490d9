//! What arrived in which sync: place ids rise, so that the highest one at the beginning of each sync tells.

use rusqlite::params;

use crate::model::{AccountId, PlaceId};
use crate::store::{MirrorTx, Snapshot, StoreError};

impl Snapshot<'_> {
    /// The highest id that a place ever had, to be marked by [`MirrorTx::mark_sync`]; `None` where it is marked.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn unmarked(&self, account: AccountId) -> Result<Option<PlaceId>, StoreError> {
        let newest = self.newest_place()?;
        let sql = "SELECT EXISTS (SELECT 1 FROM sync_marks WHERE account = ?1 AND place = ?2)";
        let marked: bool = self.prepare(sql)?.query_row([account.0, newest.0], |row| row.get(0))?;
        Ok((!marked).then_some(newest))
    }

    /// Whether there are marks below this one.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn has_marks_below(&self, account: AccountId, mark: PlaceId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM sync_marks WHERE account = ?1 AND place < ?2)";
        Ok(self.prepare(sql)?.query_row([account.0, mark.0], |row| row.get(0))?)
    }

    /// The highest id that a place ever had.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn newest_place(&self) -> Result<PlaceId, StoreError> {
        let sql = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'places'";
        Ok(self.prepare(sql)?.query_row([], |row| row.get(0).map(PlaceId))?)
    }

    /// The marks of an account, ascending.
    pub(super) fn marks(&self, account: AccountId) -> Result<Vec<PlaceId>, StoreError> {
        let mut statement = self.prepare("SELECT place FROM sync_marks WHERE account = ?1 ORDER BY place")?;
        let rows = statement.query_map([account.0], |row| row.get(0).map(PlaceId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl MirrorTx<'_> {
    /// Marks the beginning of a sync: what arrives from here on is newer than `newest`.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn mark_sync(&mut self, account: AccountId, newest: PlaceId) -> Result<(), StoreError> {
        let sql = "INSERT OR IGNORE INTO sync_marks (account, place) VALUES (?1, ?2)";
        self.prepare(sql)?.execute(params![account.0, newest.0])?;
        Ok(())
    }

    /// Forgets the marks below this one. To be called after a sync that looked at every mailbox, with the mark that it
    /// began with: whatever arrived before, and has not been found to come from elsewhere, did not come from elsewhere.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn forget_marks_below(&mut self, account: AccountId, mark: PlaceId) -> Result<(), StoreError> {
        let sql = "DELETE FROM sync_marks WHERE account = ?1 AND place < ?2";
        self.prepare(sql)?.execute(params![account.0, mark.0])?;
        Ok(())
    }
}
