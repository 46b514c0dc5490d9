//! How a connection to the database is set up.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::StoreError;

/// Name of the database in the store's folder.
pub(super) const DATABASE: &str = "postrider.db";

// Only another program can hold a lock that ours meets: the writer is alone, and readers do not block in WAL mode.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The one connection that writes. Creates the database where there is none.
pub(super) fn open_writer(dir: &Path) -> Result<Connection, StoreError> {
    open_at(&dir.join(DATABASE))
}

/// As [`open_writer`], for a database under another name.
pub(super) fn open_at(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    create_private(path)?;
    let conn = Connection::open_with_flags(path, flags)?;
    if conn.is_readonly("main")? {
        return Err(StoreError::ReadOnly);
    }
    let mode: String = conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Internal("no write-ahead log here".to_owned()));
    }
    set_up(&conn, -2048)?;
    // Apple's fsync returns before the drive has the data; this makes SQLite ask for more. Nothing elsewhere.
    conn.pragma_update(None, "fullfsync", true)?;
    conn.pragma_update(None, "checkpoint_fullfsync", true)?;
    // A log that a long reader made grow is cut back to this.
    conn.pragma_update(None, "journal_size_limit", 8 << 20)?;
    conn.pragma_update(None, "wal_autocheckpoint", 2000)?;
    Ok(conn)
}

/// Makes the file, where there is none, readable for its owner alone: it holds a person's mail. SQLite gives the files
/// beside it the same permissions.
pub(super) fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}

/// A connection that can only read.
pub(super) fn open_reader(dir: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(dir.join(DATABASE), flags)?;
    set_up(&conn, -1024)?;
    Ok(conn)
}

fn set_up(conn: &Connection, cache_size: i32) -> Result<(), StoreError> {
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(96);
    conn.pragma_update(None, "cache_size", cache_size)?;
    conn.pragma_update(None, "mmap_size", 0)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    // A plan does not depend on what is bound: else SQLite compiles a statement with `LIMIT ?` anew each time it is run.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // A hostile database must not make SQL run functions with side effects.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    Ok(())
}
