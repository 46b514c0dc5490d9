//! Hard problem 25, as far as acting offline goes: whatever is dropped or ended anywhere, nothing is lost or done by halves, and no
//! lock stays behind. (Deaths of the process are in `replay/kill_every_step.rs`, `sessions/kill_every_write.rs` and `real_servers/workload.rs`.)
//!
//! `POSTRIDER_CANCELS=10000` sets how often something is ended.
#![allow(clippy::unwrap_used)]

use std::future::Future;
use std::ops::Range;
use std::path::Path;
use std::pin::pin;
use std::process::Command;
use std::task::Poll;

use postrider::api::{Direction, FlagChange, OperationId, SyncOptions};
use postrider_model::profile::Profile;
use postrider_tests::desk::Desk;
use postrider_tests::rounds::{Rounds, servers};
use postrider_tests::workload::Dice;

/// So many rounds with one journal, which keeps what was done: then they begin anew.
const ROUNDS: u64 = 250;

fn cancels(usual: u64) -> u64 {
    std::env::var("POSTRIDER_CANCELS").ok().and_then(|count| count.parse().ok()).unwrap_or(usual)
}

/// Another process gets the store to itself: nothing of this process has a lock on it.
fn is_free(folder: &Path, when: &str) {
    let taken = Command::new(env!("CARGO_BIN_EXE_taker")).arg(folder).output().unwrap();
    assert!(taken.status.success(), "{when}: {}", String::from_utf8_lossy(&taken.stderr));
}

#[tokio::test(start_paused = true)]
async fn hard_problem_25_a_replay_cancelled_at_any_moment_leaves_no_lock_and_is_done_once_by_the_next() {
    for (index, (name, profile)) in servers().into_iter().enumerate() {
        let mut rounds = Rounds::new(&profile).await;
        let mut dice = Dice::new(25 + index as u64);
        let (mut ended, mut most) = (0, 8);
        for round in 0..cancels(240) / 4 {
            if round % ROUNDS == ROUNDS - 1 {
                rounds = Rounds::new(&profile).await;
            }
            rounds.act().await;
            let direction = if round % 2 == 0 { Direction::Push } else { Direction::Both };
            let options = SyncOptions { direction, ..SyncOptions::default() };
            let handle = rounds.desk.core().sync(rounds.desk.scene.phone.account, options).await.unwrap();
            let turns = dice.below(most + 1);
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            handle.cancel();
            let when = format!("{name}, round {round}, after {turns} turns");
            let complete = handle.wait().await.unwrap_or_else(|error| panic!("{when}: {error}")).complete;
            // As far as a whole sync goes, and a little farther.
            most = if complete { (most - 1).max(2) } else { most + 1 };
            ended += u64::from(!complete);
            if round % 20 == 0 {
                rounds.show(&when).await;
                rounds.desk.core().close().await.unwrap();
                is_free(rounds.desk.scene.phone.folder(), &when);
                rounds.desk.scene.phone.restart().await.unwrap();
            }
            rounds.end_well(&when).await;
        }
        assert!(ended > cancels(240) / 32, "{name}: only {ended} were ended before their end");
    }
}

/// Asks a future so many times, and drops it. Returns whether it came to its end before.
async fn dropped_after<T>(polls: u64, future: impl Future<Output = T>) -> bool {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn hard_problem_25_an_act_whose_future_is_dropped_is_written_down_wholly_or_not_at_all() {
    let mut dice = Dice::new(25);
    let (mut whole, mut dropped) = (0, 0);
    let mut begin = 0;
    while begin < cancels(300) {
        let end = cancels(300).min(begin + ROUNDS);
        let (some_whole, some_dropped) = acts_are_dropped(begin..end, &mut dice).await;
        (whole, dropped, begin) = (whole + some_whole, dropped + some_dropped, end);
    }
    assert!(whole > 20 && dropped > 20, "{whole} whole, {dropped} dropped");
}

/// Returns how many came to their end, and how many were dropped before.
async fn acts_are_dropped(numbers: Range<u64>, dice: &mut Dice) -> (u64, u64) {
    let desk = Desk::new(Profile::dovecot(), 3).await;
    let (inbox, work) = (desk.mailbox("INBOX").await.id, desk.mailbox("Work").await.id);
    let ids = desk.ids("INBOX").await;
    let (mut whole, mut dropped, mut all) = (0, 0, 0);
    for round in numbers {
        let core = desk.core();
        // All three in one act: they are never shown apart.
        let polls = if dice.below(3) == 0 { u64::MAX } else { dice.below(5) };
        let finished = if round % 2 == 0 {
            let to = if dice.below(2) == 0 { inbox } else { work };
            dropped_after(polls, core.move_to(ids.clone(), to)).await
        } else {
            let change = FlagChange { add: vec![format!("$k{}", round % 7)], remove: Vec::new() };
            dropped_after(polls, core.flag(ids.clone(), change)).await
        };
        // What was handed over is written down before what comes after it.
        core.cancel_operation(OperationId(i64::MAX)).await.unwrap_err();
        let (here, there) = (desk.list(inbox).await, desk.list(work).await);
        let when = format!("round {round}, {polls} polls");
        assert!([(3, 0), (0, 3)].contains(&(here.len(), there.len())), "{when}: {here:?} {there:?}");
        let rows: Vec<_> = here.iter().chain(&there).collect();
        assert!(rows.iter().all(|row| row.flags == rows[0].flags), "{when}: {rows:?}");
        let operations = core.operations(desk.scene.phone.account, true).await.unwrap();
        assert!(operations.iter().all(|one| one.message_ids.len() == 3), "{when}: {operations:?}");
        if finished {
            whole += 1;
            assert!(operations.len() > all, "{when}: what was acknowledged is written down");
        } else {
            dropped += 1;
        }
        all = operations.len();
        if round % 50 == 49 {
            desk.settles(&when).await;
        }
    }
    desk.settles("at the end").await;
    desk.all_done("at the end").await;
    desk.core().close().await.unwrap();
    is_free(desk.scene.phone.folder(), "closed");
    (whole, dropped)
}
