#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::os::unix::fs::FileExt;
use std::sync::Arc;

use crate::store::testing::{Fixture, TestClock, message, naming, options, uid, wait};
use crate::store::{BodySource, OpenOptions, Salvaged, Store, StoreError};

#[test]
fn case_139_a_second_owner_is_refused_and_told_who_the_first_is() {
    let fixture = Fixture::new();
    let second = Store::open(fixture.dir.path(), options(&fixture.clock));
    assert_eq!(second.err(), Some(StoreError::InUse { pid: Some(std::process::id()) }));
    let fixture = fixture.reopen();
    assert_eq!(fixture.read(|s| s.accounts()).len(), 1);
}

#[cfg(unix)]
#[test]
fn the_database_and_what_stands_beside_it_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::new();
    fixture.insert(vec![message(1)]);
    for name in ["postrider.db", "postrider.db-wal"] {
        let mode = std::fs::metadata(fixture.dir.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
}

#[test]
fn a_reader_needs_no_lock_and_cannot_write() {
    let fixture = Fixture::new();
    fixture.insert(vec![message(1)]);
    let reading = OpenOptions { read_only: true, ..options(&fixture.clock) };
    let reader = Store::open(fixture.dir.path(), reading.clone()).unwrap();
    assert_eq!(reader.read_blocking(|s| s.mailbox(fixture.inbox)).unwrap().unwrap().total, 1);
    assert_eq!(wait(reader.mirror(|_| Ok(()))), Err(StoreError::ReadOnly));
    assert_eq!(wait(reader.config(|_| Ok(()))), Err(StoreError::ReadOnly));
    let nowhere = tempfile::tempdir().unwrap();
    assert_eq!(Store::open(nowhere.path(), reading).err(), Some(StoreError::NotFound("store")));
    assert_eq!(std::fs::read_dir(nowhere.path()).unwrap().count(), 0, "a reader made files");
}

#[test]
fn a_snapshot_does_not_see_what_is_committed_after_it_began() {
    let fixture = Fixture::new();
    let inbox = fixture.inbox;
    fixture.insert(vec![message(1)]);
    let store = fixture.store.clone();
    let (before, within) = fixture.read(|snapshot| {
        let before = snapshot.mailbox(inbox)?.unwrap().total;
        wait(store.mirror(move |tx| tx.insert_new(inbox, &[message(2)]))).unwrap();
        Ok((
            before,
            (snapshot.mailbox(inbox)?.unwrap().total, snapshot.page(inbox, Default::default(), None, 9)?.len()),
        ))
    });
    assert_eq!((before, within), (1, (1, 1)));
    assert_eq!(fixture.read(|s| s.mailbox(inbox)).unwrap().total, 2);
}

#[test]
fn case_137_a_file_that_is_no_database_is_damaged_and_salvage_begins_anew() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::default());
    std::fs::write(dir.path().join("postrider.db"), [0x5a; 8192]).unwrap();
    assert_eq!(Store::open(dir.path(), options(&clock)).err(), Some(StoreError::Damaged));
    assert_eq!(std::fs::read(dir.path().join("postrider.db")).unwrap(), [0x5a; 8192], "the damaged file was changed");
    let salvaged = Store::salvage(dir.path()).unwrap();
    assert_eq!(salvaged, Salvaged { accounts: 0, incomplete: true });
    let store = Store::open(dir.path(), options(&clock)).unwrap();
    assert!(wait(store.check()).unwrap().is_clean());
    assert!(dir.path().join("postrider.db.damaged").exists());
}

#[test]
fn case_137_a_damaged_page_is_told_and_the_accounts_are_saved() {
    let fixture = Fixture::new();
    fixture.insert((1..=3000).map(message).collect());
    wait(fixture.store.close()).unwrap();
    let path = fixture.dir.path().join("postrider.db");
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let pages = file.metadata().unwrap().len() / 4096;
    for page in (pages / 4..pages).step_by(3) {
        file.write_all_at(&[0xa5; 4096], page * 4096).unwrap();
    }
    let store = Store::open(fixture.dir.path(), options(&fixture.clock)).unwrap();
    assert!(!wait(store.check()).map_or_else(|error| error != StoreError::Damaged, |report| report.is_clean()));
    let inbox = fixture.inbox;
    let all = store.read_blocking(|s| s.page(inbox, Default::default(), None, 5000));
    assert_eq!(all, Err(StoreError::Damaged));
    wait(store.close()).unwrap();

    let salvaged = Store::salvage(fixture.dir.path()).unwrap();
    assert_eq!(salvaged, Salvaged { accounts: 1, incomplete: false });
    let store = Store::open(fixture.dir.path(), options(&fixture.clock)).unwrap();
    let account = store.read_blocking(|s| s.accounts()).unwrap().remove(0);
    assert_eq!((account.id, account.name.as_str()), (fixture.account, "home"));
    assert!(wait(store.check()).unwrap().is_clean());
}

#[test]
fn case_133_what_was_committed_is_there_after_the_process_died() {
    let fixture = Fixture::new();
    fixture.insert((1..=100).map(message).collect());
    // The files as they are while the store is open are what a killed process leaves.
    let after = tempfile::tempdir().unwrap();
    for name in ["postrider.db", "postrider.db-wal"] {
        std::fs::copy(fixture.dir.path().join(name), after.path().join(name)).unwrap();
    }
    let store = Store::open(after.path(), options(&fixture.clock)).unwrap();
    assert_eq!(store.read_blocking(|s| s.mailbox(fixture.inbox)).unwrap().unwrap().total, 100);
    assert!(wait(store.check()).unwrap().is_clean());
}

#[test]
fn an_account_goes_with_all_its_mail_and_no_other() {
    let fixture = Fixture::new();
    let (account, inbox) = (fixture.account, fixture.inbox);
    fixture.insert(vec![message(1), message(2)]);
    let ids: Vec<_> =
        fixture.read(|s| s.page(inbox, Default::default(), None, 9)).iter().map(|row| row.message).collect();
    let (first, second) = (ids[0], ids[1]);
    let large = wait(fixture.store.prepare_body(BodySource::Bytes(vec![1; 70_000]))).unwrap();
    fixture.mirror(move |tx| tx.store_body(first, "", large));
    let incoming = fixture.mirror(move |tx| tx.begin_incoming(second, "2"));
    fixture.store.incoming_file(incoming).unwrap().unwrap().append(b"part").unwrap();
    let other = wait(fixture.store.config(|tx| tx.add_account("work", "bob@example.org", "{}"))).unwrap();
    let kept = fixture.mirror(move |tx| {
        let mailbox = tx.insert_mailbox(other, &naming("INBOX"))?;
        tx.insert_new(mailbox, &[message(1)]).map(|_| mailbox)
    });

    wait(fixture.store.config(move |tx| tx.remove_account(account))).unwrap();
    assert_eq!(fixture.read(|s| s.accounts()).iter().map(|a| a.id).collect::<Vec<_>>(), [other]);
    assert!(fixture.read(|s| s.place_by_uid(kept, uid(1))).is_some());
    fixture.index_all();
    let search = crate::store::Search { matcher: Some("subject".to_owned()), ..Default::default() };
    assert_eq!(fixture.read(|s| s.search(&search, None, 9)).len(), 1);
    for folder in ["blobs", "incoming"] {
        assert_eq!(std::fs::read_dir(fixture.dir.path().join(folder)).unwrap().count(), 0, "{folder}");
    }
    assert!(wait(fixture.store.check()).unwrap().is_clean());
}

#[test]
fn account_names_are_unique_whatever_their_case_and_settings_are_json() {
    let fixture = Fixture::new();
    let taken = wait(fixture.store.config(|tx| tx.add_account("HOME", "x@example.org", "{}")));
    assert_eq!(taken, Err(StoreError::Exists("account")));
    let account = fixture.account;
    wait(fixture.store.config(move |tx| tx.update_account(account, "Home", "x@example.org", "{\"a\":1}"))).unwrap();
    let read = fixture.read(|s| s.account(account)).unwrap();
    assert_eq!((read.name.as_str(), read.settings.as_str()), ("Home", "{\"a\":1}"));
    let broken = wait(fixture.store.config(move |tx| tx.update_account(account, "Home", "x", "{")));
    assert!(matches!(broken, Err(StoreError::Internal(_))));
}

#[test]
fn a_sync_record_keeps_the_last_complete_time() {
    let fixture = Fixture::new();
    let account = fixture.account;
    fixture.clock.set(100);
    fixture.mirror(move |tx| tx.record_sync(account, true, "done"));
    fixture.clock.set(200);
    fixture.mirror(move |tx| tx.record_sync(account, false, "no network"));
    let record = fixture.read(|s| s.account(account)).unwrap().sync;
    assert_eq!((record.attempted.unwrap().0, record.completed.unwrap().0), (200, 100));
    assert_eq!(record.outcome, "no network");
}

#[test]
fn ids_are_never_used_again() {
    let fixture = Fixture::new();
    let (account, inbox) = (fixture.account, fixture.inbox);
    fixture.insert(vec![message(1)]);
    let first = fixture.read(|s| s.page(inbox, Default::default(), None, 1)).remove(0);
    let gone = fixture.mirror(move |tx| {
        tx.remove_mailbox(inbox)?;
        tx.insert_mailbox(account, &naming("INBOX"))
    });
    assert!(gone > inbox);
    // Another mail: the same one would have its id again.
    fixture.mirror(move |tx| tx.insert_new(gone, &[message(2)]));
    let second = fixture.read(|s| s.page(gone, Default::default(), None, 1)).remove(0);
    assert!(second.id > first.id && second.message > first.message);
}

#[test]
fn case_150_a_log_that_a_long_reader_made_grow_is_cut_back() {
    let fixture = Fixture::new();
    let inbox = fixture.inbox;
    let size = || std::fs::metadata(fixture.dir.path().join("postrider.db-wal")).unwrap().len();
    let long = |value| crate::store::NewMessage { preview: Some("x".repeat(3000)), ..message(value) };
    fixture.read(|snapshot| {
        snapshot.mailbox(inbox)?;
        for first in [1, 2001, 4001] {
            let batch: Vec<_> = (first..first + 2000).map(long).collect();
            wait(fixture.store.mirror(move |tx| tx.insert_new(inbox, &batch)))?;
        }
        Ok(())
    });
    assert!(size() > 16 << 20, "{}", size());
    fixture.insert(vec![message(7001)]);
    fixture.insert(vec![message(7002)]);
    assert!(size() <= 16 << 20, "{}", size());
}
