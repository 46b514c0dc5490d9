#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::store::testing::{Fixture, message, wait};
use crate::store::{BodySource, BodyState, CheckReport};

fn with_large_body() -> (Fixture, crate::model::MessageId) {
    let fixture = Fixture::new();
    fixture.insert(vec![message(1)]);
    let id = fixture.read(|s| s.page(fixture.inbox, Default::default(), None, 1))[0].message;
    for (section, byte) in [("", 1), ("1", 2)] {
        let body = wait(fixture.store.prepare_body(BodySource::Bytes(vec![byte; 70_000]))).unwrap();
        fixture.mirror(move |tx| tx.store_body(id, section, body));
    }
    (fixture, id)
}

#[test]
fn a_sound_store_has_nothing_to_report() {
    let (fixture, _) = with_large_body();
    assert_eq!(wait(fixture.store.check()).unwrap(), CheckReport::default());
}

#[test]
fn wrong_counts_are_found_and_put_right() {
    let (fixture, _) = with_large_body();
    let inbox = fixture.inbox;
    fixture.mirror(|tx| Ok(tx.conn().execute("UPDATE mailboxes SET total = 9, unread = 0", [])?));
    assert_eq!(wait(fixture.store.check()).unwrap().wrong_counts, [inbox]);
    assert!(wait(fixture.store.repair()).unwrap().is_clean());
    fixture.assert_counts();
}

#[test]
fn a_body_whose_file_was_changed_or_lost_is_wanted_again() {
    let (fixture, id) = with_large_body();
    let blobs = fixture.dir.path().join("blobs");
    let raw = fixture.read(|s| s.body(id, "")).unwrap();
    let crate::store::Body::File { path, .. } = raw else { panic!("not in a file") };
    std::fs::write(path, vec![9; 70_000]).unwrap();
    std::fs::write(blobs.join("stray"), b"x").unwrap();
    let report = wait(fixture.store.check()).unwrap();
    assert_eq!((report.damaged_bodies, report.stray_files), (1, 1));
    assert!(wait(fixture.store.repair()).unwrap().is_clean());
    let row = |fixture: &Fixture| fixture.read(|s| s.page(fixture.inbox, Default::default(), None, 1)).remove(0);
    assert_eq!(row(&fixture).body, BodyState::Partial);
    assert_eq!(fixture.read(|s| s.sections(id)), ["1"]);

    for entry in std::fs::read_dir(&blobs).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    assert!(wait(fixture.store.repair()).unwrap().is_clean());
    assert_eq!(row(&fixture).body, BodyState::None);
    let wanted = fixture.read(|s| s.body_wanted(fixture.inbox, &Default::default(), None, 9));
    assert_eq!(wanted.len(), 1);
}

#[test]
fn case_137_a_damaged_full_text_index_is_made_again() {
    let fixture = Fixture::new();
    fixture.insert((1..=50).map(message).collect());
    fixture.index_all();
    let id = fixture.read(|s| s.page(fixture.inbox, Default::default(), None, 1))[0].message;
    let raw = wait(fixture.store.prepare_body(BodySource::Bytes(b"raw".to_vec()))).unwrap();
    fixture.mirror(move |tx| tx.store_body(id, "", raw));
    let other = rusqlite::Connection::open(fixture.dir.path().join("postrider.db")).unwrap();
    other.execute("UPDATE fulltext_data SET block = zeroblob(length(block)) WHERE id > 10", []).unwrap();
    let search = crate::store::Search { matcher: Some("subject".to_owned()), ..Default::default() };
    let find = || fixture.store.read_blocking(|s| s.search(&search, None, 99)).map(|found| found.len());
    assert_eq!(find(), Err(crate::store::StoreError::Damaged));
    assert!(!wait(fixture.store.check()).unwrap().database.is_empty());
    assert_eq!(wait(fixture.store.repair()).unwrap(), CheckReport::default());
    assert_eq!((find(), fixture.read(|s| s.unindexed_count())), (Ok(0), 50));
    fixture.index_all();
    assert_eq!((find(), fixture.read(|s| s.unindexed_count())), (Ok(50), 0));
    assert!(wait(fixture.store.check()).unwrap().is_clean());
}

#[test]
fn case_137_a_name_in_the_schema_that_damage_changed_is_found() {
    let fixture = Fixture::new();
    fixture.with_writer(|conn| conn.execute_batch("ALTER TABLE messages RENAME COLUMN preview TO prewiev").unwrap());
    assert_eq!(wait(fixture.store.check()).unwrap().database, ["the schema is not the one that was made"]);
    assert!(!wait(fixture.store.repair()).unwrap().is_clean());
}

#[test]
fn an_index_that_changed_since_the_last_check_is_not_taken_for_a_damaged_one() {
    let fixture = Fixture::new();
    for first in (1..400).step_by(10) {
        fixture.insert((first..first + 10).map(message).collect());
        fixture.index_all();
        assert!(wait(fixture.store.check()).unwrap().is_clean(), "after {first}");
    }
}
