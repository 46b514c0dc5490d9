//! The mirror against a model of plain maps, under any sequence of what sync does to it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::model::{Flags, PlaceId, Timestamp, Uid, UidSet};
use crate::store::testing::{Fixture, Write, flags, message, uid, wait};
use crate::store::{BodySource, NewMessage, StoreError};

#[derive(Clone, Debug)]
enum Step {
    Insert(Vec<u32>, bool),
    Flags(Vec<u32>, bool),
    Remove(u32, u32),
    /// UIDVALIDITY changes; of what was there, mails are found again under UIDs shifted by this much, unless skipped.
    Renumber {
        shift: u32,
        skip: u32,
    },
    Reopen,
    /// A transaction that does much and then fails; alone, or in one commit with one that does not.
    Fail(Vec<u32>, bool),
    /// The bytes of a mail arrive.
    Body(u32),
    Index,
    Garbage,
}

fn step() -> impl Strategy<Value = Step> {
    let some = || prop::collection::vec(1..60u32, 0..12);
    prop_oneof![
        4 => (some(), any::<bool>()).prop_map(|(uids, seen)| Step::Insert(uids, seen)),
        2 => (some(), any::<bool>()).prop_map(|(uids, seen)| Step::Flags(uids, seen)),
        2 => (1..60u32, 0..9u32).prop_map(|(first, more)| Step::Remove(first, first + more)),
        1 => (0..9u32, 2..5u32).prop_map(|(shift, skip)| Step::Renumber { shift, skip }),
        1 => Just(Step::Reopen),
        1 => (some(), any::<bool>()).prop_map(|(uids, together)| Step::Fail(uids, together)),
        2 => (1..60u32).prop_map(Step::Body),
        1 => Just(Step::Index),
        1 => Just(Step::Garbage),
    ]
}

fn seen(seen: bool) -> Flags {
    if seen { flags(&["\\Seen", "Kept"]) } else { flags(&[]) }
}

/// Mail `value` under a UID that has been shifted: its content tells which it is.
fn mail(value: u32, shift: u32, seen_flag: bool) -> NewMessage {
    NewMessage { uid: uid(value + shift), flags: seen(seen_flag), ..message(value) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_mirror_holds_what_it_was_told_and_ids_stay(steps in prop::collection::vec(step(), 1..25)) {
        let mut fixture = Fixture::new();
        let inbox = fixture.inbox;
        // Content number -> whether seen, and the id it was given.
        let mut model: BTreeMap<u32, (bool, Option<PlaceId>)> = BTreeMap::new();
        let mut shift = 0;
        for step in steps {
            match step {
                Step::Insert(values, is_seen) => {
                    let batch: Vec<_> = values.iter().map(|value| mail(*value, shift, is_seen)).collect();
                    let outcome = fixture.mirror(move |tx| tx.insert_new(inbox, &batch));
                    prop_assert!(outcome.conflicting.is_empty());
                    let before = model.len() as u64;
                    for value in values {
                        model.entry(value).or_default().0 = is_seen;
                    }
                    prop_assert_eq!(outcome.new, model.len() as u64 - before);
                }
                Step::Flags(values, is_seen) => {
                    let updates: Vec<_> = values.iter().map(|v| (uid(v + shift), seen(is_seen), None)).collect();
                    let outcome = fixture.mirror(move |tx| tx.update_flags(inbox, &updates));
                    let unknown: UidSet =
                        (1..60).filter(|v| values.contains(v) && !model.contains_key(v)).map(|v| uid(v + shift)).collect();
                    prop_assert_eq!(outcome.unknown, unknown);
                    for value in values {
                        if let Some(entry) = model.get_mut(&value) {
                            entry.0 = is_seen;
                        }
                    }
                }
                Step::Remove(first, last) => {
                    let set = UidSet::range(uid(first + shift), uid(last + shift));
                    let count = fixture.mirror(move |tx| tx.remove_uids(inbox, &set));
                    let before = model.len();
                    model.retain(|value, _| !(first..=last).contains(value));
                    prop_assert_eq!(count, (before - model.len()) as u64);
                }
                Step::Renumber { shift: by, skip } => {
                    shift = by;
                    let found: Vec<_> =
                        model.iter().filter(|(value, _)| *value % skip != 0).map(|(v, e)| mail(*v, shift, e.0)).collect();
                    let expected = found.len() as u64;
                    let (outcome, dropped) = fixture.mirror(move |tx| {
                        tx.detach_all(inbox)?;
                        Ok((tx.insert_new(inbox, &found)?, tx.drop_detached(inbox)?))
                    });
                    prop_assert_eq!((outcome.rebound, outcome.new), (expected, 0));
                    prop_assert_eq!(dropped, model.len() as u64 - expected);
                    model.retain(|value, _| value % skip != 0);
                }
                Step::Reopen => fixture = fixture.reopen(),
                Step::Fail(values, together) => {
                    let batch: Vec<_> = values.iter().map(|value| mail(*value, shift, true)).collect();
                    let fail: Write = Box::new(move |tx| {
                        tx.insert_new(inbox, &batch)?;
                        tx.remove_uids(inbox, &UidSet::range(uid(1), uid(30)))?;
                        tx.detach_all(inbox)?;
                        Err(StoreError::NotFound("reason"))
                    });
                    let failed = Err(StoreError::NotFound("reason"));
                    if together {
                        let good: Write = Box::new(move |tx| tx.note_gaps(inbox, &UidSet::range(uid(99), uid(99)), Timestamp(0)));
                        prop_assert_eq!(fixture.in_one_commit([fail, good]), [failed, Ok(())]);
                    } else {
                        prop_assert_eq!(fixture.in_one_commit([fail]), [failed]);
                    }
                }
                Step::Body(value) => {
                    if let Some(place) = fixture.read(|s| s.place_by_uid(inbox, uid(value + shift))) {
                        let id = fixture.read(|s| s.message(place)).unwrap().row.message;
                        // Some have the same bytes, and some are large.
                        let bytes = vec![value as u8 % 5; if value.is_multiple_of(3) { 70_000 } else { 100 }];
                        let body = wait(fixture.store.prepare_body(BodySource::Bytes(bytes.clone()))).unwrap();
                        fixture.mirror(move |tx| tx.store_body(id, "", body));
                        prop_assert_eq!(fixture.read(|s| s.body(id, "")).unwrap().into_bytes().unwrap(), bytes);
                    }
                }
                Step::Index => fixture.index_all(),
                Step::Garbage => {
                    fixture.mirror(|tx| tx.collect_garbage(Timestamp(i64::MAX / 2)));
                }
            }
            let rows = fixture.read(|s| s.page(inbox, Default::default(), None, 1000));
            prop_assert_eq!(rows.len(), model.len());
            for (row, (value, entry)) in rows.iter().zip(model.iter_mut().rev()) {
                prop_assert_eq!(row.uid.map(Uid::get), Some(value + shift));
                prop_assert_eq!(&row.subject, &format!("Subject {value}"));
                prop_assert_eq!(&row.flags, &seen(entry.0));
                prop_assert_eq!(*entry.1.get_or_insert(row.id), row.id, "the id of {} changed", value);
            }
            fixture.assert_counts();
        }
        prop_assert!(wait(fixture.store.check()).unwrap().is_clean());
    }
}
