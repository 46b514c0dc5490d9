//! The schema and how a store gets from one version of it to the next: each step is one transaction that ends with the
//! new `user_version`, so that a step cut short leaves the version before.

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::{Batch, Connection};

use super::StoreError;

const MIGRATIONS: &[&str] = &[include_str!("schema/v1.sql")];

/// The schema this version writes.
pub(super) const CURRENT: u32 = MIGRATIONS.len() as u32;

/// Brings the database to [`CURRENT`].
pub(super) fn migrate(conn: &Connection) -> Result<(), StoreError> {
    migrate_observed(conn, &mut |_| Ok(()))
}

/// As [`migrate`]; `observe` is told before each statement how many were run, and stops the migration by an error.
fn migrate_observed(
    conn: &Connection,
    observe: &mut dyn FnMut(usize) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let found = version(conn)?;
    if found > CURRENT {
        return Err(StoreError::TooNew { found, known: CURRENT });
    }
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(found as usize) {
        let tx = rusqlite::Transaction::new_unchecked(conn, rusqlite::TransactionBehavior::Immediate)?;
        let mut batch = Batch::new(&tx, sql);
        let mut done = 0;
        while let Some(mut statement) = batch.next()? {
            observe(done)?;
            statement.raw_execute()?;
            done += 1;
        }
        observe(done)?;
        tx.pragma_update(None, "user_version", index as u32 + 1)?;
        tx.commit()?;
    }
    Ok(())
}

/// The schema of the database.
pub(super) fn version(conn: &Connection) -> Result<u32, StoreError> {
    Ok(conn.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
