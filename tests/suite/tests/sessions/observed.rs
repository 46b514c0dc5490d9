//! Somebody who observes a list and does not look for a long time: what was missed is not told one by one, and the list is right.
#![allow(clippy::unwrap_used)]

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use postrider::api::{CoreError, FlagChange, ListDiff, ListFilter, ListObserver, MessageRow};
use postrider_model::profile::Profile;
use postrider_tests::desk::Desk;

/// So many things happen while nobody looks.
const ACTS: usize = 10_000;
const LONG: Duration = Duration::from_secs(60);

/// Takes a change only when it is allowed to.
struct Slow {
    arrived: Mutex<Sender<usize>>,
    allowed: Mutex<Receiver<()>>,
    list: Mutex<Vec<MessageRow>>,
}

impl Slow {
    /// Waits until its list is this one.
    async fn comes_to(&self, shown: &[MessageRow]) {
        let comes = async {
            while *self.list.lock().unwrap() != shown {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(LONG, comes).await.unwrap();
    }
}

impl ListObserver for Slow {
    fn changed(&self, diffs: Vec<ListDiff>) {
        self.arrived.lock().unwrap().send(diffs.len()).unwrap();
        // Where the test has failed, nobody holds the other end.
        let _ = self.allowed.lock().unwrap().recv();
        let mut list = self.list.lock().unwrap();
        for change in diffs {
            match change {
                ListDiff::Reset { messages } => *list = messages,
                ListDiff::Insert { index, message } => list.insert(index as usize, *message),
                ListDiff::Remove { index, id } => assert_eq!(list.remove(index as usize).id, id),
                ListDiff::Update { index, message } => list[index as usize] = *message,
            }
        }
    }

    fn failed(&self, error: CoreError) {
        panic!("{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observer_that_slept_through_ten_thousand_acts_is_told_once_what_the_list_is_now() {
    let desk = Desk::inline(Profile::dovecot(), 20, &["Work"]).await;
    let (inbox, work) = (desk.mailbox("INBOX").await.id, desk.mailbox("Work").await.id);
    let (arrived, arrivals) = channel();
    let (allow, allowed) = channel();
    let (arrived, allowed) = (Mutex::new(arrived), Mutex::new(allowed));
    let slow = Arc::new(Slow { arrived, allowed, list: Mutex::default() });
    allow.send(()).unwrap();
    let observed = desk.core().observe(inbox, ListFilter::default(), 50, slow.clone()).await.unwrap();
    assert_eq!(arrivals.recv_timeout(LONG), Ok(1), "the whole list");
    let ids = desk.ids("INBOX").await;
    // The first change arrives, and is not taken.
    desk.flag(ids[0], &["flagged"], &[]).await;
    assert_eq!(arrivals.recv_timeout(LONG), Ok(1));
    for act in 0..ACTS {
        let id = ids[act % ids.len()];
        match act / ids.len() % 4 {
            0 => drop(desk.core().move_to(vec![id], work).await.unwrap()),
            1 => drop(desk.core().move_to(vec![id], inbox).await.unwrap()),
            turn => {
                let word = vec!["seen".to_owned()];
                let (add, remove) = if turn == 2 { (word, Vec::new()) } else { (Vec::new(), word) };
                desk.core().flag(vec![id], FlagChange { add, remove }).await.unwrap();
            }
        }
    }
    // The last ones leave something behind.
    desk.core().move_to(ids[..5].to_vec(), work).await.unwrap();
    desk.flag(ids[7], &["answered"], &[]).await;
    assert!(arrivals.try_recv().is_err(), "nothing more is told as long as the last was not taken");
    allow.send(()).unwrap();
    // Five removed, and those changed that are otherwise than they were.
    let told = arrivals.recv_timeout(LONG).unwrap();
    assert!(told <= 25, "{told} changes");
    allow.send(()).unwrap();
    let shown = desk.rows("INBOX").await;
    slow.comes_to(&shown).await;
    // What happens from now on is told as ever.
    desk.flag(ids[8], &["draft"], &[]).await;
    assert_eq!(arrivals.recv_timeout(LONG), Ok(1));
    allow.send(()).unwrap();
    let shown = desk.rows("INBOX").await;
    slow.comes_to(&shown).await;
    assert!(arrivals.try_recv().is_err(), "and nothing else");
    drop(observed);
}
