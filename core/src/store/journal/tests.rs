#![allow(clippy::unwrap_used)]

use crate::journal::Action;
use crate::model::{Flags, PlaceId, SystemFlag};
use crate::store::testing::{self, Fixture};
use crate::store::{ListFilter, NewMessage, StoreError};

fn seen() -> Action {
    Action::Flags { add: Flags::from_parts(SystemFlag::Seen as u8, "$Work"), remove: Flags::new() }
}

fn filled(count: u32) -> (Fixture, Vec<PlaceId>) {
    let fixture = Fixture::new();
    let inbox = fixture.inbox;
    let messages: Vec<NewMessage> =
        (1..=count).map(|uid| NewMessage::new(crate::model::Uid::new(uid).unwrap())).collect();
    fixture.mirror(move |tx| tx.insert_new(inbox, &messages));
    let rows = fixture.store.read_blocking(|view| view.page(inbox, ListFilter::default(), None, 1_000)).unwrap();
    (fixture, rows.into_iter().map(|row| row.id).collect())
}

#[test]
fn the_doctor_finds_what_is_shown_otherwise_than_the_journal_has_it_and_puts_it_right() {
    let (fixture, ids) = filled(3);
    let first = ids[0];
    testing::wait(fixture.store.journal(move |tx| tx.act(&seen(), &[first]))).unwrap();
    assert!(testing::wait(fixture.store.check()).unwrap().is_clean());
    fixture.mirror(|tx| Ok(tx.conn().execute_batch("UPDATE places SET set_bits = 4, set_words = NULL")?));
    let mut expected = ids.clone();
    expected.sort();
    // The others are not overlaid, so that nothing of it shows, and nothing is to be put right.
    assert_eq!(testing::wait(fixture.store.check()).unwrap().wrongly_shown, [first]);
    assert!(testing::wait(fixture.store.repair()).unwrap().wrongly_shown.is_empty());
    let row = fixture.store.read_blocking(|view| view.message(first)).unwrap().unwrap().row;
    assert_eq!((row.flags.bits(), row.flags.keyword_text()), (1, "$Work".to_owned()));
}

#[test]
fn an_action_that_cannot_be_whole_leaves_no_trace() {
    let (fixture, ids) = filled(2);
    let places = [ids[0], PlaceId(999)];
    let outcome = testing::wait(fixture.store.journal(move |tx| tx.act(&seen(), &places)));
    assert_eq!(outcome.err(), Some(StoreError::NotFound("message")));
    let account = fixture.account;
    let left = fixture.store.read_blocking(|view| Ok((view.operations(account, true)?, view.counts_changes()?)));
    let (operations, changes) = left.unwrap();
    assert!(operations.is_empty() && changes.is_empty());
}

#[test]
fn case_135_an_action_on_a_full_disk_is_told_and_leaves_no_trace() {
    let (mut refused, mut done) = (0, 0);
    let actions = [
        seen(),
        Action::Move { to: crate::model::MailboxId(2) },
        Action::Copy { to: crate::model::MailboxId(2) },
        Action::Delete,
    ];
    for (number, action) in actions.into_iter().enumerate() {
        for room in (0..48).step_by(3) {
            let (fixture, ids) = filled(400);
            let account = fixture.account;
            fixture.mirror(move |tx| tx.insert_mailbox(account, &testing::naming("Work")));
            let limit = |pages: i64| {
                fixture.mirror(move |tx| {
                    let there: i64 = tx.conn().pragma_query_value(None, "page_count", |row| row.get(0))?;
                    Ok(tx.conn().pragma_update_and_check(None, "max_page_count", there + pages, |_| Ok(()))?)
                });
            };
            let look = || {
                fixture.read(|view| {
                    let page = view.page(fixture.inbox, ListFilter::default(), None, 1_000)?;
                    let shown: Vec<_> = page.into_iter().map(|row| (row.id, row.flags)).collect();
                    Ok((shown, view.operations(account, true)?, view.mailboxes(account)?))
                })
            };
            let before = look();
            limit(room);
            let (act, places) = (action.clone(), ids.clone());
            let outcome = testing::wait(fixture.store.journal(move |tx| tx.act(&act, &places)));
            match outcome {
                Ok(_) => done += 1,
                Err(StoreError::Full) => {
                    refused += 1;
                    assert!(look() == before, "action {number} with room for {room} pages");
                    assert!(testing::wait(fixture.store.check()).unwrap().is_clean());
                    limit(100_000);
                    let act = action.clone();
                    testing::wait(fixture.store.journal(move |tx| tx.act(&act, &ids))).unwrap();
                }
                Err(error) => panic!("{error:?}"),
            }
            assert_eq!(fixture.read(|view| view.operations(account, true)).len(), 1);
            assert!(testing::wait(fixture.store.check()).unwrap().is_clean());
        }
    }
    assert!(refused > 8 && done > 8, "{refused} refused, {done} done");
}
