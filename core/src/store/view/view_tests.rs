#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use crate::model::{Address, SystemFlag, Timestamp};
use crate::store::testing::{Fixture, flags, message, naming, uid, wait};
use crate::store::{Cursor, ListFilter, MessageRow, NewMessage, Search};

fn uids_of(rows: &[MessageRow]) -> Vec<u32> {
    rows.iter().map(|row| row.uid.unwrap().get()).collect()
}

#[test]
fn hard_problem_19_pages_follow_each_other_without_gap_or_overlap() {
    let fixture = Fixture::new();
    // Many mails of the same second, as an import leaves them.
    let same_second =
        |value| NewMessage { internal_date: Some(Timestamp(5000 + i64::from(value) / 10)), ..message(value) };
    fixture.insert((1..=95).map(same_second).collect());
    let mut shown = Vec::new();
    let mut after = None;
    loop {
        let page = fixture.read(|s| s.page(fixture.inbox, ListFilter::default(), after, 10));
        shown.extend(uids_of(&page));
        let Some(last) = page.last() else { break };
        after = Some(last.cursor().to_string().parse::<Cursor>().unwrap());
    }
    assert_eq!(shown, (1..=95).rev().collect::<Vec<_>>());
}

#[test]
fn a_cursor_stays_good_when_its_line_is_gone_and_a_wrong_one_is_refused() {
    let fixture = Fixture::new();
    let inbox = fixture.inbox;
    fixture.insert((1..=5).map(message).collect());
    let cursor = fixture.read(|s| s.page(inbox, ListFilter::default(), None, 2))[1].cursor();
    fixture.mirror(move |tx| tx.remove_uids(inbox, &crate::store::testing::uids(&[4])));
    assert_eq!(uids_of(&fixture.read(|s| s.page(inbox, ListFilter::default(), Some(cursor), 9))), [3, 2, 1]);
    for text in ["", "12", "a.b", "1.2.3", "99999999999999999999.1"] {
        assert!(text.parse::<Cursor>().is_err(), "{text}");
    }
}

#[test]
fn unread_and_flagged_lists_show_exactly_these() {
    let fixture = Fixture::new();
    let with = |value, words: &[&str]| NewMessage { flags: flags(words), ..message(value) };
    fixture.insert(vec![
        with(1, &[]),
        with(2, &["\\Seen"]),
        with(3, &["\\Flagged"]),
        with(4, &["\\Seen", "\\Flagged", "\\Deleted"]),
    ]);
    let list =
        |unread, flagged| uids_of(&fixture.read(|s| s.page(fixture.inbox, ListFilter { unread, flagged }, None, 9)));
    assert_eq!(list(true, false), [3, 1]);
    assert_eq!(list(false, true), [4, 3]);
    assert_eq!(list(true, true), [3]);
    assert_eq!(list(false, false), [4, 3, 2, 1]);
}

#[test]
fn case_118_absurd_dates_are_clamped_and_hide_nothing() {
    let fixture = Fixture::new();
    let mut old = message(1);
    old.internal_date = None;
    old.envelope.date = Some(Timestamp(i64::MIN));
    let mut far = message(2);
    far.internal_date = Some(Timestamp(i64::MAX));
    let mut none = message(3);
    none.internal_date = None;
    fixture.insert(vec![old, far, none]);
    let page = fixture.read(|s| s.page(fixture.inbox, ListFilter::default(), None, 9));
    assert_eq!(uids_of(&page), [2, 3, 1]);
    assert_eq!((page[0].sort_date, page[1].sort_date), (Timestamp::MAX, Timestamp(0)));
}

#[test]
fn case_113_a_mail_with_nothing_in_it_is_listed_and_opened() {
    let fixture = Fixture::new();
    fixture.insert(vec![NewMessage::new(uid(1))]);
    let row = fixture.read(|s| s.page(fixture.inbox, ListFilter::default(), None, 9)).remove(0);
    let detail = fixture.read(|s| s.message(row.id)).unwrap();
    assert_eq!((detail.row, detail.message_id, detail.structure), (row, None, None));
}

#[test]
fn all_that_was_told_of_a_mail_is_shown() {
    let fixture = Fixture::new();
    let mut full = message(1);
    let list = |name: &str| vec![Address { name: name.to_owned(), email: format!("{name}@example.org") }];
    full.envelope.sender = list("sender");
    full.envelope.reply_to = list("reply");
    full.envelope.cc = list("cc");
    full.envelope.bcc = list("bcc");
    full.envelope.in_reply_to = vec!["a@b".to_owned()];
    full.envelope.references = vec!["c@d".to_owned(), "a@b".to_owned()];
    full.envelope.date = Some(Timestamp(77));
    full.envelope.sender_unclear = true;
    full.structure = Some(crate::model::Part {
        media_type: "text/plain".to_owned(),
        encoding: "7bit".to_owned(),
        ..Default::default()
    });
    fixture.insert(vec![full.clone()]);
    let place = fixture.read(|s| s.place_by_uid(fixture.inbox, uid(1))).unwrap();
    let shown = fixture.read(|s| s.message(place)).unwrap();
    let envelope = crate::model::Envelope {
        subject: shown.row.subject,
        from: shown.row.from,
        sender: shown.sender,
        reply_to: shown.reply_to,
        to: shown.row.to,
        cc: shown.cc,
        bcc: shown.bcc,
        date: shown.row.date,
        message_id: shown.message_id,
        in_reply_to: shown.in_reply_to,
        references: shown.references,
        sender_unclear: shown.row.sender_unclear,
    };
    assert_eq!(envelope, full.envelope);
    assert_eq!((shown.structure, shown.internal_date, shown.row.size), (full.structure, full.internal_date, full.size));
}

/// Threads of the inbox: 1 and 3 with 5; 2; 4.
fn threads_fixture() -> Fixture {
    let fixture = Fixture::new();
    let mut mails: Vec<NewMessage> = (1..=5).map(message).collect();
    mails[2].envelope.in_reply_to = vec!["1@example.org".to_owned()];
    mails[4].envelope.references = vec!["1@example.org".to_owned()];
    mails[4].flags = flags(&["\\Seen"]);
    fixture.insert(mails);
    fixture
}

#[test]
fn a_thread_is_listed_once_by_its_newest_mail_that_the_filter_lets_through() {
    let fixture = threads_fixture();
    let list = |filter, after, limit| fixture.read(|s| s.page_threads(fixture.inbox, filter, after, limit));
    assert_eq!(uids_of(&list(ListFilter::default(), None, 9)), [5, 4, 2]);
    assert_eq!(uids_of(&list(ListFilter { unread: true, flagged: false }, None, 9)), [4, 3, 2]);
    let first = list(ListFilter::default(), None, 1);
    assert_eq!(uids_of(&list(ListFilter::default(), Some(first[0].cursor()), 9)), [4, 2]);
}

#[test]
fn a_thread_spans_mailboxes_and_its_old_id_still_leads_to_it_after_a_merge() {
    let fixture = threads_fixture();
    let account = fixture.account;
    let thread_of =
        |value| fixture.read(|s| s.message(s.place_by_uid(fixture.inbox, uid(value))?.unwrap())).unwrap().row.thread;
    let (first, second) = (thread_of(1), thread_of(2));
    assert_ne!(first, second);
    let mut bridge = message(50);
    bridge.envelope.references = vec!["2@example.org".to_owned(), "3@example.org".to_owned()];
    fixture.mirror(move |tx| {
        let sent = tx.insert_mailbox(account, &naming("Sent"))?;
        tx.insert_new(sent, &[bridge])
    });
    assert_eq!(thread_of(2), first);
    let members = fixture.read(|s| s.thread(second));
    assert_eq!(uids_of(&members), [1, 2, 3, 5, 50]);
}

#[test]
fn the_id_of_a_thread_merged_twice_over_still_leads_to_it() {
    let fixture = Fixture::new();
    fixture.insert((1..=3).map(message).collect());
    let last = fixture.read(|s| s.page(fixture.inbox, ListFilter::default(), None, 1))[0].thread;
    let bridge = |value: u32, from: u32, to: u32| {
        let mut mail = message(value);
        mail.envelope.references = vec![format!("{from}@example.org"), format!("{to}@example.org")];
        mail
    };
    fixture.insert(vec![bridge(10, 3, 2)]);
    fixture.insert(vec![bridge(11, 2, 1)]);
    assert_eq!(uids_of(&fixture.read(|s| s.thread(last))), [1, 2, 3, 10, 11]);
}

#[test]
fn search_joins_text_flags_dates_sizes_and_mailboxes() {
    let fixture = Fixture::new();
    let account = fixture.account;
    let other = fixture.mirror(move |tx| tx.insert_mailbox(account, &naming("Other")));
    let mut mails: Vec<NewMessage> = (1..=40).map(message).collect();
    mails[9].flags = flags(&["\\Seen", "Work"]);
    mails[19].flags = flags(&["\\Flagged", "Workshop"]);
    fixture.insert(mails);
    fixture.mirror(move |tx| tx.insert_new(other, &[message(41)]));
    fixture.index_all();
    let found = |search: Search| uids_of(&fixture.read(|s| s.search(&search, None, 99)));
    let text = |words: &str| Search { matcher: Some(words.to_owned()), ..Search::default() };

    assert_eq!(found(text("subject:20")), [20]);
    assert_eq!(found(text("subject:subject")).len(), 41);
    assert_eq!(found(Search { mailboxes: vec![other], ..text("subject") }), [41]);
    assert_eq!(found(Search { mailboxes: vec![other], ..Search::default() }), [41]);
    assert_eq!(found(Search { with: vec![SystemFlag::Flagged], ..Search::default() }), [20]);
    assert_eq!(found(Search { with: vec![SystemFlag::Seen], ..text("subject") }), [10]);
    assert_eq!(found(Search { without: vec![SystemFlag::Seen], ..Search::default() }).len(), 40);
    let work: Vec<_> = crate::model::Keyword::new("work").into_iter().collect();
    assert_eq!(found(Search { with_keywords: work.clone(), ..Search::default() }), [10]);
    assert_eq!(found(Search { without_keywords: work, ..text("subject") }).len(), 40);
    let unmatched = |words: &str| Search { unmatched: Some(words.to_owned()), ..Search::default() };
    assert_eq!(found(unmatched("subject:20")).len(), 40);
    assert_eq!(found(unmatched("subject")), [0; 0]);
    assert_eq!(found(Search { with: vec![SystemFlag::Flagged], ..unmatched("subject:20") }), [0; 0]);
    let dates = Search { since: Some(Timestamp(1_000_003)), before: Some(Timestamp(1_000_005)), ..Search::default() };
    assert_eq!(found(dates), [4, 3]);
    assert_eq!(found(Search { larger: Some(1039), ..Search::default() }), [41, 40]);
    assert_eq!(found(Search { smaller: Some(1002), ..text("subject") }), [1]);
    assert_eq!(found(Search { has_attachments: Some(true), ..Search::default() }), [0; 0]);
    let elsewhere = Search { account: Some(crate::model::AccountId(99)), ..Search::default() };
    assert_eq!(found(elsewhere), [0; 0]);
}

#[test]
fn a_mail_in_two_mailboxes_is_found_once() {
    let fixture = Fixture::new();
    let account = fixture.account;
    let other = fixture.mirror(move |tx| tx.insert_mailbox(account, &naming("Other")));
    let mail = NewMessage { email_id: Some("M1".to_owned()), ..message(1) };
    fixture.insert(vec![mail.clone()]);
    fixture.mirror(move |tx| tx.insert_new(other, &[mail]));
    fixture.index_all();
    for matcher in [None, Some("subject".to_owned())] {
        let search = Search { matcher, ..Search::default() };
        assert_eq!(fixture.read(|s| s.search(&search, None, 9)).len(), 1);
    }
}

#[test]
fn a_match_string_that_is_none_is_an_error_without_its_text() {
    let fixture = Fixture::new();
    let search = Search { matcher: Some("\"secretword".to_owned()), ..Search::default() };
    let error = fixture.store.read_blocking(|s| s.search(&search, None, 9)).unwrap_err();
    assert!(!format!("{error:?} {error}").contains("secretword"));
}

/// More matches than are asked for at once: newest first, wherever they lie, page by page, and each once.
#[test]
fn a_search_that_matches_nearly_everything_gives_the_newest_first_whatever_the_order_of_arrival() {
    let fixture = Fixture::new();
    let mails = |range: std::ops::RangeInclusive<u32>| -> Vec<NewMessage> {
        let mail = |value: u32| {
            let mut mail = message(value);
            // Dates have nothing to do with the order of arrival.
            mail.internal_date = Some(Timestamp(i64::from(value) * 7919 % 6007));
            mail.flags = if value.is_multiple_of(40) { flags(&["\\Flagged"]) } else { flags(&[]) };
            if value > 5000 && value.is_multiple_of(2) {
                mail.envelope.subject = "other".to_owned();
            }
            mail
        };
        range.map(mail).collect()
    };
    for first in (1..=6000).step_by(1500) {
        fixture.insert(mails(first..=first + 1499));
        fixture.index_all();
    }
    let mut expected: Vec<_> = fixture.read(|s| s.page(fixture.inbox, ListFilter::default(), None, 9999));
    expected.retain(|row| row.subject != "other");
    assert_eq!(expected.len(), 5500);
    for matcher in ["subject:s*", "subject:su*", "subject", "subject:subj*", "s* NOT other"] {
        for (with, only_flagged) in [(vec![], false), (vec![SystemFlag::Flagged], true)] {
            let search = Search { matcher: Some(matcher.to_owned()), with, ..Search::default() };
            let mut wanted = expected.clone();
            wanted.retain(|row| !only_flagged || row.flags.contains(SystemFlag::Flagged));
            let mut after = None;
            for page in wanted.chunks(2000) {
                let found = fixture.read(|s| s.search(&search, after, 2000));
                assert!(uids_of(&found) == uids_of(page), "{matcher}");
                after = found.last().map(MessageRow::cursor);
            }
            let first = fixture.read(|s| s.search(&search, None, 20));
            assert_eq!(uids_of(&first), uids_of(&wanted[..20]), "{matcher}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// However much matches, and so whichever way search goes, pages of it are what sorting everything gives.
    #[test]
    fn pages_of_a_search_are_the_sorted_matches(
        words in prop::collection::vec((0..6u32, 0..20i64, 0..3usize), 1..120),
        wanted in 0..6u32,
        limit in 1..9u32,
    ) {
        let fixture = Fixture::new();
        let account = fixture.account;
        let mailboxes = fixture.mirror(move |tx| {
            Ok([tx.insert_mailbox(account, &naming("A"))?, tx.insert_mailbox(account, &naming("B"))?, tx.insert_mailbox(account, &naming("C"))?])
        });
        for (index, (word, date, mailbox)) in words.iter().enumerate() {
            let mut mail = message(index as u32 + 1);
            // Half of the words are in most mails.
            mail.envelope.subject = format!("w{} common", word / 3);
            mail.internal_date = Some(Timestamp(*date));
            let mailbox = mailboxes[*mailbox];
            fixture.mirror(move |tx| tx.insert_new(mailbox, &[mail]));
        }
        fixture.index_all();
        let word = if wanted < 3 { "common".to_owned() } else { format!("w{}", wanted / 3) };
        let search = Search { matcher: Some(word), ..Search::default() };
        let all = fixture.read(|s| s.search(&search, None, 1000));
        let mut sorted = all.clone();
        sorted.sort_by_key(|row| std::cmp::Reverse(row.cursor()));
        prop_assert_eq!(&all, &sorted);
        let expected = words.iter().filter(|(word, ..)| wanted < 3 || word / 3 == wanted / 3).count();
        prop_assert_eq!(all.len(), expected);
        let mut paged = Vec::new();
        let mut after = None;
        loop {
            let page = fixture.read(|s| s.search(&search, after, limit));
            let Some(last) = page.last() else { break };
            after = Some(last.cursor());
            paged.extend(page);
        }
        prop_assert_eq!(paged, all);
        wait(fixture.store.close()).unwrap();
    }
}
