//! Where threads are remembered: the keys of an account's mails and the merges among its threads.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, params};

use crate::model::{AccountId, MailboxId, ThreadId};
use crate::store::StoreError;
use crate::store::threading::{ThreadBook, ThreadKeys};

/// The book of one account's threads, open for a batch of mails. Keys are read and written in their order, for they lie
/// scattered over a table that no small cache holds.
pub(super) struct AccountThreads<'a> {
    conn: &'a Connection,
    account: AccountId,
    known: BTreeMap<i64, ThreadId>,
    assigned: BTreeSet<i64>,
    any_merged: bool,
    /// Mailboxes that show threads which were merged.
    pub(super) touched: BTreeSet<MailboxId>,
}

impl<'a> AccountThreads<'a> {
    /// Opens the book for mails with these keys.
    pub(super) fn open(conn: &'a Connection, account: AccountId, keys: &[ThreadKeys]) -> Result<Self, StoreError> {
        let wanted: BTreeSet<i64> = keys.iter().flat_map(ThreadKeys::iter).collect();
        let sql = "SELECT thread FROM thread_keys WHERE account = ?1 AND key = ?2";
        let mut statement = conn.prepare_cached(sql)?;
        let mut known = BTreeMap::new();
        for key in wanted {
            let thread = statement.query_row([account.0, key], |row| row.get(0).map(ThreadId)).optional()?;
            known.extend(thread.map(|thread| (key, thread)));
        }
        let any_merged = conn.query_row("SELECT EXISTS (SELECT 1 FROM thread_merges)", [], |row| row.get(0))?;
        Ok(Self { conn, account, known, assigned: BTreeSet::new(), any_merged, touched: BTreeSet::new() })
    }

    /// Writes down where the keys lead now.
    pub(super) fn write(&self) -> Result<(), StoreError> {
        let sql = "INSERT INTO thread_keys (account, key, thread) VALUES (?1, ?2, ?3)
                   ON CONFLICT (account, key) DO UPDATE SET thread = excluded.thread";
        let mut statement = self.conn.prepare_cached(sql)?;
        for key in &self.assigned {
            if let Some(thread) = self.known.get(key) {
                statement.execute([self.account.0, *key, thread.0])?;
            }
        }
        Ok(())
    }
}

impl ThreadBook for AccountThreads<'_> {
    fn thread_of(&mut self, key: i64) -> Result<Option<ThreadId>, StoreError> {
        Ok(self.known.get(&key).copied())
    }

    fn merged_into(&mut self, thread: ThreadId) -> Result<Option<ThreadId>, StoreError> {
        if !self.any_merged {
            return Ok(None);
        }
        let mut statement = self.conn.prepare_cached("SELECT winner FROM thread_merges WHERE loser = ?1")?;
        Ok(statement.query_row([thread.0], |row| row.get(0).map(ThreadId)).optional()?)
    }

    fn assign(&mut self, key: i64, thread: ThreadId) -> Result<(), StoreError> {
        self.known.insert(key, thread);
        self.assigned.insert(key);
        Ok(())
    }

    fn merge(&mut self, loser: ThreadId, winner: ThreadId) -> Result<(), StoreError> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT DISTINCT shown_in FROM places WHERE thread = ?1 AND shown_in IS NOT NULL")?;
        let rows = statement.query_map([loser.0], |row| row.get(0).map(MailboxId))?;
        self.touched.extend(rows.collect::<Result<Vec<_>, _>>()?);
        let sql = "UPDATE places SET thread = ?2 WHERE thread = ?1";
        self.conn.prepare_cached(sql)?.execute([loser.0, winner.0])?;
        let sql = "INSERT INTO thread_merges (loser, winner) VALUES (?1, ?2)";
        self.conn.prepare_cached(sql)?.execute(params![loser.0, winner.0])?;
        self.any_merged = true;
        Ok(())
    }
}
