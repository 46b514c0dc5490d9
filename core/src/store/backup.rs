//! Backup in one file, made while the store is in use: a copy of the database that also holds, in the table `blob_files`,
//! what lies in files beside it. Restore takes that table apart again.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, params};

use super::blobs::{BLOBS, file_path, hash_file};
use super::connection::{DATABASE, create_private, open_reader, open_writer};
use super::disk::sync_folder;
use super::incoming::INCOMING;
use super::lock::StoreLock;
use super::{Store, StoreError, options, schema};

/// Large files are cut, so that none has to be in memory as a whole.
const PIECE: usize = 1 << 20;

impl Store {
    /// Writes a consistent copy of everything into one file, which must not exist yet. Others may read and write meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Full`], [`StoreError::Io`].
    pub async fn backup(&self, file: &Path) -> Result<(), StoreError> {
        let (store, file) = (self.clone(), file.to_owned());
        self.blocking(move || store.backup_blocking(&file)).await
    }

    fn backup_blocking(&self, file: &Path) -> Result<(), StoreError> {
        if file.exists() {
            return Err(StoreError::Exists("file"));
        }
        let part = with_suffix(file, ".part");
        remove_if_there(&part)?;
        let outcome = write_backup(self.dir(), &part).and_then(|()| Ok(std::fs::rename(&part, file)?));
        if outcome.is_err() {
            // Half a backup is none.
            let _ = std::fs::remove_file(&part);
        }
        outcome
    }

    /// Puts a backup in place of what is in a folder, which no store may have open. Until the last step, which is one
    /// rename, the folder holds what it held.
    ///
    /// # Errors
    /// [`StoreError::InUse`]; [`StoreError::Damaged`] and [`StoreError::TooNew`] of the backup; [`StoreError::Full`].
    pub fn restore(file: &Path, dir: &Path) -> Result<(), StoreError> {
        options::make_folders(dir)?;
        let _lock = StoreLock::acquire(dir)?;
        let staged = dir.join("restore.new");
        remove_if_there(&staged)?;
        create_private(&staged)?;
        std::io::copy(&mut File::open(file)?, &mut File::options().write(true).open(&staged)?)?;
        let outcome = unpack(&staged, dir).and_then(|()| replace_database(&staged, dir));
        if outcome.is_err() {
            let _ = std::fs::remove_file(&staged);
        }
        outcome
    }
}

fn write_backup(dir: &Path, part: &Path) -> Result<(), StoreError> {
    let name = part.to_str().ok_or(StoreError::NotFound("file"))?;
    // VACUUM takes an empty file that is there, and with it who may read it.
    create_private(part)?;
    open_reader(dir)?.execute("VACUUM INTO ?1", [name])?;
    let copy = Connection::open(part)?;
    copy.execute_batch(
        "DELETE FROM incoming;
         CREATE TABLE blob_files (hash BLOB NOT NULL, at INTEGER NOT NULL, data BLOB NOT NULL) STRICT",
    )?;
    let mut statement = copy.prepare("SELECT hash FROM blobs WHERE data IS NULL")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    let hashes: Vec<Vec<u8>> = rows.collect::<Result<_, _>>()?;
    for hash in hashes {
        match File::open(file_path(dir, &hash)) {
            Ok(file) => pack(&copy, &hash, file)?,
            // Removed since the copy was made, or lost: the restored store will want that body again.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    drop(statement);
    copy.close().map_err(|(_, error)| error)?;
    Ok(File::open(part)?.sync_all()?)
}

fn pack(copy: &Connection, hash: &[u8], mut file: File) -> Result<(), StoreError> {
    let tx = rusqlite::Transaction::new_unchecked(copy, rusqlite::TransactionBehavior::Immediate)?;
    let mut piece = Vec::new();
    for at in 0.. {
        piece.clear();
        if (&mut file).take(PIECE as u64).read_to_end(&mut piece)? == 0 {
            break;
        }
        tx.prepare_cached("INSERT INTO blob_files (hash, at, data) VALUES (?1, ?2, ?3)")?
            .execute(params![hash, at, piece])?;
    }
    Ok(tx.commit()?)
}

/// Writes the files of a backup to their places and takes them out of its database.
fn unpack(staged: &Path, dir: &Path) -> Result<(), StoreError> {
    let conn = Connection::open_with_flags(staged, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let found = schema::version(&conn)?;
    if found > schema::CURRENT {
        return Err(StoreError::TooNew { found, known: schema::CURRENT });
    }
    let sound: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    let complete = conn.table_exists(Some("main"), "blob_files")? && conn.table_exists(Some("main"), "accounts")?;
    if found == 0 || sound != "ok" || !complete {
        return Err(StoreError::Damaged);
    }
    let mut statement = conn.prepare("SELECT hash, at, data FROM blob_files ORDER BY hash, at")?;
    let mut rows = statement.query([])?;
    let mut open: Option<(Vec<u8>, File)> = None;
    while let Some(row) = rows.next()? {
        let hash: Vec<u8> = row.get(0)?;
        let mut file = match open.take() {
            Some((before, file)) if before == hash => file,
            before => {
                before.map_or(Ok(()), |(_, file)| file.sync_all())?;
                File::create(unpacked_path(dir, &hash))?
            }
        };
        file.write_all(row.get_ref(2)?.as_blob().map_err(|_| StoreError::Damaged)?)?;
        open = Some((hash, file));
    }
    open.map_or(Ok(()), |(_, file)| file.sync_all())?;
    drop(rows);
    place_files(&conn, dir)?;
    drop(statement);
    conn.execute_batch("DROP TABLE blob_files; VACUUM")?;
    conn.close().map_err(|(_, error)| error)?;
    Ok(File::open(staged)?.sync_all()?)
}

/// Files get their names only once they are whole and what their names say they are.
fn place_files(conn: &Connection, dir: &Path) -> Result<(), StoreError> {
    let mut statement = conn.prepare("SELECT DISTINCT hash FROM blob_files")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let hash: Vec<u8> = row.get(0)?;
        let from = unpacked_path(dir, &hash);
        if hash_file(&from)?.0[..] != hash[..] {
            return Err(StoreError::Damaged);
        }
        std::fs::rename(from, file_path(dir, &hash))?;
    }
    Ok(sync_folder(&dir.join(BLOBS))?)
}

fn replace_database(staged: &Path, dir: &Path) -> Result<(), StoreError> {
    // The old log must not be taken for the new database's. Where the old one cannot even be opened, nothing is lost.
    if let Ok(old) = open_writer(dir) {
        let _ = old.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        drop(old);
    }
    for suffix in ["-wal", "-shm"] {
        remove_if_there(&with_suffix(&dir.join(DATABASE), suffix))?;
    }
    for entry in std::fs::read_dir(dir.join(INCOMING))? {
        std::fs::remove_file(entry?.path())?;
    }
    std::fs::rename(staged, dir.join(DATABASE))?;
    Ok(sync_folder(dir)?)
}

fn unpacked_path(dir: &Path, hash: &[u8]) -> PathBuf {
    with_suffix(&file_path(dir, hash), ".new")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "backup_tests.rs"]
mod tests;
