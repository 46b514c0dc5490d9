//! The configured accounts. Settings are JSON that the store does not look into, and never hold a secret.

use rusqlite::{OptionalExtension, Row, params};

use super::{ConfigTx, MirrorTx, Snapshot, StoreError};
use crate::model::{AccountId, MailboxId, Timestamp};

/// A configured account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Our id.
    pub id: AccountId,
    /// What the person calls it. Unique without regard to ASCII case.
    pub name: String,
    /// Its e-mail address.
    pub email: String,
    /// Settings as JSON, without secrets.
    pub settings: String,
    /// What the server was found to be and to offer, as JSON, to be asked for less the next time.
    pub server_facts: String,
    /// When it was configured.
    pub created: Timestamp,
    /// How syncs went.
    pub sync: SyncRecord,
}

/// How an account's syncs went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncRecord {
    /// When the last one ended, however it ended.
    pub attempted: Option<Timestamp>,
    /// When the last one ended with all done.
    pub completed: Option<Timestamp>,
    /// How the last one ended: a word or JSON of the caller's.
    pub outcome: String,
}

const COLUMNS: &str = "id, name, email, settings, server_facts, created, sync_attempted, sync_completed, sync_outcome";

impl Snapshot<'_> {
    /// All accounts, in the order in which they were added.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let mut accounts = Vec::new();
        self.each_account(|account| accounts.push(account))?;
        Ok(accounts)
    }

    /// Tells of each account until one cannot be read.
    pub(super) fn each_account(&self, mut tell: impl FnMut(Account)) -> Result<(), StoreError> {
        let mut statement = self.prepare(&format!("SELECT {COLUMNS} FROM accounts ORDER BY id"))?;
        let rows = statement.query_map([], read)?;
        for account in rows {
            tell(account?);
        }
        Ok(())
    }

    /// One account.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let mut statement = self.prepare(&format!("SELECT {COLUMNS} FROM accounts WHERE id = ?1"))?;
        Ok(statement.query_row([id.0], read).optional()?)
    }
}

impl ConfigTx<'_> {
    /// Adds an account.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where the name is taken; [`StoreError::Internal`] where the settings are not JSON.
    pub fn add_account(&mut self, name: &str, email: &str, settings: &str) -> Result<AccountId, StoreError> {
        self.refuse_taken(name, AccountId(0))?;
        let sql = "INSERT INTO accounts (name, email, settings, server_facts, created, sync_outcome)
                   VALUES (?1, ?2, ?3, '{}', ?4, '')";
        self.prepare(sql)?.execute(params![name, email, settings, self.now().0])?;
        let id = AccountId(self.conn().last_insert_rowid());
        self.configured(id);
        Ok(id)
    }

    /// Changes what an account is called, its address and its settings.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], and as [`ConfigTx::add_account`].
    pub fn update_account(&mut self, id: AccountId, name: &str, email: &str, settings: &str) -> Result<(), StoreError> {
        self.refuse_taken(name, id)?;
        let sql = "UPDATE accounts SET name = ?2, email = ?3, settings = ?4 WHERE id = ?1";
        if self.prepare(sql)?.execute(params![id.0, name, email, settings])? == 0 {
            return Err(StoreError::NotFound("account"));
        }
        self.configured(id);
        Ok(())
    }

    /// Removes an account with all its mail from this device. The server is not told.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn remove_account(&mut self, id: AccountId) -> Result<(), StoreError> {
        if self.account(id)?.is_none() {
            return Err(StoreError::NotFound("account"));
        }
        let mailboxes = self.prepare("SELECT id FROM mailboxes WHERE account = ?1")?;
        let ids = { mailboxes }.query_map([id.0], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
        for path in super::incoming::files_of_account(self.conn(), self.dir(), id)? {
            self.remove_file(path);
        }
        for sql in [
            "DELETE FROM operations WHERE account = ?1",
            "DELETE FROM places WHERE message IN (SELECT id FROM messages WHERE account = ?1)",
            "DELETE FROM mailboxes WHERE account = ?1",
            "DELETE FROM fulltext WHERE rowid IN (SELECT id FROM messages WHERE account = ?1)",
            "DELETE FROM messages WHERE account = ?1",
            "DELETE FROM thread_keys WHERE account = ?1",
            "DELETE FROM sync_marks WHERE account = ?1",
            "DELETE FROM accounts WHERE id = ?1",
        ] {
            self.prepare(sql)?.execute([id.0])?;
        }
        for path in super::blobs::remove_unused(self.conn(), self.dir())? {
            self.remove_file(path);
        }
        self.configured(id);
        self.change().mailboxes.extend(ids.into_iter().map(MailboxId));
        Ok(())
    }

    fn refuse_taken(&self, name: &str, except: AccountId) -> Result<(), StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM accounts WHERE name = ?1 AND id <> ?2)";
        let taken: bool = self.prepare(sql)?.query_row(params![name, except.0], |row| row.get(0))?;
        if taken { Err(StoreError::Exists("account")) } else { Ok(()) }
    }
}

/// A prefix of raw names, and their hierarchy delimiter.
type PersonalNamespace = (Vec<u8>, Option<char>);

impl Snapshot<'_> {
    /// What the raw names of the user's own mailboxes begin with, and their hierarchy delimiter; `None` where the server has
    /// not told.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn personal_namespace(&self, id: AccountId) -> Result<Option<PersonalNamespace>, StoreError> {
        let sql = "SELECT namespace_prefix, namespace_delimiter FROM accounts WHERE id = ?1";
        let found = self.prepare(sql)?.query_row([id.0], |row| {
            let delimiter: Option<String> = row.get(1)?;
            Ok((row.get::<_, Option<Vec<u8>>>(0)?, delimiter.and_then(|text| text.chars().next())))
        });
        Ok(found.optional()?.and_then(|(prefix, delimiter)| Some((prefix?, delimiter))))
    }
}

impl MirrorTx<'_> {
    /// Remembers what the raw names of the user's own mailboxes begin with.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn set_personal_namespace(
        &mut self,
        id: AccountId,
        prefix: &[u8],
        delimiter: Option<char>,
    ) -> Result<(), StoreError> {
        if self.personal_namespace(id)?.is_some_and(|(known, other)| known == prefix && other == delimiter) {
            return Ok(());
        }
        let sql = "UPDATE accounts SET namespace_prefix = ?2, namespace_delimiter = ?3 WHERE id = ?1";
        self.prepare(sql)?.execute(params![id.0, prefix, delimiter.map(String::from)])?;
        Ok(())
    }

    /// Remembers what the server was found to be and to offer, as JSON.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Internal`] where it is not JSON.
    pub fn set_server_facts(&mut self, id: AccountId, facts: &str) -> Result<(), StoreError> {
        let sql = "UPDATE accounts SET server_facts = ?2 WHERE id = ?1";
        self.touch_account(id, sql, params![id.0, facts])
    }

    /// Records how a sync that ended now went.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn record_sync(&mut self, id: AccountId, complete: bool, outcome: &str) -> Result<(), StoreError> {
        let sql = "UPDATE accounts SET sync_attempted = ?2, sync_outcome = ?3,
                   sync_completed = iif(?4, ?2, sync_completed) WHERE id = ?1";
        let now = self.now().0;
        self.touch_account(id, sql, params![id.0, now, outcome, complete])
    }

    fn touch_account(&mut self, id: AccountId, sql: &str, params: impl rusqlite::Params) -> Result<(), StoreError> {
        if self.prepare(sql)?.execute(params)? == 0 {
            return Err(StoreError::NotFound("account"));
        }
        self.change().accounts.insert(id);
        Ok(())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: AccountId(row.get(0)?),
        name: row.get(1)?,
        email: row.get(2)?,
        settings: row.get(3)?,
        server_facts: row.get(4)?,
        created: Timestamp(row.get(5)?),
        sync: SyncRecord {
            attempted: row.get::<_, Option<i64>>(6)?.map(Timestamp),
            completed: row.get::<_, Option<i64>>(7)?.map(Timestamp),
            outcome: row.get(8)?,
        },
    })
}
