#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use rusqlite::Connection;

use super::*;
use crate::store::connection::{DATABASE, open_writer};
use crate::store::testing::{TestClock, options};
use crate::store::{ListFilter, Store};

/// Everything that makes up the schema, so that two databases can be compared.
fn schema_of(conn: &Connection) -> Vec<(String, Option<String>)> {
    let mut statement = conn.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_str().unwrap().starts_with(DATABASE) {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn case_138_a_migration_killed_at_any_statement_is_made_again_as_a_whole() {
    let whole = Connection::open_in_memory().unwrap();
    let mut statements = 0;
    migrate_observed(&whole, &mut |done| {
        statements = done;
        Ok(())
    })
    .unwrap();
    assert!(statements > 10);

    for stop in 0..=statements {
        let dir = tempfile::tempdir().unwrap();
        let after_kill = tempfile::tempdir().unwrap();
        let conn = open_writer(dir.path()).unwrap();
        // Written out as it goes, so that the files hold what a kill would leave.
        conn.pragma_update(None, "cache_size", 1).unwrap();
        let outcome = migrate_observed(&conn, &mut |done| {
            if done < stop {
                return Ok(());
            }
            copy_files(dir.path(), after_kill.path());
            Err(StoreError::Closed)
        });
        assert_eq!(outcome, Err(StoreError::Closed));
        for files in [&dir, &after_kill] {
            let conn = open_writer(files.path()).unwrap();
            assert_eq!(version(&conn).unwrap(), 0, "after {stop} statements");
            migrate(&conn).unwrap();
            assert_eq!(schema_of(&conn), schema_of(&whole), "after {stop} statements");
            assert_eq!(version(&conn).unwrap(), CURRENT);
        }
    }
}

#[test]
fn case_138_a_newer_schema_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let clock = std::sync::Arc::new(TestClock::default());
    drop(Store::open(dir.path(), options(&clock)).unwrap());
    let conn = Connection::open(dir.path().join(DATABASE)).unwrap();
    conn.pragma_update(None, "user_version", CURRENT + 1).unwrap();
    drop(conn);
    let too_new = StoreError::TooNew { found: CURRENT + 1, known: CURRENT };
    assert_eq!(Store::open(dir.path(), options(&clock)).err(), Some(too_new.clone()));
    let reading = crate::store::OpenOptions { read_only: true, ..options(&clock) };
    assert_eq!(Store::open(dir.path(), reading).err(), Some(too_new));
    assert_eq!(version(&Connection::open(dir.path().join(DATABASE)).unwrap()).unwrap(), CURRENT + 1);
}

#[test]
fn a_database_of_schema_1_opens_and_shows_what_was_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let frozen = Connection::open(dir.path().join(DATABASE)).unwrap();
    frozen.execute_batch(include_str!("schema/frozen_v1.sql")).unwrap();
    assert_eq!(version(&frozen).unwrap(), 1);
    drop(frozen);
    let clock = std::sync::Arc::new(TestClock::default());
    let store = Store::open(dir.path(), options(&clock)).unwrap();
    let shown = store.read_blocking(|snapshot| {
        let account = snapshot.accounts()?.remove(0);
        let mailbox = snapshot.mailboxes(account.id)?.remove(0);
        let page = snapshot.page(mailbox.id, ListFilter::default(), None, 10)?;
        let body = snapshot.body(page[1].message, "")?;
        Ok((account, mailbox, page, body))
    });
    let (account, mailbox, page, body) = shown.unwrap();
    assert_eq!((account.name.as_str(), mailbox.naming.name.as_str()), ("frozen", "INBOX"));
    assert_eq!((mailbox.total, mailbox.unread), (2, 1));
    assert_eq!(page[0].subject, "Second mail");
    assert_eq!(page[1].from[0].email, "ann@example.org");
    assert_eq!(page[0].thread, page[1].thread);
    assert_eq!(body.unwrap().into_bytes().unwrap(), b"Subject: First mail\r\n\r\nHello\r\n");
    let search = crate::store::Search { matcher: Some("second".to_owned()), ..Default::default() };
    assert_eq!(store.read_blocking(|snapshot| snapshot.search(&search, None, 5)).unwrap().len(), 1);
}

#[test]
fn the_frozen_schema_1_is_what_migration_1_makes() {
    let frozen = Connection::open_in_memory().unwrap();
    frozen.execute_batch(include_str!("schema/frozen_v1.sql")).unwrap();
    let made = Connection::open_in_memory().unwrap();
    made.execute_batch(MIGRATIONS[0]).unwrap();
    assert_eq!(schema_of(&frozen), schema_of(&made));
}
