//! What can go wrong in the store, as callers have to tell it apart. Nothing here carries user data or SQL text.

use std::io;

use rusqlite::ErrorCode;

/// A failure of the store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process, or another handle in this one, has the store open.
    #[error("the store is in use by {}", owner(*pid))]
    InUse {
        /// The owner's process id, where its lock file tells it.
        pid: Option<u32>,
    },
    /// The disk is full. Nothing of the failed write is kept; what was there before still is.
    #[error("the disk is full")]
    Full,
    /// The store, its folder or its file system cannot be written to.
    #[error("the store is read-only")]
    ReadOnly,
    /// The database file is not a database, or a part of it is unreadable.
    #[error("the store is damaged")]
    Damaged,
    /// A newer version of this program wrote the store.
    #[error("the store has schema {found}, newer than {known}, which this version knows")]
    TooNew {
        /// The schema found in the file.
        found: u32,
        /// The newest schema this version knows.
        known: u32,
    },
    /// The operating system refused to read or write.
    #[error("the store could not be read or written: {0}")]
    Io(io::ErrorKind),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// What was named is not there (any more).
    #[error("no such {0}")]
    NotFound(&'static str),
    /// Something else already goes by that name.
    #[error("there is already such a {0}")]
    Exists(&'static str),
    /// A fault of this program, or of a value that should have been checked before.
    #[error("internal fault of the store: {0}")]
    Internal(String),
}

fn owner(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(failure, _) => from_sqlite(failure),
            // The others carry column names and types, and some the text of the statement: told by kind alone.
            rusqlite::Error::QueryReturnedNoRows => Self::NotFound("row"),
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..) => Self::Damaged,
            _ => Self::Internal("statement and code disagree".to_owned()),
        }
    }
}

fn from_sqlite(failure: rusqlite::ffi::Error) -> StoreError {
    match failure.code {
        ErrorCode::DiskFull => StoreError::Full,
        ErrorCode::ReadOnly => StoreError::ReadOnly,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Damaged,
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => StoreError::Io(io::ErrorKind::Other),
        ErrorCode::PermissionDenied => StoreError::Io(io::ErrorKind::PermissionDenied),
        ErrorCode::OutOfMemory => StoreError::Io(io::ErrorKind::OutOfMemory),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::InUse { pid: None },
        _ => StoreError::Internal(format!("SQLite result {}", failure.extended_code)),
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Self::ReadOnly,
            kind => Self::Io(kind),
        }
    }
}
