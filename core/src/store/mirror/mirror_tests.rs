#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::model::{MailboxId, Timestamp, Uid};
use crate::store::testing::{Fixture, flags, message, naming, uid, uids};
use crate::store::{BodySource, MailboxState, NewMessage, StoreError};

fn all_uids(fixture: &Fixture, mailbox: MailboxId) -> Vec<u32> {
    fixture.read(|snapshot| snapshot.known_uids(mailbox, Uid::MIN, Uid::MAX)).iter().map(Uid::get).collect()
}

#[test]
fn a_batch_inserted_twice_is_there_once() {
    let fixture = Fixture::new();
    let first = fixture.insert(vec![message(1), message(2)]);
    let mut again = message(2);
    again.flags = flags(&["\\Seen"]);
    let second = fixture.insert(vec![again, message(3), message(3)]);
    assert_eq!((first.new, first.known), (2, 0));
    assert_eq!((second.new, second.known), (1, 2));
    assert_eq!(all_uids(&fixture, fixture.inbox), [1, 2, 3]);
    fixture.assert_counts();
    assert_eq!(fixture.read(|snapshot| snapshot.mailbox(fixture.inbox)).unwrap().unread, 2);
}

#[test]
fn case_050_a_reused_uid_is_told_and_changes_nothing() {
    let fixture = Fixture::new();
    fixture.insert(vec![message(1)]);
    let mut other = message(2);
    other.uid = uid(1);
    let outcome = fixture.insert(vec![other]);
    assert_eq!(outcome.conflicting, uids(&[1]));
    let place = fixture.read(|snapshot| snapshot.place_by_uid(fixture.inbox, uid(1))).unwrap();
    assert_eq!(fixture.read(|snapshot| snapshot.message(place)).unwrap().row.subject, "Subject 1");
}

#[test]
fn flags_are_changed_only_for_known_uids_and_counted_only_where_they_differ() {
    let fixture = Fixture::new();
    fixture.insert(vec![message(1), message(2)]);
    let inbox = fixture.inbox;
    let seen = flags(&["\\Seen", "$Work"]);
    let updates = vec![(uid(1), seen.clone(), None), (uid(2), flags(&[]), None), (uid(9), seen, None)];
    let outcome = fixture.mirror(move |tx| tx.update_flags(inbox, &updates));
    assert_eq!(outcome.changed, 1);
    assert_eq!(outcome.unknown, uids(&[9]));
    fixture.assert_counts();
    let page = fixture.read(|snapshot| snapshot.page(inbox, Default::default(), None, 10));
    assert_eq!(page[1].flags.names(), ["seen", "$Work"]);
}

#[test]
fn case_056_flags_older_than_the_mirror_are_ignored() {
    let fixture = Fixture::new();
    let modseq = crate::model::ModSeq::new;
    let mut new = message(1);
    new.modseq = modseq(10);
    new.flags = flags(&["\\Seen"]);
    fixture.insert(vec![new.clone()]);
    let inbox = fixture.inbox;
    let late = vec![(uid(1), flags(&[]), modseq(9))];
    assert_eq!(fixture.mirror(move |tx| tx.update_flags(inbox, &late)).changed, 0);
    new.modseq = modseq(8);
    new.flags = flags(&["\\Flagged"]);
    fixture.insert(vec![new]);
    let page = fixture.read(|snapshot| snapshot.page(inbox, Default::default(), None, 10));
    assert_eq!(page[0].flags, flags(&["\\Seen"]));
}

#[test]
fn case_026_removing_every_possible_uid_takes_only_what_is_there() {
    let fixture = Fixture::new();
    fixture.insert((1..=50).map(message).collect());
    let inbox = fixture.inbox;
    let all = crate::model::UidSet::range(Uid::MIN, Uid::MAX);
    assert_eq!(fixture.mirror(move |tx| tx.remove_uids(inbox, &all)), 50);
    assert_eq!(all_uids(&fixture, inbox), Vec::<u32>::new());
    fixture.assert_counts();
}

#[test]
fn case_059_one_mail_in_two_mailboxes_is_one_message_with_two_places() {
    let fixture = Fixture::new();
    let account = fixture.account;
    let other = fixture.mirror(move |tx| tx.insert_mailbox(account, &naming("Work")));
    let mut gmail = message(1);
    gmail.gm_msgid = Some(u64::MAX - 5);
    fixture.insert(vec![gmail.clone()]);
    gmail.uid = uid(77);
    gmail.preview = Some("Hello".to_owned());
    fixture.mirror(move |tx| tx.insert_new(other, &[gmail]));
    let (a, b) = fixture.read(|s| {
        let a = s.message(s.place_by_uid(fixture.inbox, uid(1))?.unwrap())?.unwrap();
        Ok((a, s.message(s.place_by_uid(other, uid(77))?.unwrap())?.unwrap()))
    });
    assert_eq!(a.row.message, b.row.message);
    assert_ne!(a.row.id, b.row.id);
    assert_eq!(a.row.preview.as_deref(), Some("Hello"));
    assert_eq!(fixture.read(|s| s.places_of(a.row.message)).len(), 2);
}

#[test]
fn case_060_equal_message_ids_merge_nothing() {
    let fixture = Fixture::new();
    let mut copy = message(1);
    copy.uid = uid(2);
    fixture.insert(vec![message(1), copy]);
    let page = fixture.read(|s| s.page(fixture.inbox, Default::default(), None, 10));
    assert_ne!(page[0].message, page[1].message);
}

#[test]
fn case_060_a_server_that_gives_all_mails_one_emailid_is_not_believed() {
    let fixture = Fixture::new();
    let with_id = |value| NewMessage { email_id: Some("same".to_owned()), ..message(value) };
    fixture.insert(vec![with_id(1), with_id(2)]);
    let page = fixture.read(|s| s.page(fixture.inbox, Default::default(), None, 10));
    assert_ne!(page[0].message, page[1].message);
}

fn detached_fixture() -> Fixture {
    let fixture = Fixture::new();
    let inbox = fixture.inbox;
    fixture.insert((1..=5).map(|value| NewMessage { email_id: Some(format!("M{value}")), ..message(value) }).collect());
    let state = MailboxState { uid_next: Some(uid(6)), backfill: Some(uid(1)), ..Default::default() };
    fixture.mirror(move |tx| tx.set_mailbox_state(inbox, &state));
    assert_eq!(fixture.mirror(move |tx| tx.detach_all(inbox)), 5);
    fixture
}

#[test]
fn hard_problem_14_ids_and_bodies_survive_a_change_of_uidvalidity() {
    let fixture = Fixture::new();
    let inbox = fixture.inbox;
    fixture.insert((1..=5).map(message).collect());
    let before = fixture.read(|s| s.page(inbox, Default::default(), None, 10));
    let newest = before[0].message;
    let body = crate::store::testing::wait(fixture.store.prepare_body(BodySource::Bytes(b"raw".to_vec()))).unwrap();
    fixture.mirror(move |tx| tx.store_body(newest, "", body));

    fixture.mirror(move |tx| tx.detach_all(inbox));
    assert_eq!(fixture.read(|s| s.mailbox_state(inbox)), MailboxState::default());
    fixture.assert_counts();
    let shuffled = (1..=6).map(|value| NewMessage { uid: uid(107 - value), ..message(value) }).collect();
    let outcome = fixture.insert(shuffled);
    assert_eq!((outcome.rebound, outcome.new), (5, 1));
    assert_eq!(fixture.mirror(move |tx| tx.drop_detached(inbox)), 0);

    let after = fixture.read(|s| s.page(inbox, Default::default(), None, 10));
    let ids: Vec<_> = after[1..].iter().map(|row| row.id).collect();
    assert_eq!(ids, before.iter().map(|row| row.id).collect::<Vec<_>>());
    assert_eq!(fixture.read(|s| s.body(newest, "")).unwrap().into_bytes().unwrap(), b"raw");
    fixture.assert_counts();
}

#[test]
fn hard_problem_14_what_is_not_found_again_goes_when_the_pass_is_over() {
    let fixture = detached_fixture();
    let inbox = fixture.inbox;
    assert_eq!(fixture.read(|s| s.page(inbox, Default::default(), None, 10)).len(), 5);
    fixture.insert(vec![NewMessage { uid: uid(11), email_id: Some("M1".to_owned()), ..message(1) }]);
    assert_eq!(fixture.mirror(move |tx| tx.drop_detached(inbox)), 4);
    assert_eq!(all_uids(&fixture, inbox), [11]);
    fixture.assert_counts();
}

#[test]
fn case_045_a_strong_identity_wins_over_an_equal_message_id() {
    let fixture = detached_fixture();
    // All look alike by Message-ID, size and date, but for the EMAILID.
    let place = |value: u32| fixture.read(|s| s.place_by_uid(fixture.inbox, uid(value)));
    let as_1 = |value: u32, id: &str| NewMessage { uid: uid(value), email_id: Some(id.to_owned()), ..message(1) };
    let outcome = fixture.insert(vec![as_1(21, "M9"), as_1(22, "M1")]);
    assert_eq!((outcome.rebound, outcome.new), (1, 1));
    let rebound = place(22).unwrap();
    assert!(place(21).unwrap() > rebound);
}

#[test]
fn a_mail_that_lies_nowhere_is_kept_thirty_days() {
    let fixture = Fixture::new();
    let inbox = fixture.inbox;
    fixture.insert(vec![message(1), message(2)]);
    let id = fixture.read(|s| s.page(inbox, Default::default(), None, 10))[0].message;
    let large = vec![7; 100_000];
    let body = crate::store::testing::wait(fixture.store.prepare_body(BodySource::Bytes(large.clone()))).unwrap();
    fixture.mirror(move |tx| tx.store_body(id, "", body));
    fixture.mirror(move |tx| tx.remove_uids(inbox, &uids(&[1, 2])));
    let count = |fixture: &Fixture| {
        fixture.read(|s| Ok(s.conn().query_row("SELECT count(*) FROM messages", [], |row| row.get::<_, i64>(0))?))
    };
    assert_eq!(count(&fixture), 2);

    let day = 24 * 3600;
    let almost = Timestamp(1_700_000_000 + 30 * day - 1);
    assert!(!fixture.read(|s| s.has_garbage(almost)));
    assert_eq!(fixture.mirror(move |tx| tx.collect_garbage(almost)).messages, 0);
    assert_eq!(fixture.read(|s| s.body(id, "")).unwrap().into_bytes().unwrap(), large);
    let then = Timestamp(1_700_000_000 + 30 * day);
    assert!(fixture.read(|s| s.has_garbage(then)));
    let report = fixture.mirror(move |tx| tx.collect_garbage(then));
    assert_eq!((report.messages, report.files), (2, 1));
    assert!(!fixture.read(|s| s.has_garbage(then)));
    assert_eq!(count(&fixture), 0);
    assert_eq!(std::fs::read_dir(fixture.dir.path().join("blobs")).unwrap().count(), 0);
}

#[test]
fn an_orphan_that_the_server_names_again_has_its_body_at_once() {
    let fixture = Fixture::new();
    let inbox = fixture.inbox;
    let with_id = |value| NewMessage { uid: uid(value), email_id: Some("M".to_owned()), ..message(1) };
    fixture.insert(vec![with_id(1)]);
    let id = fixture.read(|s| s.page(inbox, Default::default(), None, 1))[0].message;
    let body = crate::store::testing::wait(fixture.store.prepare_body(BodySource::Bytes(b"x".to_vec()))).unwrap();
    fixture.mirror(move |tx| tx.store_body(id, "", body));
    fixture.mirror(move |tx| tx.remove_uids(inbox, &uids(&[1])));
    fixture.insert(vec![with_id(2)]);
    let row = fixture.read(|s| s.page(inbox, Default::default(), None, 1)).remove(0);
    assert_eq!((row.message, row.body), (id, crate::store::BodyState::Full));
    let far = Timestamp(i64::MAX / 2);
    assert_eq!(fixture.mirror(move |tx| tx.collect_garbage(far)).messages, 0);
}

#[test]
fn hard_problem_07_a_gap_is_remembered_until_it_is_answered() {
    let fixture = Fixture::new();
    let inbox = fixture.inbox;
    fixture.mirror(move |tx| tx.note_gaps(inbox, &uids(&[3, 4, 5]), Timestamp(100)));
    fixture.mirror(move |tx| tx.note_gaps(inbox, &uids(&[4]), Timestamp(200)));
    fixture.mirror(move |tx| tx.quarantine(inbox, uid(4), "unreadable"));
    fixture.insert(vec![message(3)]);
    let gaps = fixture.read(|s| s.gaps(inbox));
    let gaps: Vec<_> = gaps.iter().map(|gap| (gap.uid.get(), gap.tries, gap.quarantined.as_deref())).collect();
    assert_eq!(gaps, [(4, 2, Some("unreadable")), (5, 1, None)]);
    fixture.mirror(move |tx| tx.remove_uids(inbox, &uids(&[5])));
    assert_eq!(fixture.read(|s| s.gaps(inbox)).len(), 1);
}

#[test]
fn case_068_names_may_be_swapped_in_one_step() {
    let fixture = Fixture::new();
    let account = fixture.account;
    let (a, b) = fixture
        .mirror(move |tx| Ok((tx.insert_mailbox(account, &naming("A"))?, tx.insert_mailbox(account, &naming("B"))?)));
    fixture.mirror(move |tx| tx.update_mailbox_namings(&[(a, naming("B")), (b, naming("A"))]));
    assert_eq!(fixture.read(|s| s.mailbox(a)).unwrap().naming.name, "B");
    assert_eq!(fixture.read(|s| s.mailbox(b)).unwrap().naming.raw_name, b"A");
}

#[test]
fn case_062_names_that_differ_in_one_byte_are_two_mailboxes() {
    let fixture = Fixture::new();
    let account = fixture.account;
    let names = ["e\u{301}", "\u{e9}", "E\u{301}"];
    fixture.mirror(move |tx| names.iter().try_for_each(|name| tx.insert_mailbox(account, &naming(name)).map(drop)));
    assert_eq!(fixture.read(|s| s.mailboxes(account)).len(), 4);
    let again =
        crate::store::testing::wait(fixture.store.mirror(move |tx| tx.insert_mailbox(account, &naming("INBOX"))));
    assert_eq!(again, Err(StoreError::Exists("mailbox")));
}

#[test]
fn removing_a_mailbox_keeps_mails_that_lie_elsewhere() {
    let fixture = Fixture::new();
    let (account, inbox) = (fixture.account, fixture.inbox);
    let other = fixture.mirror(move |tx| tx.insert_mailbox(account, &naming("Other")));
    let with_id = |value| NewMessage { email_id: Some(format!("M{value}")), ..message(value) };
    fixture.insert(vec![with_id(1), with_id(2)]);
    fixture.mirror(move |tx| tx.insert_new(other, &[with_id(1)]));
    fixture.mirror(move |tx| tx.remove_mailbox(inbox));
    assert_eq!(all_uids(&fixture, other), [1]);
    assert!(fixture.read(|s| s.mailbox(inbox)).is_none());
    fixture.assert_counts();
}
