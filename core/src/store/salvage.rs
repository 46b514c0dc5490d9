//! When the database is damaged beyond repair: the accounts are taken over into a new one, the damaged file is kept aside,
//! and the next sync fetches the mail again.

use std::path::Path;
use std::time::UNIX_EPOCH;

use rusqlite::{Connection, params};

use super::connection::{DATABASE, open_at, open_reader};
use super::lock::StoreLock;
use super::{Account, Snapshot, Store, StoreError, account_copy, disk, options, schema};

/// Name under which a damaged database is kept.
const ASIDE: &str = "postrider.db.damaged";

/// Name of the new database until it is whole.
const STAGED: &str = "salvage.new";

/// The files that make up a database. The log goes before the database it belongs to: it must not be taken for another's.
const SUFFIXES: [&str; 3] = ["-shm", "-wal", ""];

/// Ids beyond this are no ids but damage.
const MAX_ID: i64 = 1 << 52;

/// What was saved out of a damaged store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salvaged {
    /// How many accounts.
    pub accounts: usize,
    /// Whether there may have been more: they could be read in whole neither from the database nor from their copy.
    pub incomplete: bool,
}

impl Store {
    /// Begins anew in a folder whose database is damaged, with its accounts, under the ids that they had. New mailboxes and
    /// mails get no id that an old one had. No store may have the folder open.
    ///
    /// # Errors
    /// [`StoreError::InUse`], [`StoreError::Full`], [`StoreError::ReadOnly`], [`StoreError::Io`]. The accounts are still to be
    /// salvaged then.
    pub fn salvage(dir: &Path) -> Result<Salvaged, StoreError> {
        options::make_folders(dir)?;
        let _lock = StoreLock::acquire(dir)?;
        let (accounts, incomplete) = gather_accounts(dir);
        // From here on they are in two places at any time.
        account_copy::write(dir, &accounts)?;
        make_database(dir, &accounts)?;
        for suffix in SUFFIXES {
            let from = dir.join(format!("{DATABASE}{suffix}"));
            if from.exists() {
                disk::rename(&from, &dir.join(format!("{ASIDE}{suffix}")))?;
            }
        }
        disk::rename(&dir.join(STAGED), &dir.join(DATABASE))?;
        disk::sync_folder(dir)?;
        Ok(Salvaged { accounts: accounts.len(), incomplete })
    }
}

/// The accounts, and whether some may be missing. The copy knows best; the database may know of one that came since.
fn gather_accounts(dir: &Path) -> (Vec<Account>, bool) {
    let (readable, whole) = readable_accounts(dir);
    let Some(mut accounts) = account_copy::read(dir) else { return (readable, !whole) };
    let newest = accounts.iter().map(|account| account.id).max();
    for account in readable.into_iter().filter(|account| Some(account.id) > newest) {
        if !accounts.iter().any(|other| other.name.eq_ignore_ascii_case(&account.name)) {
            accounts.push(account);
        }
    }
    (accounts, false)
}

/// The accounts in the database that make sense, and whether these are all.
fn readable_accounts(dir: &Path) -> (Vec<Account>, bool) {
    let mut found = Vec::new();
    let whole = read_accounts(dir, &mut found).is_ok();
    let before = found.len();
    let is_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
    found.retain(|account| {
        (1..=MAX_ID).contains(&account.id.0) && is_json(&account.settings) && is_json(&account.server_facts)
    });
    found.dedup_by(|one, other| one.id == other.id || one.name.eq_ignore_ascii_case(&other.name));
    let complete = whole && found.len() == before;
    (found, complete)
}

fn read_accounts(dir: &Path, found: &mut Vec<Account>) -> Result<(), StoreError> {
    if !dir.join(DATABASE).exists() {
        return Err(StoreError::Damaged);
    }
    let conn = open_reader(dir)?;
    let snapshot = Snapshot::new(&conn, dir);
    snapshot.each_account(|account| found.push(account))?;
    // An index that knows more of them than the table: rows are missing.
    let sql = "SELECT count(*) FROM accounts INDEXED BY sqlite_autoindex_accounts_1";
    let indexed: i64 = conn.query_row(sql, [], |row| row.get(0))?;
    if indexed == found.len() as i64 { Ok(()) } else { Err(StoreError::Damaged) }
}

fn make_database(dir: &Path, accounts: &[Account]) -> Result<(), StoreError> {
    let staged = dir.join(STAGED);
    for suffix in SUFFIXES {
        match std::fs::remove_file(dir.join(format!("{STAGED}{suffix}"))) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    let conn = open_at(&staged)?;
    schema::migrate(&conn)?;
    let tx = conn.unchecked_transaction()?;
    take_over(&tx, accounts)?;
    let last = last_ids(dir);
    for table in ["accounts", "mailboxes", "messages", "places", "blobs", "incoming"] {
        tx.execute("DELETE FROM sqlite_sequence WHERE name = ?1", [table])?;
        let newest = accounts.iter().map(|account| account.id.0).max().filter(|_| table == "accounts");
        let last = last(table).max(newest.unwrap_or(0));
        tx.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", params![table, last])?;
    }
    tx.commit()?;
    // The name of a database is part of its log's: it must stand alone when it is renamed.
    let mode: String = conn.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))?;
    if mode != "delete" {
        return Err(StoreError::Internal("the log stayed".to_owned()));
    }
    conn.close().map_err(|(_, error)| error)?;
    Ok(disk::sync(&std::fs::File::open(&staged)?, &staged)?)
}

fn take_over(conn: &Connection, accounts: &[Account]) -> Result<(), StoreError> {
    let sql = "INSERT INTO accounts (id, name, email, settings, server_facts, created, sync_outcome)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, '')";
    for account in accounts {
        let Account { id, name, email, settings, server_facts, created, .. } = account;
        conn.execute(sql, params![id.0, name, email, settings, server_facts, created.0])?;
    }
    Ok(())
}

/// The highest id that each table of the damaged database ever gave. Where that cannot be read: a number that grows with
/// time faster than ids do.
fn last_ids(dir: &Path) -> impl Fn(&str) -> i64 {
    let conn = open_reader(dir).ok();
    let modified = std::fs::metadata(dir.join(DATABASE)).and_then(|file| file.modified());
    let seconds = modified.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |time| time.as_secs());
    let beyond = i64::try_from(seconds).unwrap_or(0).saturating_mul(1000).clamp(1 << 32, MAX_ID / 2);
    move |table| {
        let sql = "SELECT seq FROM sqlite_sequence WHERE name = ?1";
        let read = conn.as_ref().map(|conn| conn.query_row(sql, [table], |row| row.get::<_, i64>(0)));
        match read {
            Some(Ok(id)) if (0..=MAX_ID).contains(&id) => id,
            // Nothing was ever in that table.
            Some(Err(rusqlite::Error::QueryReturnedNoRows)) => 0,
            _ => beyond,
        }
    }
}

#[cfg(test)]
#[path = "salvage_tests.rs"]
mod tests;
