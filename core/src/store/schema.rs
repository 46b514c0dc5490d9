//! The schema and how a store gets from one version of it to the next: each step is one transaction that ends with the
//! new `user_version`, so that a step cut short leaves the version before.

use std::sync::OnceLock;

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::{Batch, Connection};

use super::StoreError;

const MIGRATIONS: &[&str] = &[
    include_str!("schema/v1.sql"),
    include_str!("schema/v2.sql"),
    include_str!("schema/v3.sql"),
    include_str!("schema/v4.sql"),
    include_str!("schema/v5.sql"),
];

/// The schema this version writes.
pub(super) const CURRENT: u32 = MIGRATIONS.len() as u32;

/// Tables that every schema has. A database without them, of whatever version it says it is, is none of ours.
const ESSENTIAL: [&str; 7] = ["accounts", "mailboxes", "messages", "places", "blobs", "fulltext", "operations"];

/// Brings the database to [`CURRENT`].
///
/// # Errors
/// [`StoreError::TooNew`]; [`StoreError::Damaged`] where it is not a store's database.
pub(super) fn migrate(conn: &Connection) -> Result<(), StoreError> {
    migrate_along(conn, MIGRATIONS, &mut |_| Ok(()))?;
    check_tables(conn)
}

/// Applies those of the migrations that the database lacks; `observe` is told before each statement how many were run, and
/// stops everything by an error.
fn migrate_along(
    conn: &Connection,
    migrations: &[&str],
    observe: &mut dyn FnMut(usize) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let (found, known) = (version(conn)?, migrations.len() as u32);
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    if found == 0 && conn.query_row("SELECT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))? {
        // Not empty, so its version is wrong.
        return Err(StoreError::Damaged);
    }
    let mut done = 0;
    for (index, sql) in migrations.iter().enumerate().skip(found as usize) {
        let tx = rusqlite::Transaction::new_unchecked(conn, rusqlite::TransactionBehavior::Immediate)?;
        let mut batch = Batch::new(&tx, sql);
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
    let found: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    u32::try_from(found).map_err(|_| StoreError::Damaged)
}

/// Whether the tables are there that nothing works without.
///
/// # Errors
/// [`StoreError::Damaged`] where one is missing.
pub(super) fn check_tables(conn: &Connection) -> Result<(), StoreError> {
    for table in ESSENTIAL {
        if !conn.table_exists(Some("main"), table)? {
            return Err(StoreError::Damaged);
        }
    }
    Ok(())
}

/// Whether the database is built as [`CURRENT`] is. Damage may change a name in it, and all that SQLite checks still hold.
pub(super) fn is_as_made(conn: &Connection) -> Result<bool, StoreError> {
    static MADE: OnceLock<Vec<Part>> = OnceLock::new();
    let made = match MADE.get() {
        Some(made) => made,
        None => {
            let made = Connection::open_in_memory()?;
            migrate(&made)?;
            let made = parts(&made)?;
            MADE.get_or_init(|| made)
        }
    };
    Ok(parts(conn)? == *made)
}

/// A table or index: its type, its name, its SQL.
type Part = (String, String, Option<String>);

/// Everything that makes up the schema.
fn parts(conn: &Connection) -> Result<Vec<Part>, StoreError> {
    let mut statement = conn.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
