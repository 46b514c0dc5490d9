#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::store::testing::{Fixture, message, naming, uids, wait};
use crate::store::{Change, Mode, OpenOptions, Store, StoreError};

#[test]
fn a_failing_closure_undoes_its_own_writes_only() {
    let fixture = Fixture::new();
    let inbox = fixture.inbox;
    let failed = wait(fixture.store.mirror(move |tx| -> Result<(), StoreError> {
        tx.insert_new(inbox, &[message(1)])?;
        Err(StoreError::NotFound("reason"))
    }));
    assert_eq!(failed, Err(StoreError::NotFound("reason")));
    fixture.insert(vec![message(2)]);
    assert_eq!(fixture.read(|s| s.mailbox(inbox)).unwrap().total, 1);
    fixture.assert_counts();
}

#[test]
fn case_147_a_panicking_closure_is_an_error_and_the_writer_goes_on() {
    let fixture = Fixture::new();
    let inbox = fixture.inbox;
    let failed = wait(fixture.store.mirror(move |tx| -> Result<(), StoreError> {
        tx.insert_new(inbox, &[message(1)])?;
        std::panic::resume_unwind(Box::new("fault"));
    }));
    assert!(matches!(failed, Err(StoreError::Internal(_))));
    assert_eq!(fixture.read(|s| s.mailbox(inbox)).unwrap().total, 0);
    assert_eq!(fixture.insert(vec![message(2)]).new, 1);
}

fn threaded(fixture: &Fixture) -> Store {
    wait(fixture.store.close()).unwrap();
    let options = OpenOptions { mode: Mode::Threaded, clock: fixture.clock.clone(), read_only: false };
    Store::open(fixture.dir.path(), options).unwrap()
}

#[tokio::test]
async fn closures_that_wait_together_share_a_commit_and_each_stands_or_falls_alone() {
    let (fixture, store) = tokio::task::spawn_blocking(|| {
        let fixture = Fixture::new();
        let store = threaded(&fixture);
        (fixture, store)
    })
    .await
    .unwrap();
    let inbox = fixture.inbox;
    let mut changes = store.changes();
    let (blocker, wait_for) = std::sync::mpsc::channel::<()>();
    // Holds the writer until the others are in its queue.
    let first = tokio::spawn({
        let store = store.clone();
        async move { store.mirror(move |_| wait_for.recv().map_err(|_| StoreError::Closed)).await }
    });
    tokio::task::yield_now().await;
    let mut others = Vec::new();
    for value in 1..=9 {
        let store = store.clone();
        others.push(tokio::spawn(async move {
            let answer = store.mirror(move |tx| {
                tx.insert_new(inbox, &[message(value)])?;
                if value % 3 == 0 { Err(StoreError::NotFound("third")) } else { Ok(value) }
            });
            answer.await
        }));
        tokio::task::yield_now().await;
    }
    blocker.send(()).unwrap();
    first.await.unwrap().unwrap();
    let mut good = 0;
    for other in others {
        good += u32::from(other.await.unwrap().is_ok());
    }
    assert_eq!(good, 6);
    assert_eq!(store.read(move |s| s.mailbox(inbox)).await.unwrap().unwrap().total, 6);
    let mut commits = 0;
    while let Ok(change) = changes.try_recv() {
        assert_eq!(change.mailboxes, [inbox].into());
        commits += 1;
    }
    assert!(commits < 6, "{commits} commits for six writes");
    store.close().await.unwrap();
}

#[tokio::test]
async fn after_close_everything_is_refused_and_the_folder_can_be_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let clock = std::sync::Arc::new(crate::store::testing::TestClock::default());
    let options = || OpenOptions { mode: Mode::Threaded, clock: clock.clone(), read_only: false };
    let store = Store::open(dir.path(), options()).unwrap();
    store.config(|tx| tx.add_account("a", "a@example.org", "{}")).await.unwrap();
    let copy = store.clone();
    store.close().await.unwrap();
    assert_eq!(copy.read(|s| s.accounts()).await, Err(StoreError::Closed));
    assert_eq!(copy.mirror(|_| Ok(())).await, Err(StoreError::Closed));
    assert_eq!(copy.flush().await, Err(StoreError::Closed));
    assert_eq!(copy.close().await, Err(StoreError::Closed));
    assert!(!dir.path().join("postrider.db-wal").exists(), "the log is not emptied");
    let again = Store::open(dir.path(), options()).unwrap();
    assert_eq!(again.read(|s| s.accounts()).await.unwrap().len(), 1);
}

#[test]
fn a_change_is_told_after_its_commit_and_a_failed_one_never() {
    let fixture = Fixture::new();
    let (account, inbox) = (fixture.account, fixture.inbox);
    let mut changes = fixture.store.changes();
    let _ = wait(fixture.store.mirror(move |tx| -> Result<(), StoreError> {
        tx.insert_mailbox(account, &naming("Gone"))?;
        Err(StoreError::NotFound("reason"))
    }));
    assert!(changes.try_recv().is_err());
    fixture.insert(vec![message(1)]);
    assert_eq!(changes.try_recv().unwrap(), Change { mailboxes: [inbox].into(), ..Change::default() });
    fixture.mirror(move |tx| tx.record_sync(account, true, "done"));
    assert_eq!(changes.try_recv().unwrap().accounts, [account].into());
    fixture.mirror(move |tx| tx.remove_uids(inbox, &uids(&[7])));
    assert!(changes.try_recv().is_err(), "nothing was removed");
}

#[test]
fn case_135_a_full_disk_is_told_and_loses_nothing() {
    let fixture = Fixture::new();
    let inbox = fixture.inbox;
    fixture.insert((1..=20).map(message).collect());
    fixture.mirror(|tx| {
        let pages: i64 = tx.conn().pragma_query_value(None, "page_count", |row| row.get(0))?;
        tx.conn().pragma_update_and_check(None, "max_page_count", pages + 4, |_| Ok(()))?;
        Ok(())
    });
    let many: Vec<_> = (21..=2000).map(message).collect();
    let full = wait(fixture.store.mirror(move |tx| tx.insert_new(inbox, &many)));
    assert_eq!(full, Err(StoreError::Full));
    assert_eq!(fixture.read(|s| s.mailbox(inbox)).unwrap().total, 20);
    fixture.assert_counts();

    fixture.mirror(|tx| {
        tx.conn().pragma_update_and_check(None, "max_page_count", 1_000_000, |_| Ok(()))?;
        Ok(())
    });
    assert_eq!(fixture.insert((21..=2000).map(message).collect()).new, 1980);
    let fixture = fixture.reopen();
    assert!(wait(fixture.store.check()).unwrap().is_clean());
}

#[test]
fn case_150_readers_that_follow_each_other_without_a_pause_do_not_let_the_log_grow() {
    let fixture = Fixture::new();
    let path = fixture.dir.path().join("postrider.db-wal");
    let long = |value| crate::store::NewMessage { preview: Some("x".repeat(3000)), ..message(value) };
    let done = std::sync::atomic::AtomicBool::new(false);
    let (started, has_started) = std::sync::mpsc::channel();
    let mut largest = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let readers: Vec<_> =
                (0..2).map(|_| crate::store::connection::open_reader(fixture.dir.path()).unwrap()).collect();
            let begin = |at: usize| readers[at % 2].execute_batch("BEGIN; SELECT total FROM mailboxes").unwrap();
            begin(0);
            started.send(()).unwrap();
            // The next begins before the last one ends: there is never a moment without.
            for at in 1.. {
                begin(at);
                readers[(at + 1) % 2].execute_batch("COMMIT").unwrap();
                if done.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
            }
        });
        has_started.recv().unwrap();
        for first in (1..12_000).step_by(500) {
            fixture.insert((first..first + 500).map(long).collect());
            largest = largest.max(std::fs::metadata(&path).unwrap().len());
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(largest <= 16 << 20, "{largest}");
    assert!(wait(fixture.store.check()).unwrap().is_clean());
}
