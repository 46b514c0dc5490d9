//! When the database is damaged beyond repair: the accounts are taken over into a new one, the damaged file is kept aside,
//! and the next sync fetches the mail again.

use std::path::Path;

use rusqlite::Connection;

use super::connection::{DATABASE, open_reader, open_writer};
use super::lock::StoreLock;
use super::{Account, Snapshot, Store, StoreError, disk, options, schema};

/// Name under which a damaged database is kept.
const ASIDE: &str = "postrider.db.damaged";

impl Store {
    /// Begins anew in a folder whose database is damaged, with as many of the accounts as can still be read; returns how
    /// many. No store may have the folder open.
    ///
    /// # Errors
    /// [`StoreError::InUse`], [`StoreError::Full`], [`StoreError::ReadOnly`], [`StoreError::Io`].
    pub fn salvage(dir: &Path) -> Result<usize, StoreError> {
        options::make_folders(dir)?;
        let _lock = StoreLock::acquire(dir)?;
        let accounts = readable_accounts(dir);
        for suffix in ["", "-wal", "-shm"] {
            let from = dir.join(format!("{DATABASE}{suffix}"));
            if from.exists() {
                std::fs::rename(from, dir.join(format!("{ASIDE}{suffix}")))?;
            }
        }
        let conn = open_writer(dir)?;
        schema::migrate(&conn)?;
        take_over(&conn, &accounts)?;
        conn.close().map_err(|(_, error)| error)?;
        disk::sync_folder(dir)?;
        Ok(accounts.len())
    }
}

fn readable_accounts(dir: &Path) -> Vec<Account> {
    let read = || -> Result<Vec<Account>, StoreError> {
        let conn = open_reader(dir)?;
        Snapshot::new(&conn, dir).accounts()
    };
    read().unwrap_or_default()
}

fn take_over(conn: &Connection, accounts: &[Account]) -> Result<(), StoreError> {
    let sql = "INSERT INTO accounts (id, name, email, settings, server_facts, created, sync_outcome)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, '')";
    for account in accounts {
        conn.execute(
            sql,
            rusqlite::params![
                account.id.0,
                account.name,
                account.email,
                account.settings,
                account.server_facts,
                account.created.0
            ],
        )?;
    }
    Ok(())
}
