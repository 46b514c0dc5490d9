//! Where threads are remembered: the keys of an account's mails and the merges among its threads.

use rusqlite::{Connection, OptionalExtension, params};

use crate::model::{AccountId, MailboxId, ThreadId};
use crate::store::threading::ThreadBook;
use crate::store::{Change, StoreError};

/// The book of one account's threads.
pub(super) struct AccountThreads<'a> {
    pub(super) conn: &'a Connection,
    pub(super) account: AccountId,
    pub(super) change: &'a mut Change,
}

impl ThreadBook for AccountThreads<'_> {
    fn thread_of(&mut self, key: i64) -> Result<Option<ThreadId>, StoreError> {
        let sql = "SELECT thread FROM thread_keys WHERE account = ?1 AND key = ?2";
        let mut statement = self.conn.prepare_cached(sql)?;
        Ok(statement.query_row([self.account.0, key], |row| row.get(0).map(ThreadId)).optional()?)
    }

    fn merged_into(&mut self, thread: ThreadId) -> Result<Option<ThreadId>, StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT winner FROM thread_merges WHERE loser = ?1")?;
        Ok(statement.query_row([thread.0], |row| row.get(0).map(ThreadId)).optional()?)
    }

    fn assign(&mut self, key: i64, thread: ThreadId) -> Result<(), StoreError> {
        let sql = "INSERT INTO thread_keys (account, key, thread) VALUES (?1, ?2, ?3)
                   ON CONFLICT (account, key) DO UPDATE SET thread = excluded.thread";
        self.conn.prepare_cached(sql)?.execute([self.account.0, key, thread.0])?;
        Ok(())
    }

    fn merge(&mut self, loser: ThreadId, winner: ThreadId) -> Result<(), StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT DISTINCT mailbox FROM places WHERE thread = ?1")?;
        let rows = statement.query_map([loser.0], |row| row.get(0).map(MailboxId))?;
        self.change.mailboxes.extend(rows.collect::<Result<Vec<_>, _>>()?);
        let sql = "UPDATE places SET thread = ?2 WHERE thread = ?1";
        self.conn.prepare_cached(sql)?.execute([loser.0, winner.0])?;
        let sql = "INSERT INTO thread_merges (loser, winner) VALUES (?1, ?2)";
        self.conn.prepare_cached(sql)?.execute(params![loser.0, winner.0])?;
        Ok(())
    }
}
