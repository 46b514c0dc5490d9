//! A copy of the accounts in a small file beside the database. Mail can be fetched again; what a person configured can not.
//! It is never read while the database is sound, and tells one that was lost from one that was never there.

use std::path::Path;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::{Account, Snapshot, StoreError, SyncRecord, disk};
use crate::model::{AccountId, Timestamp};

const COPY: &str = "accounts.json";

/// What is kept of an account: all but what a sync finds out again.
#[derive(PartialEq, Serialize, Deserialize)]
struct Saved {
    id: i64,
    name: String,
    email: String,
    settings: String,
    created: i64,
}

/// The accounts of the copy; `None` where there is none that can be read.
pub(super) fn read(dir: &Path) -> Option<Vec<Account>> {
    let bytes = std::fs::read(dir.join(COPY)).ok()?;
    let saved: Vec<Saved> = serde_json::from_slice(&bytes).ok()?;
    let account = |saved: Saved| Account {
        id: AccountId(saved.id),
        name: saved.name,
        email: saved.email,
        settings: saved.settings,
        server_facts: "{}".to_owned(),
        created: Timestamp(saved.created),
        sync: SyncRecord::default(),
    };
    Some(saved.into_iter().map(account).collect())
}

/// Whether there was a store with accounts here.
pub(super) fn names_any(dir: &Path) -> bool {
    read(dir).is_some_and(|accounts| !accounts.is_empty())
}

/// Brings the copy up to date with the database.
pub(super) fn refresh(dir: &Path, conn: &Connection) -> Result<(), StoreError> {
    write(dir, &Snapshot::new(conn, dir).accounts()?)
}

/// Replaces the copy, at once and durably.
pub(super) fn write(dir: &Path, accounts: &[Account]) -> Result<(), StoreError> {
    let save = |account: &Account| Saved {
        id: account.id.0,
        name: account.name.clone(),
        email: account.email.clone(),
        settings: account.settings.clone(),
        created: account.created.0,
    };
    let saved: Vec<Saved> = accounts.iter().map(save).collect();
    let text = serde_json::to_string(&saved).map_err(|_| StoreError::Internal("accounts are no JSON".to_owned()))?;
    let path = dir.join(COPY);
    if std::fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
        return Ok(());
    }
    let new = dir.join(format!("{COPY}.new"));
    disk::write_synced(&new, text.as_bytes())?;
    disk::rename(&new, &path)?;
    Ok(disk::sync_folder(dir)?)
}
