#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::journal::{Action, Reason, StepKey, StepState};
use crate::model::{MailboxId, PlaceId, Timestamp, Uid, UidSet};
use crate::store::testing::{Fixture, message, naming, uid, uids, wait};
use crate::store::{BodySource, NewMessage, Outcome};

/// Two mailboxes; the mail with this number lies in the first, and a sync has ended since.
fn fixture(numbers: &[u32]) -> (Fixture, MailboxId) {
    let fixture = Fixture::new();
    let account = fixture.account;
    let other = fixture.mirror(move |tx| tx.insert_mailbox(account, &naming("Other")));
    fixture.insert(numbers.iter().map(|number| message(*number)).collect());
    mark(&fixture);
    (fixture, other)
}

fn mark(fixture: &Fixture) {
    let account = fixture.account;
    fixture.mirror(move |tx| {
        let newest = tx.newest_place()?;
        tx.mark_sync(account, newest)
    });
}

fn place(fixture: &Fixture, mailbox: MailboxId, value: u32) -> PlaceId {
    fixture.read(|s| s.place_by_uid(mailbox, uid(value))).unwrap()
}

fn come(fixture: &Fixture, mailbox: MailboxId, messages: Vec<NewMessage>) {
    fixture.mirror(move |tx| tx.insert_new(mailbox, &messages));
}

fn go(fixture: &Fixture, mailbox: MailboxId, values: &'static [u32]) {
    fixture.mirror(move |tx| tx.remove_uids(mailbox, &uids(values)));
}

/// The mail with this number under another UID.
fn under(value: u32, number: u32) -> NewMessage {
    NewMessage { uid: uid(value), ..message(number) }
}

#[test]
fn a_place_keeps_its_id_whichever_end_of_a_move_is_seen_first() {
    for gone_first in [true, false] {
        let (fixture, other) = fixture(&[1, 2]);
        let inbox = fixture.inbox;
        let before = place(&fixture, inbox, 1);
        if gone_first {
            go(&fixture, inbox, &[1]);
            come(&fixture, other, vec![under(9, 1)]);
        } else {
            come(&fixture, other, vec![under(9, 1)]);
            go(&fixture, inbox, &[1]);
        }
        assert_eq!(place(&fixture, other, 9), before);
        fixture.assert_counts();
        assert!(wait(fixture.store.check()).unwrap().is_clean());
        let messages: i64 =
            fixture.read(|s| Ok(s.conn().query_row("SELECT count(*) FROM messages", [], |row| row.get(0))?));
        assert_eq!(messages, 2, "no row is left behind");
    }
}

#[test]
fn what_arrived_in_the_same_sync_as_the_mail_that_goes_is_a_copy() {
    let (fixture, other) = fixture(&[]);
    let inbox = fixture.inbox;
    come(&fixture, inbox, vec![message(1)]);
    come(&fixture, other, vec![under(9, 1)]);
    let copy = place(&fixture, other, 9);
    mark(&fixture);
    go(&fixture, inbox, &[1]);
    assert_eq!(place(&fixture, other, 9), copy);
}

#[test]
fn a_change_in_any_field_that_a_move_keeps_makes_it_another_mail() {
    let changes: [fn(&mut NewMessage); 6] = [
        |mail| mail.size = Some(1),
        |mail| mail.internal_date = Some(Timestamp(1)),
        |mail| mail.envelope.date = Some(Timestamp(1)),
        |mail| mail.envelope.subject.push('!'),
        |mail| mail.envelope.references.push("a@example.org".to_owned()),
        |mail| mail.envelope.message_id = Some("other@example.org".to_owned()),
    ];
    for change in changes {
        for gone_first in [true, false] {
            let (fixture, other) = fixture(&[1]);
            let inbox = fixture.inbox;
            let before = place(&fixture, inbox, 1);
            let mut mail = under(9, 1);
            change(&mut mail);
            if gone_first {
                go(&fixture, inbox, &[1]);
                come(&fixture, other, vec![mail]);
            } else {
                come(&fixture, other, vec![mail]);
                go(&fixture, inbox, &[1]);
            }
            assert_ne!(place(&fixture, other, 9), before);
        }
    }
}

#[test]
fn case_060_where_two_came_or_two_went_nothing_is_proved() {
    for gone_first in [true, false] {
        let (fixture, other) = fixture(&[1]);
        let inbox = fixture.inbox;
        come(&fixture, inbox, vec![under(2, 1)]);
        mark(&fixture);
        let before = [place(&fixture, inbox, 1), place(&fixture, inbox, 2)];
        if gone_first {
            go(&fixture, inbox, &[1, 2]);
        }
        come(&fixture, other, vec![under(8, 1), under(9, 1)]);
        if !gone_first {
            go(&fixture, inbox, &[1, 2]);
        }
        for value in [8, 9] {
            assert!(!before.contains(&place(&fixture, other, value)));
        }
    }
}

#[test]
fn case_060_a_body_is_not_taken_over_where_another_mail_looks_the_same() {
    for gone_first in [true, false] {
        let (fixture, other) = fixture(&[1]);
        let inbox = fixture.inbox;
        come(&fixture, inbox, vec![under(2, 1)]);
        mark(&fixture);
        let first = fixture.read(|s| s.message(place(&fixture, inbox, 1))).unwrap().row.message;
        let body = wait(fixture.store.prepare_body(BodySource::Bytes(b"one".to_vec()))).unwrap();
        fixture.mirror(move |tx| tx.store_body(first, "", body));
        if gone_first {
            go(&fixture, inbox, &[1]);
        }
        come(&fixture, other, vec![under(9, 1)]);
        if !gone_first {
            go(&fixture, inbox, &[1]);
        }
        let row = fixture.read(|s| s.message(place(&fixture, other, 9))).unwrap().row;
        assert_eq!(row.body, crate::store::BodyState::None, "it may be the other one's");
    }
}

#[test]
fn a_body_that_came_under_the_newer_id_stays() {
    let (fixture, other) = fixture(&[1]);
    let inbox = fixture.inbox;
    come(&fixture, other, vec![under(9, 1)]);
    let newer = place(&fixture, other, 9);
    let message = fixture.read(|s| s.message(newer)).unwrap().row.message;
    let body = wait(fixture.store.prepare_body(BodySource::Bytes(b"raw".to_vec()))).unwrap();
    fixture.mirror(move |tx| tx.store_body(message, "", body));
    go(&fixture, inbox, &[1]);
    let row = fixture.read(|s| s.message(newer)).unwrap().row;
    assert_ne!(row.id, newer, "the old id leads to it, and the newer one too");
    assert_eq!(row.body, crate::store::BodyState::Full);
}

#[test]
fn ids_of_what_never_came_back_are_forgotten_after_their_time() {
    let (fixture, other) = fixture(&[1, 2]);
    let inbox = fixture.inbox;
    come(&fixture, other, vec![under(9, 1)]);
    let all = UidSet::range(Uid::MIN, Uid::MAX);
    fixture.mirror(move |tx| {
        tx.remove_uids(inbox, &all)?;
        tx.remove_uids(other, &all)
    });
    fixture.mirror(move |tx| tx.collect_garbage(Timestamp(i64::MAX)));
    let left: (i64, i64, i64) = fixture.read(|s| {
        let sql = "SELECT (SELECT count(*) FROM departed), (SELECT count(*) FROM place_aliases),
                   (SELECT count(*) FROM messages)";
        Ok(s.conn().query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?)
    });
    assert_eq!(left, (0, 0, 0));
}

/// The user copies messages to a mailbox; gives the ids of the copies.
fn copy(fixture: &Fixture, places: &[PlaceId], to: MailboxId) -> Vec<PlaceId> {
    let places = places.to_vec();
    wait(fixture.store.journal(move |tx| tx.act(&Action::Copy { to }, &places))).unwrap().places
}

#[test]
fn the_users_own_copy_does_not_become_the_original_when_that_goes() {
    let (fixture, other) = fixture(&[1]);
    let original = place(&fixture, fixture.inbox, 1);
    let made = copy(&fixture, &[original], other)[0];
    let operation = fixture.read(|view| Ok(view.operations(fixture.account, true)?[0].id));
    let step = StepKey { operation, place: original };
    let replay = fixture.store.replay(move |tx| {
        tx.landed(made, other, None)?;
        tx.settle(&[(step, Outcome::Done)])
    });
    wait(replay).unwrap();
    come(&fixture, other, vec![under(9, 1)]);
    assert_eq!(place(&fixture, other, 9), made, "it awaited its UID");
    go(&fixture, fixture.inbox, &[1]);
    assert_eq!(place(&fixture, other, 9), made);
    assert!(wait(fixture.store.check()).unwrap().is_clean());
}

#[test]
fn of_two_messages_that_become_one_a_copy_is_made_once_and_what_was_asked_of_the_other_copy_ends() {
    let (fixture, other) = fixture(&[1]);
    let (inbox, account) = (fixture.inbox, fixture.account);
    come(&fixture, other, vec![under(9, 1)]);
    let both = [place(&fixture, inbox, 1), place(&fixture, other, 9)];
    let made = copy(&fixture, &both, inbox);
    wait(fixture.store.journal(move |tx| tx.act(&Action::Delete, &made))).unwrap();
    go(&fixture, inbox, &[1]);
    assert_eq!(place(&fixture, other, 9), both[0]);
    let states = fixture.read(|view| {
        let operations = view.operations(account, true)?.into_iter();
        operations.map(|one| Ok(view.steps(one.id)?.iter().map(|step| step.state).collect())).collect()
    });
    let states: Vec<Vec<StepState>> = states;
    assert_eq!(states, [vec![StepState::Queued], vec![StepState::Moot, StepState::Queued]]);
    assert!(wait(fixture.store.check()).unwrap().is_clean());
}

/// What becomes of a copy of both of two messages that turn out to be one, where the copy of the newer or of the older has already
/// come to this.
fn copies_of_both_where(newer: bool, outcome: Outcome) -> Vec<(PlaceId, StepState)> {
    let (fixture, other) = fixture(&[1]);
    let (inbox, account) = (fixture.inbox, fixture.account);
    come(&fixture, other, vec![under(9, 1)]);
    let both = [place(&fixture, inbox, 1), place(&fixture, other, 9)];
    let made = copy(&fixture, &both, inbox)[usize::from(newer)];
    let operation = fixture.read(|view| Ok(view.operations(account, true)?[0].id));
    let step = StepKey { operation, place: both[usize::from(newer)] };
    let replay = fixture.store.replay(move |tx| {
        if outcome == Outcome::Done {
            tx.landed(made, inbox, None)?;
        }
        tx.settle(&[(step, outcome)])
    });
    wait(replay).unwrap();
    go(&fixture, inbox, &[1]);
    assert_eq!(place(&fixture, other, 9), both[0]);
    assert!(wait(fixture.store.check()).unwrap().is_clean());
    let steps = fixture.read(|view| view.steps(operation)).into_iter();
    steps.map(|step| (step.place.unwrap(), step.state)).collect()
}

#[test]
fn of_two_messages_that_become_one_a_copy_that_came_to_nothing_does_not_end_the_other() {
    for newer in [true, false] {
        let gone = Outcome::Moot(Reason::new("gone", "it was not there"));
        let states: Vec<StepState> = copies_of_both_where(newer, gone).into_iter().map(|(_, state)| state).collect();
        assert!(states.contains(&StepState::Queued), "newer {newer}: {states:?}");
    }
}

#[test]
fn of_two_messages_that_become_one_a_copy_that_was_made_is_not_made_again() {
    for newer in [true, false] {
        let states: Vec<StepState> =
            copies_of_both_where(newer, Outcome::Done).into_iter().map(|(_, state)| state).collect();
        assert_eq!(states, [StepState::Done], "newer {newer}");
    }
}
