#![allow(clippy::unwrap_used, clippy::expect_used)]

use rusqlite::Connection;

use crate::store::testing::{Fixture, message, options, uids, wait};
use crate::store::{BodySource, Store, StoreError};

/// A store with a body in a file of more than one piece, and the backup of it.
fn backed_up() -> (Fixture, std::path::PathBuf, Vec<u8>) {
    let fixture = Fixture::new();
    fixture.insert((1..=30).map(message).collect());
    let id = fixture.read(|s| s.page(fixture.inbox, Default::default(), None, 1))[0].message;
    let bytes: Vec<u8> = (0..2_500_000_u32).map(|n| (n / 7) as u8).collect();
    let body = wait(fixture.store.prepare_body(BodySource::Bytes(bytes.clone()))).unwrap();
    fixture.mirror(move |tx| tx.store_body(id, "", body));
    let begun = fixture.mirror(move |tx| tx.begin_incoming(id, "2"));
    fixture.store.incoming_file(begun).unwrap().unwrap().append(b"beginning").unwrap();
    let file = fixture.dir.path().join("backup.postrider");
    wait(fixture.store.backup(&file)).unwrap();
    (fixture, file, bytes)
}

#[test]
fn a_backup_restored_elsewhere_is_the_same_store() {
    let (fixture, file, bytes) = backed_up();
    let inbox = fixture.inbox;
    let elsewhere = tempfile::tempdir().unwrap();
    Store::restore(&file, elsewhere.path()).unwrap();
    let restored = Store::open(elsewhere.path(), options(&fixture.clock)).unwrap();
    let page = |store: &Store| store.read_blocking(|s| s.page(inbox, Default::default(), None, 99)).unwrap();
    assert_eq!(page(&restored), page(&fixture.store));
    let body = restored.read_blocking(|s| s.body(page(&fixture.store)[0].message, "")).unwrap().unwrap();
    assert_eq!(body.into_bytes().unwrap(), bytes);
    assert!(wait(restored.check()).unwrap().is_clean());
}

#[test]
fn restoring_over_a_store_brings_back_the_state_of_the_backup() {
    let (fixture, file, _) = backed_up();
    let inbox = fixture.inbox;
    fixture.mirror(move |tx| tx.remove_uids(inbox, &uids(&[1, 2, 3])));
    assert_eq!(Store::restore(&file, fixture.dir.path()), Err(StoreError::InUse { pid: Some(std::process::id()) }));
    wait(fixture.store.close()).unwrap();
    Store::restore(&file, fixture.dir.path()).unwrap();
    let store = Store::open(fixture.dir.path(), options(&fixture.clock)).unwrap();
    assert_eq!(store.read_blocking(|s| s.mailbox(inbox)).unwrap().unwrap().total, 30);
    assert!(wait(store.check()).unwrap().is_clean());
}

#[test]
fn what_is_no_sound_backup_is_refused_and_the_store_stays() {
    let (fixture, file, _) = backed_up();
    let inbox = fixture.inbox;
    wait(fixture.store.close()).unwrap();
    let broken = fixture.dir.path().join("broken");
    let refused = |expected: StoreError| {
        assert_eq!(Store::restore(&broken, fixture.dir.path()), Err(expected));
        let store = Store::open(fixture.dir.path(), options(&fixture.clock)).unwrap();
        assert_eq!(store.read_blocking(|s| s.mailbox(inbox)).unwrap().unwrap().total, 30);
        assert!(!fixture.dir.path().join("restore.new").exists());
        wait(store.close()).unwrap();
    };
    std::fs::write(&broken, b"not a backup at all").unwrap();
    refused(StoreError::Damaged);

    let edit = |sql: &str| {
        std::fs::copy(&file, &broken).unwrap();
        let conn = Connection::open(&broken).unwrap();
        conn.execute_batch(sql).unwrap();
    };
    edit("UPDATE blob_files SET data = x'00' WHERE at = 1");
    refused(StoreError::Damaged);
    edit("PRAGMA user_version = 999");
    refused(StoreError::TooNew { found: 999, known: crate::store::schema::CURRENT });
    edit("DROP TABLE blob_files");
    refused(StoreError::Damaged);

    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&broken, &whole[..whole.len() / 2]).unwrap();
    refused(StoreError::Damaged);
}

#[test]
fn a_backup_replaces_no_file() {
    let (fixture, file, _) = backed_up();
    assert_eq!(wait(fixture.store.backup(&file)), Err(StoreError::Exists("file")));
    let nowhere = fixture.dir.path().join("no/such/folder/backup");
    assert!(wait(fixture.store.backup(&nowhere)).is_err());
}

#[cfg(unix)]
#[test]
fn a_backup_and_what_is_restored_from_it_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (fixture, file, _) = backed_up();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let (fresh, open_to_all) = (fixture.dir.path().join("fresh"), fixture.dir.path().join("open"));
    wait(fixture.store.backup(&fresh)).unwrap();
    std::fs::copy(&file, &open_to_all).unwrap();
    std::fs::set_permissions(&open_to_all, std::fs::Permissions::from_mode(0o644)).unwrap();
    Store::restore(&open_to_all, elsewhere.path()).unwrap();
    for path in [fresh, elsewhere.path().join("postrider.db")] {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
}
