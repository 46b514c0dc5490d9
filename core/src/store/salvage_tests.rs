#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::model::AccountId;
use crate::store::testing::{Fixture, message, naming, options, uids, wait};
use crate::store::{BodySource, ListFilter, Search};

/// A store with two accounts, 400 mails and a body in a file, closed; and the mailbox of the mails.
fn closed_store() -> Fixture {
    let fixture = Fixture::new();
    wait(fixture.store.config(|tx| tx.add_account("work", "bob@example.org", "{\"a\":1}"))).unwrap();
    fixture.insert((1..=400).map(message).collect());
    let id = fixture.read(|s| s.page(fixture.inbox, ListFilter::default(), None, 1))[0].message;
    let body = wait(fixture.store.prepare_body(BodySource::Bytes(vec![1; 70_000]))).unwrap();
    fixture.mirror(move |tx| tx.store_body(id, "", body));
    fixture.index_all();
    wait(fixture.store.close()).unwrap();
    fixture
}

fn database(dir: &Path) -> std::path::PathBuf {
    dir.join(DATABASE)
}

fn open(fixture: &Fixture, dir: &Path) -> Result<Store, StoreError> {
    Store::open(dir, options(&fixture.clock))
}

fn copy_of(fixture: &Fixture) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in [DATABASE, "accounts.json"] {
        fs::copy(fixture.dir.path().join(name), dir.path().join(name)).unwrap();
    }
    dir
}

fn names(store: &Store) -> Vec<(AccountId, String)> {
    let accounts = store.read_blocking(|s| s.accounts()).unwrap();
    accounts.into_iter().map(|account| (account.id, account.name)).collect()
}

fn both() -> Vec<(AccountId, String)> {
    vec![(AccountId(1), "home".to_owned()), (AccountId(2), "work".to_owned())]
}

/// Everything an app does, and writing: it works or fails, by a typed error.
fn use_all(store: &Store) -> Result<(), StoreError> {
    let search = Search { matcher: Some("subject".to_owned()), ..Search::default() };
    store.read_blocking(|s| {
        for account in s.accounts()? {
            for mailbox in s.mailboxes(account.id)? {
                for row in s.page(mailbox.id, ListFilter::default(), None, 500)? {
                    s.message(row.id)?;
                    s.thread(row.thread)?;
                }
                s.page_threads(mailbox.id, ListFilter::default(), None, 500)?;
            }
        }
        s.search(&search, None, 50).map(drop)
    })?;
    let inbox = crate::model::MailboxId(1);
    wait(store.mirror(move |tx| tx.insert_new(inbox, &[message(1), message(900)])))?;
    wait(store.mirror(move |tx| tx.remove_uids(inbox, &uids(&[5, 6, 7]))))?;
    wait(store.config(|tx| tx.update_account(AccountId(1), "home", "x@example.org", "{}")))
}

/// What a person can do about any damage: the doctor's repair, and where that does not help, to begin anew.
fn recover(fixture: &Fixture, dir: &Path) -> Store {
    if let Ok(store) = open(fixture, dir) {
        let repaired = wait(store.repair());
        if repaired.is_ok_and(|report| report.is_clean()) && names(&store).len() == 2 {
            return store;
        }
        let _ = wait(store.close());
    }
    let salvaged = Store::salvage(dir).unwrap();
    assert_eq!(salvaged, Salvaged { accounts: 2, incomplete: false });
    open(fixture, dir).unwrap()
}

/// The store works after it: the accounts are there, and a sync can fill it.
fn assert_sound(store: &Store) {
    assert_eq!(names(store), both());
    let inbox = wait(store.mirror(|tx| {
        let there = tx.mailboxes(AccountId(1))?.first().map(|mailbox| mailbox.id);
        there.map_or_else(|| tx.insert_mailbox(AccountId(1), &naming("INBOX")), Ok)
    }));
    let inbox = inbox.unwrap();
    wait(store.mirror(move |tx| tx.insert_new(inbox, &[message(7000)]))).unwrap();
    assert!(wait(store.check()).unwrap().database.is_empty());
    wait(store.close()).unwrap();
}

#[derive(Clone, Debug)]
enum Damage {
    /// A byte, by its place as a fraction of the file, is changed.
    Byte(f64, u8),
    /// A page is filled with a byte.
    Page(f64, u8),
    /// The file ends here.
    Cut(f64),
    /// The header, from a byte on.
    Header(usize, u8),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        3 => (0.0..1.0, 1..=255u8).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        3 => (0.0..1.0, any::<u8>()).prop_map(|(at, byte)| Damage::Page(at, byte)),
        1 => (0.0..1.0).prop_map(Damage::Cut),
        2 => (0..100usize, 1..=255u8).prop_map(|(at, byte)| Damage::Header(at, byte)),
    ]
}

fn apply(damages: &[Damage], path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    for damage in damages {
        let length = bytes.len();
        let at = |fraction: f64| (fraction * length as f64) as usize;
        match damage {
            _ if length == 0 => {}
            Damage::Byte(place, byte) => bytes[at(*place)] ^= byte,
            Damage::Page(place, byte) => {
                let first = at(*place) / 4096 * 4096;
                bytes[first..(first + 4096).min(length)].fill(*byte);
            }
            Damage::Cut(place) => bytes.truncate(at(*place)),
            Damage::Header(place, byte) => {
                if let Some(there) = bytes.get_mut(*place) {
                    *there ^= byte;
                }
            }
        }
    }
    fs::write(path, bytes).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn case_137_whatever_is_damaged_nothing_panics_and_the_accounts_come_back(
        damages in prop::collection::vec(damage(), 1..5),
    ) {
        let fixture = closed_store();
        let dir = copy_of(&fixture);
        apply(&damages, &database(dir.path()));
        if let Ok(store) = open(&fixture, dir.path()) {
            let told = use_all(&store).and_then(|()| wait(store.check()).map(drop));
            prop_assert!(!matches!(&told, Err(StoreError::Internal(text)) if text.contains("panic")), "{told:?}");
            let _ = wait(store.close());
        }
        assert_sound(&recover(&fixture, dir.path()));
    }
}

#[test]
fn case_137_a_database_that_was_emptied_or_is_gone_is_not_replaced_in_silence() {
    let fixture = closed_store();
    for gone in [false, true] {
        let dir = copy_of(&fixture);
        if gone {
            fs::remove_file(database(dir.path())).unwrap();
        } else {
            fs::write(database(dir.path()), b"").unwrap();
        }
        for _ in 0..2 {
            assert_eq!(open(&fixture, dir.path()).err(), Some(StoreError::Damaged));
        }
        assert_eq!(Store::salvage(dir.path()), Ok(Salvaged { accounts: 2, incomplete: false }));
        assert_sound(&open(&fixture, dir.path()).unwrap());
    }
}

#[test]
fn case_137_without_the_copy_the_accounts_are_read_from_the_database_and_a_loss_is_told() {
    let fixture = closed_store();
    let dir = copy_of(&fixture);
    fs::remove_file(dir.path().join("accounts.json")).unwrap();
    assert_eq!(Store::salvage(dir.path()), Ok(Salvaged { accounts: 2, incomplete: false }));
    assert_sound(&open(&fixture, dir.path()).unwrap());

    let dir = copy_of(&fixture);
    fs::write(dir.path().join("accounts.json"), b"[{").unwrap();
    fs::write(database(dir.path()), [0x5a; 8192]).unwrap();
    assert_eq!(Store::salvage(dir.path()), Ok(Salvaged { accounts: 0, incomplete: true }));
    assert!(open(&fixture, dir.path()).is_ok());
    assert_eq!(fs::read(dir.path().join(ASIDE)).unwrap(), [0x5a; 8192]);
}

#[test]
fn after_a_salvage_no_id_is_given_again() {
    let fixture = closed_store();
    for readable in [true, false] {
        let dir = copy_of(&fixture);
        if !readable {
            fs::write(database(dir.path()), [0x5a; 8192]).unwrap();
        }
        Store::salvage(dir.path()).unwrap();
        let store = open(&fixture, dir.path()).unwrap();
        let mailbox = wait(store.mirror(|tx| tx.insert_mailbox(AccountId(1), &naming("INBOX")))).unwrap();
        assert!(mailbox > fixture.inbox);
        wait(store.mirror(move |tx| tx.insert_new(mailbox, &[message(1)]))).unwrap();
        let row = store.read_blocking(|s| s.page(mailbox, ListFilter::default(), None, 1)).unwrap().remove(0);
        assert!(row.id.0 > 400 && row.message.0 > 400);
        let account = wait(store.config(|tx| tx.add_account("new", "n@example.org", "{}"))).unwrap();
        assert!(account > AccountId(2));
    }
}

#[test]
fn the_copy_follows_the_accounts() {
    let fixture = Fixture::new();
    let copied = || account_copy::read(fixture.dir.path()).unwrap();
    assert_eq!(copied().len(), 1);
    let account = fixture.account;
    wait(fixture.store.config(move |tx| tx.update_account(account, "other", "o@example.org", "{\"b\":2}"))).unwrap();
    assert_eq!((copied()[0].name.as_str(), copied()[0].settings.as_str()), ("other", "{\"b\":2}"));
    wait(fixture.store.config(move |tx| tx.remove_account(account))).unwrap();
    assert_eq!(copied(), []);
    wait(fixture.store.close()).unwrap();
    fs::remove_file(database(fixture.dir.path())).unwrap();
    assert!(open(&fixture, fixture.dir.path()).is_ok(), "nothing was lost: there was no account");
}

#[test]
fn case_137_a_log_that_is_gone_or_wrong_and_a_stale_index_of_it_cost_no_accounts() {
    let fixture = closed_store();
    let store = open(&fixture, fixture.dir.path()).unwrap();
    let inbox = fixture.inbox;
    wait(store.mirror(move |tx| tx.insert_new(inbox, &(500..800).map(message).collect::<Vec<_>>()))).unwrap();
    // As they are while the store is open is what a kill leaves.
    let log = fs::read(fixture.dir.path().join("postrider.db-wal")).unwrap();
    let shared = fs::read(fixture.dir.path().join("postrider.db-shm")).unwrap();
    assert!(log.len() > 100_000);
    let cut = log.len() / 2 + 7;
    let mut flipped = log.clone();
    flipped[cut] ^= 1;
    let noise = vec![0xa5; shared.len()];
    for (log, shared) in [
        (None, None),
        (None, Some(&shared)),
        (Some(&log[..cut]), Some(&shared)),
        (Some(&flipped[..]), Some(&noise)),
        (Some(&log[..]), Some(&noise)),
        (Some(&[][..]), None),
    ] {
        let dir = copy_of(&fixture);
        for (name, bytes) in [("postrider.db-wal", log), ("postrider.db-shm", shared.map(Vec::as_slice))] {
            if let Some(bytes) = bytes {
                fs::write(dir.path().join(name), bytes).unwrap();
            }
        }
        let whole = log.is_some_and(|bytes| bytes.len() > cut && bytes[cut] != flipped[cut]);
        let opened = open(&fixture, dir.path()).unwrap();
        let total = opened.read_blocking(|s| s.mailbox(inbox)).unwrap().unwrap().total;
        assert_eq!(total, if whole { 700 } else { 400 }, "a commit is there as a whole or not at all");
        assert!(wait(opened.check()).unwrap().database.is_empty());
        assert_sound(&opened);
    }
}
