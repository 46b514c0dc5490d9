//! What is read: one consistent state of the store, however many queries are made on it.

mod counts;
mod matches;
mod message;
mod page;
mod row;
mod search;
mod threads;
mod walk;

use std::path::Path;

use rusqlite::{CachedStatement, Connection};

pub use counts::CountsChange;
pub use message::MessageDetail;
pub use page::{Cursor, ListFilter};
pub use row::MessageRow;
pub use search::Search;

use super::{StoreError, connection, schema};

/// One consistent state of the store. Within a write transaction: with what it has written so far.
pub struct Snapshot<'a> {
    conn: &'a Connection,
    dir: &'a Path,
}

impl<'a> Snapshot<'a> {
    pub(super) fn new(conn: &'a Connection, dir: &'a Path) -> Self {
        Self { conn, dir }
    }

    pub(super) fn conn(&self) -> &'a Connection {
        self.conn
    }

    pub(super) fn dir(&self) -> &'a Path {
        self.dir
    }

    pub(super) fn prepare(&self, sql: &str) -> Result<CachedStatement<'a>, StoreError> {
        #[cfg(test)]
        plan_tests::note(sql);
        Ok(self.conn.prepare_cached(sql)?)
    }
}

/// Whether there is a store that this version can read.
pub(super) fn check_readable(dir: &Path) -> Result<(), StoreError> {
    if !dir.join(connection::DATABASE).exists() {
        return Err(StoreError::NotFound("store"));
    }
    let conn = connection::open_reader(dir)?;
    let found = schema::version(&conn)?;
    match found.cmp(&schema::CURRENT) {
        std::cmp::Ordering::Greater => Err(StoreError::TooNew { found, known: schema::CURRENT }),
        // Only a writer may bring it up to date.
        std::cmp::Ordering::Less => Err(StoreError::ReadOnly),
        std::cmp::Ordering::Equal => schema::check_tables(&conn),
    }
}

#[cfg(test)]
mod plan_tests;
#[cfg(test)]
mod query_tests;
#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
