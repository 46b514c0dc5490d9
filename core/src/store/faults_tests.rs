//! The disk fills up, or fails, at any write; another process has the folder; the folder is none.

#![allow(clippy::unwrap_used, clippy::expect_used)]
#![allow(clippy::print_stdout, reason = "a child process tells its parent")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::testing::{Fixture, TestClock, Write, child, child_role, flags, message, options, uid, uids, wait};
use super::{BodySource, ListFilter, Store, StoreError};
use crate::model::{AccountId, MailboxId, Timestamp};

const INBOX: MailboxId = MailboxId(1);
/// What every store of these tests holds from the beginning, and never loses.
const BEFORE: u32 = 40;

fn filled() -> Fixture {
    let fixture = Fixture::new();
    fixture.insert((1..=BEFORE).map(message).collect());
    fixture.index_all();
    wait(fixture.store.close()).unwrap();
    fixture
}

fn copy_of(fixture: &Fixture) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in ["postrider.db", "accounts.json"] {
        fs::copy(fixture.dir.path().join(name), dir.path().join(name)).unwrap();
    }
    dir
}

fn open(dir: &Path) -> Result<Store, StoreError> {
    Store::open(dir, options(&Arc::new(TestClock::default())))
}

/// All kinds of writes of a sync, each in a transaction of its own, with how each went.
fn sync_something(store: &Store) -> Vec<Result<(), StoreError>> {
    let mut outcomes = Vec::new();
    for (first, size) in [(100, 30_000), (200, 100_000)] {
        let writes: [Write; 3] = [
            Box::new(move |tx| tx.insert_new(INBOX, &(first..first + 60).map(message).collect::<Vec<_>>()).map(drop)),
            Box::new(move |tx| tx.update_flags(INBOX, &[(uid(first), flags(&["\\Seen"]), None)]).map(drop)),
            Box::new(move |tx| tx.remove_uids(INBOX, &uids(&[first + 1])).map(drop)),
        ];
        outcomes.extend(writes.map(|write| wait(store.mirror(write))));
        let body = wait(store.prepare_body(BodySource::Bytes(vec![first as u8; size])));
        outcomes.push(body.and_then(|body| {
            wait(store.mirror(move |tx| {
                let place = tx.place_by_uid(INBOX, uid(3))?.ok_or(StoreError::NotFound("place"))?;
                let mail = tx.message(place)?.ok_or(StoreError::NotFound("place"))?;
                tx.store_body(mail.row.message, &first.to_string(), body)
            }))
        }));
        outcomes.push(wait(store.mirror(|tx| {
            let waiting = tx.unindexed(u32::MAX, u64::MAX)?;
            let header =
                |mail: super::Unindexed| super::ToIndex { message: mail.message, had_body: true, digest: None };
            tx.index(&waiting.into_iter().map(header).collect::<Vec<_>>())
        })));
        outcomes.push(wait(store.mirror(|tx| tx.collect_garbage(Timestamp(i64::MAX / 2)).map(drop))));
    }
    outcomes.push(wait(store.config(|tx| tx.update_account(AccountId(1), "home", "new@example.org", "{}"))));
    outcomes.push(wait(store.flush()));
    outcomes
}

/// How many of the mails that were there from the beginning are.
fn old_mails(store: &Store) -> usize {
    let page = store.read_blocking(|s| s.page(INBOX, ListFilter::default(), None, 1000)).unwrap();
    page.iter().filter(|row| row.uid.is_some_and(|uid| uid.get() <= BEFORE)).count()
}

/// What comes after: nothing was lost, all works again.
fn assert_recovered(store: &Store, what: &str) {
    assert_eq!(old_mails(store), BEFORE as usize, "{what}");
    assert!(wait(store.repair()).unwrap().is_clean(), "{what}");
    for outcome in sync_something(store) {
        assert_eq!(outcome, Ok(()), "{what}");
    }
    assert_eq!(store.read_blocking(|s| s.mailbox(INBOX)).unwrap().unwrap().total, u64::from(BEFORE) + 118, "{what}");
    assert!(wait(store.check()).unwrap().is_clean(), "{what}");
    wait(store.close()).unwrap();
}

#[test]
fn case_135_a_disk_that_is_full_at_any_page_refuses_and_loses_nothing() {
    let fixture = filled();
    let mut refused = 0;
    let mut all_done = false;
    for room in 0..400 {
        let dir = copy_of(&fixture);
        let store = open(dir.path()).unwrap();
        let limit = |pages: i64| {
            wait(store.mirror(move |tx| {
                let there: i64 = tx.conn().pragma_query_value(None, "page_count", |row| row.get(0))?;
                Ok(tx.conn().pragma_update_and_check(None, "max_page_count", there + pages, |_| Ok(()))?)
            }))
        };
        limit(room).unwrap();
        let outcomes = sync_something(&store);
        for outcome in &outcomes {
            let expected = matches!(outcome, Ok(()) | Err(StoreError::Full));
            assert!(expected, "{outcome:?} with room for {room} pages");
        }
        refused += outcomes.iter().filter(|outcome| outcome.is_err()).count();
        all_done = outcomes.iter().all(Result::is_ok);
        limit(1_000_000).unwrap();
        assert_recovered(&store, &format!("with room for {room} pages"));
        if all_done {
            break;
        }
    }
    assert!(all_done && refused > 20, "{refused} writes were refused");
}

/// A limit on the size of files makes writes fail in the middle: of the database, its log, the index of that, of blobs.
#[cfg(unix)]
#[test]
fn case_136_writes_that_fail_at_any_byte_are_told_and_the_store_is_whole_afterwards() {
    if let Some(dir) = child_role() {
        let Ok(store) = open(Path::new(&dir)) else { return };
        for outcome in sync_something(&store) {
            assert!(!matches!(outcome, Err(StoreError::Internal(_) | StoreError::Damaged)), "{outcome:?}");
            if outcome.is_err() {
                println!("refused");
            }
        }
        // Reading goes on, unless it needs the index of the log, which could not be made.
        let read = store.read_blocking(|s| s.page(INBOX, ListFilter::default(), None, 1000));
        assert!(matches!(&read, Ok(page) if page.len() >= BEFORE as usize) || matches!(read, Err(StoreError::Io(_))));
        let _ = wait(store.close());
        return;
    }
    let fixture = filled();
    let mut refused = 0;
    // In blocks of 512 bytes.
    for limit in [1, 7, 8, 9, 60, 64, 65, 80, 100, 137, 150, 195, 199, 200, 240, 300, 333, 390, 450, 520, 600, 700, 900]
    {
        let dir = copy_of(&fixture);
        let test = "case_136_writes_that_fail_at_any_byte_are_told_and_the_store_is_whole_afterwards";
        let inner = child(module_path!(), test, dir.path().to_str().unwrap());
        let mut limited = Command::new("sh");
        limited.args(["-c", "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"", "sh", &limit.to_string()]);
        limited.arg(inner.get_program()).args(inner.get_args());
        limited.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = limited.output().unwrap();
        assert!(output.status.success(), "limit {limit}: {}", String::from_utf8_lossy(&output.stderr));
        refused += String::from_utf8_lossy(&output.stdout).matches("refused").count();
        assert_recovered(&open(dir.path()).unwrap(), &format!("limit {limit}"));
    }
    assert!(refused > 20, "{refused} writes were refused");
}

#[test]
fn case_139_a_second_process_is_told_which_one_has_the_store() {
    if let Some(dir) = child_role() {
        let _store = open(Path::new(&dir)).unwrap();
        println!("\nholds it");
        // Until it is killed.
        let _ = std::io::stdin().read_line(&mut String::new());
        return;
    }
    let fixture = filled();
    let dir = fixture.dir.path();
    let mut owner =
        child(module_path!(), "case_139_a_second_process_is_told_which_one_has_the_store", dir.to_str().unwrap());
    let mut owner = owner.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "holds it"));
    let refused = open(dir).err().unwrap();
    assert_eq!(refused, StoreError::InUse { pid: Some(owner.id()) });
    assert_eq!(refused.to_string(), format!("the store is in use by process {}", owner.id()));
    assert_eq!(Store::salvage(dir).err(), Some(refused.clone()));
    assert_eq!(Store::restore(&dir.join("backup"), dir).err(), Some(refused));
    let reading = super::OpenOptions { read_only: true, ..options(&fixture.clock) };
    assert_eq!(old_mails(&Store::open(dir, reading).unwrap()), BEFORE as usize, "reading is free");
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert_recovered(&open(dir).unwrap(), "after the owner was killed");
}

/// Root may write anywhere; what nobody can write to is a folder that is none, and a file that is a folder.
#[test]
fn a_folder_that_cannot_be_written_is_told_and_works_once_it_can() {
    let fixture = filled();
    let dir = copy_of(&fixture);
    let no_folder = dir.path().join("file");
    fs::write(&no_folder, b"").unwrap();
    assert!(matches!(open(&no_folder).err(), Some(StoreError::Io(_))));
    assert!(matches!(open(&no_folder.join("below")).err(), Some(StoreError::Io(_))));
    assert_eq!(fs::read(&no_folder).unwrap(), b"");
    for name in ["postrider.lock", "blobs", "incoming"] {
        let dir = copy_of(&fixture);
        let path = dir.path().join(name);
        if name == "postrider.lock" {
            fs::create_dir(&path).unwrap()
        } else {
            fs::write(&path, b"").unwrap()
        }
        assert!(matches!(open(dir.path()).err(), Some(StoreError::Io(_))), "{name}");
        if path.is_dir() {
            fs::remove_dir(&path).unwrap()
        } else {
            fs::remove_file(&path).unwrap()
        }
        assert_recovered(&open(dir.path()).unwrap(), name);
    }
}
