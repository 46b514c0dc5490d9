#![allow(clippy::unwrap_used)]

use crate::journal::Action;
use crate::model::{MailboxId, PlaceId, Timestamp, UidValidity};
use crate::store::testing::{Fixture, message, naming, uid, uids, wait};
use crate::store::{MailboxState, NewMessage};

fn with_another() -> (Fixture, MailboxId) {
    let fixture = Fixture::new();
    let account = fixture.account;
    let other = fixture.mirror(move |tx| tx.insert_mailbox(account, &naming("Other")));
    (fixture, other)
}

/// The mail with number 1 under another UID.
fn alike(value: u32) -> NewMessage {
    NewMessage { uid: uid(value), ..message(1) }
}

fn place(fixture: &Fixture, mailbox: MailboxId, value: u32) -> PlaceId {
    fixture.read(|s| s.place_by_uid(mailbox, uid(value))).unwrap()
}

#[test]
fn messages_alike_are_known_by_the_uids_that_the_server_told_before_their_mailbox_was_ever_opened() {
    for in_one_piece in [true, false] {
        let (fixture, other) = with_another();
        let inbox = fixture.inbox;
        fixture.insert(vec![alike(1), alike(2)]);
        let (first, second) = (place(&fixture, inbox, 1), place(&fixture, inbox, 2));
        let validity = UidValidity::new(7).unwrap();
        let landed = fixture.store.replay(move |tx| {
            tx.landed(second, other, Some((validity, uid(1))))?;
            tx.landed(first, other, Some((validity, uid(2))))
        });
        wait(landed).unwrap();
        let state = MailboxState { uid_validity: Some(validity), ..MailboxState::default() };
        fixture.mirror(move |tx| tx.set_mailbox_state(other, &state));
        let pieces = if in_one_piece { vec![vec![alike(1), alike(2)]] } else { vec![vec![alike(1)], vec![alike(2)]] };
        for piece in pieces {
            fixture.mirror(move |tx| tx.insert_new(other, &piece));
        }
        assert_eq!((place(&fixture, other, 1), place(&fixture, other, 2)), (second, first));
        fixture.assert_counts();
        assert!(wait(fixture.store.check()).unwrap().is_clean());
    }
}

#[test]
fn mail_that_went_is_known_again_though_a_copy_of_it_is_still_to_be_made() {
    let (fixture, other) = with_another();
    let (inbox, account) = (fixture.inbox, fixture.account);
    fixture.insert(vec![message(1)]);
    let before = place(&fixture, inbox, 1);
    wait(fixture.store.journal(move |tx| tx.act(&Action::Copy { to: inbox }, &[before]))).unwrap();
    fixture.mirror(move |tx| {
        let newest = tx.newest_place()?;
        tx.mark_sync(account, newest)
    });
    fixture.mirror(move |tx| tx.remove_uids(inbox, &uids(&[1])));
    fixture.mirror(move |tx| tx.insert_new(other, &[alike(9)]));
    assert_eq!(place(&fixture, other, 9), before);
    assert!(wait(fixture.store.check()).unwrap().is_clean());
}

#[test]
fn what_lands_where_the_server_did_not_give_it_is_no_gap_any_more() {
    let (fixture, other) = with_another();
    fixture.insert(vec![message(1)]);
    let moved = place(&fixture, fixture.inbox, 1);
    let validity = UidValidity::new(7).unwrap();
    let state = MailboxState { uid_validity: Some(validity), ..MailboxState::default() };
    fixture.mirror(move |tx| {
        tx.set_mailbox_state(other, &state)?;
        tx.note_gaps(other, &uids(&[5, 6]), Timestamp(1))
    });
    wait(fixture.store.replay(move |tx| tx.landed(moved, other, Some((validity, uid(5)))))).unwrap();
    let gaps: Vec<u32> = fixture.read(|s| s.gaps(other)).into_iter().map(|gap| gap.uid.get()).collect();
    assert_eq!(gaps, [6]);
}
