#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::model::{Disposition, Timestamp};
use crate::store::testing::{Fixture, message, uids, wait};
use crate::store::{BodySource, Search};

fn mails(fixture: &Fixture) -> Vec<MessageId> {
    let mut page = fixture.read(|s| s.page(fixture.inbox, Default::default(), None, 99));
    page.reverse();
    page.iter().map(|row| row.message).collect()
}

fn with_mails(count: u32) -> (Fixture, Vec<MessageId>) {
    let fixture = Fixture::new();
    fixture.insert((1..=count).map(message).collect());
    let ids = mails(&fixture);
    (fixture, ids)
}

fn store(fixture: &Fixture, id: MessageId, bytes: &[u8]) {
    let body = wait(fixture.store.prepare_body(BodySource::Bytes(bytes.to_vec()))).unwrap();
    fixture.mirror(move |tx| tx.store_body(id, "", body));
}

fn found(fixture: &Fixture, words: &str) -> Vec<MessageId> {
    let search = Search { matcher: Some(words.to_owned()), ..Search::default() };
    fixture.read(|s| s.search(&search, None, 99)).iter().map(|row| row.message).collect()
}

fn waiting(fixture: &Fixture) -> Vec<MessageId> {
    let found = fixture.read(|s| s.unindexed(99, u64::MAX));
    assert_eq!(fixture.read(|s| s.unindexed_count()), found.len() as u64);
    found.iter().map(|mail| mail.message).collect()
}

fn with_text(message: MessageId, text: &str) -> ToIndex {
    let digest = Digest { text: text.to_owned(), preview: Some(text.to_owned()), ..Digest::default() };
    ToIndex { message, had_body: true, digest: Some(digest) }
}

#[test]
fn new_mail_waits_and_is_found_by_its_header_once_indexed() {
    let (fixture, ids) = with_mails(3);
    assert_eq!(waiting(&fixture), ids);
    assert_eq!(found(&fixture, "subject"), []);
    fixture.index_all();
    assert_eq!(waiting(&fixture), []);
    assert_eq!(found(&fixture, "subject:2"), [ids[1]]);
}

#[test]
fn a_body_that_came_makes_its_text_and_attachments_searchable() {
    let (fixture, ids) = with_mails(2);
    fixture.index_all();
    let id = ids[0];
    store(&fixture, id, b"raw");
    assert_eq!(waiting(&fixture), [id]);
    let structure = Part {
        media_type: "application/pdf".to_owned(),
        section: "1".to_owned(),
        name: Some("Zebra.pdf".to_owned()),
        disposition: Disposition::Attachment,
        ..Part::default()
    };
    let digest =
        Digest { structure, text: "Quokkas and 有袋類の動物".to_owned(), preview: Some("Quokkas".to_owned()) };
    fixture.mirror(move |tx| tx.index(&[ToIndex { message: id, had_body: true, digest: Some(digest) }]));
    for words in ["quokkas", "attachments:zebra", "\"袋類\"", "\"有袋 袋類\"", "subject:1", "sender:s1"] {
        assert_eq!(found(&fixture, words), [id], "{words}");
    }
    assert_eq!(found(&fixture, "wombat"), []);
    let row = fixture.read(|s| s.page(fixture.inbox, Default::default(), None, 9)).remove(1);
    assert_eq!((row.preview.as_deref(), row.has_attachments), (Some("Quokkas"), true));
}

#[test]
fn a_body_that_comes_while_the_header_is_indexed_is_not_forgotten() {
    let (fixture, ids) = with_mails(1);
    let id = ids[0];
    // Read before the body came, written after.
    let before = ToIndex { message: id, had_body: false, digest: None };
    store(&fixture, id, b"raw");
    fixture.mirror(move |tx| tx.index(&[before]));
    assert_eq!(found(&fixture, "subject:1"), [id]);
    assert_eq!(waiting(&fixture), [id]);
    fixture.mirror(move |tx| tx.index(&[with_text(id, "quokka")]));
    assert_eq!(waiting(&fixture), []);
    assert_eq!(found(&fixture, "quokka subject:1"), [id], "both, once");
}

#[test]
fn a_new_text_takes_the_place_of_the_old_one() {
    let (fixture, ids) = with_mails(1);
    let id = ids[0];
    for (text, other) in [("quokka", "wombat"), ("wombat", "quokka")] {
        store(&fixture, id, text.as_bytes());
        fixture.mirror(move |tx| tx.index(&[with_text(id, text)]));
        assert_eq!(found(&fixture, text), [id]);
        assert_eq!(found(&fixture, other), []);
    }
}

#[test]
fn mail_that_is_gone_is_neither_indexed_nor_waited_for() {
    let (fixture, ids) = with_mails(2);
    let (gone, inbox) = (ids[0], fixture.inbox);
    fixture.mirror(move |tx| tx.remove_uids(inbox, &uids(&[1])));
    fixture.mirror(|tx| tx.collect_garbage(Timestamp(i64::MAX)));
    assert_eq!(waiting(&fixture), [ids[1]]);
    fixture.mirror(move |tx| tx.index(&[with_text(gone, "quokka")]));
    assert_eq!(found(&fixture, "quokka"), []);
    assert!(wait(fixture.store.check()).unwrap().is_clean());
}

#[test]
fn a_batch_ends_where_its_bodies_pass_their_limit() {
    let (fixture, ids) = with_mails(5);
    ids.iter().for_each(|id| store(&fixture, *id, format!("0123456789{id:?}").as_bytes()));
    assert_eq!(fixture.read(|s| s.unindexed(99, 25)).len(), 2);
    assert_eq!(fixture.read(|s| s.unindexed(3, u64::MAX)).len(), 3);
    assert_eq!(fixture.read(|s| s.unindexed(99, 0)).len(), 1, "never none");
}
