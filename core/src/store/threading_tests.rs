#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// A book in memory that also knows which mail is where, as the places do.
#[derive(Default)]
struct MemoryBook {
    keys: BTreeMap<i64, ThreadId>,
    merges: BTreeMap<ThreadId, ThreadId>,
    members: BTreeMap<ThreadId, BTreeSet<usize>>,
}

impl ThreadBook for MemoryBook {
    fn thread_of(&mut self, key: i64) -> Result<Option<ThreadId>, StoreError> {
        Ok(self.keys.get(&key).copied())
    }

    fn merged_into(&mut self, thread: ThreadId) -> Result<Option<ThreadId>, StoreError> {
        Ok(self.merges.get(&thread).copied())
    }

    fn assign(&mut self, key: i64, thread: ThreadId) -> Result<(), StoreError> {
        self.keys.insert(key, thread);
        Ok(())
    }

    fn merge(&mut self, loser: ThreadId, winner: ThreadId) -> Result<(), StoreError> {
        let moved = self.members.remove(&loser).unwrap_or_default();
        self.members.entry(winner).or_default().extend(moved);
        self.merges.insert(loser, winner);
        Ok(())
    }
}

/// Which mails make a thread, when they arrive in this order.
fn partition(mails: &[Envelope], order: &[usize]) -> BTreeSet<BTreeSet<usize>> {
    let mut book = MemoryBook::default();
    for (at, &mail) in order.iter().enumerate() {
        let keys = ThreadKeys::of(None, None, &mails[mail]);
        let thread = join(&mut book, &keys, ThreadId(at as i64 + 1)).unwrap();
        book.members.entry(thread).or_default().insert(mail);
    }
    book.members.into_values().collect()
}

fn mail(id: &str, in_reply_to: &[&str], references: &[&str]) -> Envelope {
    let texts = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    Envelope {
        message_id: Some(id.to_owned()).filter(|id| !id.is_empty()),
        in_reply_to: texts(in_reply_to),
        references: texts(references),
        ..Envelope::default()
    }
}

fn sets(threads: &[&[usize]]) -> BTreeSet<BTreeSet<usize>> {
    threads.iter().map(|thread| thread.iter().copied().collect()).collect()
}

#[test]
fn answers_join_their_thread_and_strangers_do_not() {
    let mails = [mail("a", &[], &[]), mail("b", &["a"], &["a"]), mail("c", &[], &["a", "b"]), mail("x", &[], &[])];
    assert_eq!(partition(&mails, &[0, 1, 2, 3]), sets(&[&[0, 1, 2], &[3]]));
}

#[test]
fn a_parent_that_comes_late_joins_two_threads() {
    let mails = [mail("b", &["a"], &[]), mail("c", &["z"], &[]), mail("a", &["z"], &[])];
    assert_eq!(partition(&mails[..2], &[0, 1]), sets(&[&[0], &[1]]));
    assert_eq!(partition(&mails, &[0, 1, 2]), sets(&[&[0, 1, 2]]));
}

#[test]
fn equal_subjects_join_nothing_and_neither_do_mails_without_ids() {
    let mut first = mail("", &[], &[]);
    first.subject = "Re: hello".to_owned();
    let second = first.clone();
    assert_eq!(partition(&[first, second], &[0, 1]), sets(&[&[0], &[1]]));
}

#[test]
fn case_120_loops_self_references_and_ten_thousand_references_end() {
    let many: Vec<String> = (0..10_000).map(|number| format!("r{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let mails = [
        mail("a", &["b"], &["b", "a"]),
        mail("b", &["a"], &["a", "b"]),
        mail("c", &["c"], &many),
        mail("r0", &[], &[]),
    ];
    assert!(ThreadKeys::of(None, None, &mails[2]).0.len() <= 2 * MAX_REFERENCES + 1);
    assert_eq!(partition(&mails, &[0, 1, 2, 3]), sets(&[&[0, 1], &[2, 3]]));
}

#[test]
fn the_thread_id_of_a_server_is_taken_instead_of_headers() {
    let answer = mail("b", &["a"], &[]);
    let by_server = ThreadKeys::of(Some("T1"), Some(7), &answer);
    assert_eq!(by_server, ThreadKeys::of(Some("T1"), None, &mail("z", &[], &[])));
    assert_ne!(by_server, ThreadKeys::of(None, Some(7), &answer));
    assert_ne!(ThreadKeys::of(None, Some(7), &answer), ThreadKeys::of(None, None, &answer));
}

/// The partition by its definition: mails are of one thread where a chain of common ids joins them.
fn by_definition(mails: &[Envelope]) -> BTreeSet<BTreeSet<usize>> {
    let mut threads: Vec<(BTreeSet<usize>, BTreeSet<i64>)> = Vec::new();
    for (index, mail) in mails.iter().enumerate() {
        let mut joined = (BTreeSet::from([index]), ThreadKeys::of(None, None, mail).iter().collect::<BTreeSet<_>>());
        let (same, other): (Vec<_>, Vec<_>) = threads.into_iter().partition(|(_, keys)| !keys.is_disjoint(&joined.1));
        for (members, keys) in same {
            joined.0.extend(members);
            joined.1.extend(keys);
        }
        threads = other;
        threads.push(joined);
    }
    threads.into_iter().map(|(members, _)| members).collect()
}

fn any_mail() -> impl Strategy<Value = Envelope> {
    let id = (0..24u8).prop_map(|number| format!("m{number}"));
    let ids = prop::collection::vec(id.clone(), 0..3);
    (prop::option::of(id), ids.clone(), ids).prop_map(|(message_id, in_reply_to, references)| Envelope {
        message_id,
        in_reply_to,
        references,
        ..Envelope::default()
    })
}

proptest! {
    #[test]
    fn any_order_of_arrival_gives_the_same_threads(
        (mails, order) in prop::collection::vec(any_mail(), 1..24).prop_flat_map(|mails| {
            let order: Vec<usize> = (0..mails.len()).collect();
            (Just(mails), Just(order).prop_shuffle())
        })
    ) {
        prop_assert_eq!(partition(&mails, &order), by_definition(&mails));
    }
}
