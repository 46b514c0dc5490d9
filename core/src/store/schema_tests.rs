#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use rusqlite::Connection;

use super::*;
use crate::store::connection::{DATABASE, open_writer};
use crate::store::testing::{self, TestClock, options, thaw};
use crate::store::{ListFilter, Store};

fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_str().unwrap().starts_with(DATABASE) {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// A history that does what migrations do: new columns, data moved, tables made anew under their old names.
const HISTORY: [&str; 3] = [
    "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
     INSERT INTO people SELECT i, 'person ' || i FROM n;",
    "ALTER TABLE people ADD COLUMN email TEXT NOT NULL DEFAULT '';
     UPDATE people SET email = id || '@example.org';
     CREATE INDEX people_email ON people (email);",
    "CREATE TABLE people_new (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL) STRICT;
     INSERT INTO people_new SELECT id, email, name FROM people;
     DROP TABLE people;
     ALTER TABLE people_new RENAME TO people;
     CREATE INDEX people_name ON people (name);",
];

fn names_of(conn: &Connection) -> Vec<String> {
    let Ok(mut statement) = conn.prepare("SELECT name || id FROM people ORDER BY id") else { return Vec::new() };
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// Written out as it goes, so that the files hold what a kill would leave.
fn small_cache(dir: &Path) -> Connection {
    let conn = open_writer(dir).unwrap();
    conn.pragma_update(None, "cache_size", 1).unwrap();
    conn
}

/// What was cut off after `stop` statements is the last version that was complete, and goes on from there.
fn assert_resumes(dir: &Path, history: &[&str], version_left: u32, whole: &Connection, stop: usize) {
    let conn = open_writer(dir).unwrap();
    assert_eq!(version(&conn).unwrap(), version_left, "after {stop} statements");
    migrate_along(&conn, history, &mut |_| Ok(())).unwrap();
    assert_eq!(parts(&conn), parts(whole), "after {stop} statements");
    assert_eq!(names_of(&conn), names_of(whole), "after {stop} statements");
    let sound: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!((sound.as_str(), version(&conn).unwrap()), ("ok", history.len() as u32));
}

fn count_statements(history: &[&str]) -> (Connection, usize) {
    let (whole, mut statements) = (Connection::open_in_memory().unwrap(), 0);
    migrate_along(&whole, history, &mut |done| {
        statements = done;
        Ok(())
    })
    .unwrap();
    (whole, statements)
}

#[test]
fn case_138_a_migration_stopped_at_any_statement_is_made_again_as_a_whole() {
    for history in [MIGRATIONS, &HISTORY] {
        let (whole, statements) = count_statements(history);
        assert!(statements >= 10);
        for stop in 0..=statements {
            let dir = tempfile::tempdir().unwrap();
            let after_kill = tempfile::tempdir().unwrap();
            let (conn, mut left) = (small_cache(dir.path()), 0);
            let outcome = migrate_along(&conn, history, &mut |done| {
                if done < stop {
                    return Ok(());
                }
                left = version(&conn)?;
                copy_files(dir.path(), after_kill.path());
                Err(StoreError::Closed)
            });
            assert_eq!(outcome, Err(StoreError::Closed));
            for files in [&dir, &after_kill] {
                assert_resumes(files.path(), history, left, &whole, stop);
            }
        }
    }
}

#[test]
fn case_138_a_process_killed_in_a_migration_leaves_the_version_before() {
    if let Some(role) = testing::child_role() {
        let (stop, dir) = role.split_once(' ').unwrap();
        let stop: usize = stop.parse().unwrap();
        let conn = small_cache(Path::new(dir));
        let die = |done| if done == stop { std::process::abort() } else { Ok(()) };
        migrate_along(&conn, &HISTORY, &mut { die }).unwrap();
        return;
    }
    let (whole, statements) = count_statements(&HISTORY);
    let mut versions = Vec::new();
    for stop in 0..=statements {
        let dir = tempfile::tempdir().unwrap();
        let role = format!("{stop} {}", dir.path().display());
        let name = "case_138_a_process_killed_in_a_migration_leaves_the_version_before";
        let output = testing::child(module_path!(), name, &role).output().unwrap();
        assert!(!output.status.success(), "it did not die");
        let left = version(&open_writer(dir.path()).unwrap()).unwrap();
        assert_resumes(dir.path(), &HISTORY, left, &whole, stop);
        versions.push(left);
    }
    versions.dedup();
    assert_eq!(versions, [0, 1, 2]);
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
fn the_frozen_database_has_rows_in_every_table() {
    let frozen = Connection::open_in_memory().unwrap();
    frozen.execute_batch(include_str!("schema/frozen_v1.sql")).unwrap();
    let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')
               AND name NOT LIKE 'sqlite%' ORDER BY name";
    let mut statement = frozen.prepare(sql).unwrap();
    let tables: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(tables.len() >= 16, "{tables:?}");
    for table in tables {
        let rows: i64 = frozen.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert!(rows > 0, "{table} is empty");
    }
}

#[test]
fn a_database_of_schema_1_opens_and_shows_what_was_in_it() {
    let dir = tempfile::tempdir().unwrap();
    thaw(dir.path());
    let clock = std::sync::Arc::new(TestClock::default());
    let store = Store::open(dir.path(), options(&clock)).unwrap();
    assert!(testing::wait(store.check()).unwrap().is_clean());
    let shown = store.read_blocking(|snapshot| {
        let account = snapshot.accounts()?.remove(0);
        let mailbox = snapshot.mailboxes(account.id)?.remove(0);
        let page = snapshot.page(mailbox.id, ListFilter::default(), None, 10)?;
        let body = snapshot.body(page[1].message, "")?;
        Ok((account, mailbox, page, body))
    });
    let (account, mailbox, page, body) = shown.unwrap();
    assert_eq!((account.name.as_str(), account.settings.as_str()), ("frozen", "{\"a\":1}"));
    assert_eq!(account.sync.completed.unwrap().0, 1_700_000_250);
    assert_eq!((mailbox.naming.name.as_str(), mailbox.total, mailbox.unread), ("INBOX", 2, 1));
    assert!(mailbox.state.is_complete());
    assert_eq!((page[0].subject.as_str(), page[0].flags.keyword_text().as_str()), ("Second mail", "$Work"));
    assert_eq!(page[1].from[0].email, "ann@example.org");
    assert_eq!(page[0].thread, page[1].thread);
    assert_eq!(body.unwrap().into_bytes().unwrap(), b"Subject: First mail\r\n\r\nHello\r\n");
    let orphan = crate::model::MessageId(4);
    let large = store.read_blocking(|snapshot| snapshot.body(orphan, "")).unwrap().unwrap();
    assert_eq!(large.into_bytes().unwrap(), [b'B'; 70_000]);
    let gap = store.read_blocking(|snapshot| snapshot.gaps(mailbox.id)).unwrap().remove(0);
    assert_eq!((gap.uid.get(), gap.tries, gap.quarantined.as_deref()), (3, 2, Some("no answer")));
    let moved = store.read_blocking(|snapshot| snapshot.message(crate::model::PlaceId(5))).unwrap().unwrap();
    assert_eq!(moved.row.id, page[0].id, "an id that was given up leads to what took its place");
}

#[test]
fn the_mails_of_schema_1_are_found_once_they_are_indexed_anew() {
    let dir = tempfile::tempdir().unwrap();
    thaw(dir.path());
    let clock = std::sync::Arc::new(TestClock::default());
    let fixture = testing::Fixture::of(Store::open(dir.path(), options(&clock)).unwrap(), dir, clock);
    let count = |s: &crate::store::Snapshot<'_>| {
        Ok(s.prepare("SELECT count(*) FROM messages")?.query_row([], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(fixture.read(|s| s.unindexed_count()), fixture.read(count).cast_unsigned());
    let found = |word: &str| {
        let search = crate::store::Search { matcher: Some(word.to_owned()), ..Default::default() };
        fixture.read(|s| s.search(&search, None, 5)).len()
    };
    assert_eq!((found("mail"), found("first")), (0, 0));
    // Its body is not looked at, as if it came after: it stays to be indexed again, and is found by its header meanwhile.
    let first = crate::store::ToIndex { message: crate::model::MessageId(1), had_body: false, digest: None };
    fixture.mirror(move |tx| tx.index(&[first]));
    assert_eq!((found("mail"), found("first")), (1, 1), "what is indexed so far is found");
    fixture.index_all();
    assert_eq!(found("mail"), 3);
    for typed in ["first", "\"f\"*", "\"fi\"*", "\"fir\"*"] {
        assert_eq!(found(typed), 1, "{typed}");
    }
    assert!(testing::wait(fixture.store.check()).unwrap().is_clean());
}

#[test]
fn a_database_of_schema_1_is_synced_on() {
    let dir = tempfile::tempdir().unwrap();
    thaw(dir.path());
    let clock = std::sync::Arc::new(TestClock::default());
    let fixture = testing::Fixture::of(Store::open(dir.path(), options(&clock)).unwrap(), dir, clock);
    let inbox = fixture.inbox;
    let second = crate::model::MessageId(2);
    // The download that had begun goes on, and ends.
    let begun = fixture.mirror(move |tx| tx.begin_incoming(second, ""));
    assert_eq!((begun.id, begun.offset), (1, 9));
    let mut file = fixture.store.incoming_file(begun).unwrap().unwrap();
    file.append(b"Second mail\r\n\r\n").unwrap();
    let body = testing::wait(fixture.store.prepare_body(crate::store::BodySource::Incoming(file))).unwrap();
    fixture.mirror(move |tx| tx.store_body(second, "", body));
    // An answer joins the thread of what it answers, and fills the gap.
    let mut answer = testing::message(3);
    answer.envelope.in_reply_to = vec!["two@example.org".to_owned()];
    assert_eq!(fixture.insert(vec![answer]).new, 1);
    let page = fixture.read(|s| s.page(inbox, ListFilter::default(), None, 9));
    assert_eq!(page.iter().map(|row| row.thread.0).collect::<Vec<_>>(), [1, 1, 1]);
    assert_eq!(fixture.read(|s| s.gaps(inbox)), []);
    // The detached mail is known again.
    let mut found = testing::message(9);
    found.envelope.message_id = Some("three@example.org".to_owned());
    found.envelope.date = Some(crate::model::Timestamp(1_700_000_050));
    found.size = Some(50);
    found.internal_date = Some(crate::model::Timestamp(1_700_000_051));
    found.envelope.subject = "Detached mail".to_owned();
    (found.envelope.from, found.envelope.to) = (Vec::new(), Vec::new());
    let old = crate::model::MailboxId(2);
    let outcome = fixture.mirror(move |tx| tx.insert_new(old, &[found]));
    assert_eq!((outcome.rebound, outcome.new), (1, 0));
    let seen = testing::flags(&["\\Seen"]);
    let changed = fixture.mirror(move |tx| tx.update_flags(inbox, &[(testing::uid(2), seen, None)]));
    assert_eq!(changed.changed, 1);
    fixture.mirror(move |tx| tx.remove_uids(inbox, &testing::uids(&[1])));
    fixture.index_all();
    fixture.mirror(|tx| tx.collect_garbage(crate::model::Timestamp(i64::MAX / 2)));
    fixture.assert_counts();
    assert!(testing::wait(fixture.store.check()).unwrap().is_clean());
}

#[test]
fn the_frozen_schema_1_is_what_migration_1_makes() {
    let frozen = Connection::open_in_memory().unwrap();
    frozen.execute_batch(include_str!("schema/frozen_v1.sql")).unwrap();
    let made = Connection::open_in_memory().unwrap();
    made.execute_batch(MIGRATIONS[0]).unwrap();
    assert_eq!(parts(&frozen), parts(&made));
}
