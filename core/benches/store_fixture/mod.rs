//! Mailboxes to measure with: mails such as people get, made from their number, the same in each run.

#![allow(dead_code, reason = "each bench uses a part of it")]

use std::path::Path;
use std::sync::Arc;

use postrider::model::{AccountId, Address, Disposition, MailboxId, Part, SystemClock, SystemFlag, Timestamp, Uid};
use postrider::store::{MailboxNaming, Mode, NewMessage, OpenOptions, Store};

const WORDS: [&str; 64] = [
    "report",
    "meeting",
    "invoice",
    "travel",
    "budget",
    "review",
    "project",
    "holiday",
    "family",
    "dinner",
    "tickets",
    "server",
    "update",
    "release",
    "question",
    "answer",
    "photos",
    "garden",
    "school",
    "letter",
    "contract",
    "payment",
    "delivery",
    "order",
    "market",
    "music",
    "concert",
    "flight",
    "hotel",
    "summer",
    "winter",
    "spring",
    "autumn",
    "doctor",
    "appointment",
    "birthday",
    "present",
    "kitchen",
    "window",
    "bicycle",
    "train",
    "station",
    "morning",
    "evening",
    "weekend",
    "monday",
    "friday",
    "coffee",
    "paper",
    "design",
    "draft",
    "notes",
    "agenda",
    "minutes",
    "press",
    "newsletter",
    "weekly",
    "monthly",
    "yearly",
    "account",
    "password",
    "security",
    "notice",
    "reminder",
];

/// How many messages are inserted in one transaction.
pub(crate) const BATCH: u32 = 5000;

/// A number that looks random and is the same each time.
pub(crate) fn scatter(value: u64) -> u64 {
    let mut x = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn words(seed: u64, count: u64) -> String {
    let word = |at| WORDS[(scatter(seed ^ (at << 40)) % 64) as usize];
    (0..count).map(word).collect::<Vec<_>>().join(" ")
}

fn person(seed: u64) -> Address {
    let number = scatter(seed) % 2000;
    let name = format!("{} {}", words(number, 1), words(number ^ 77, 1));
    Address { name, email: format!("person{number}@host{}.example.org", number % 50) }
}

fn structure() -> Part {
    let leaf = |section: &str, media_type: &str, octets| Part {
        section: section.to_owned(),
        media_type: media_type.to_owned(),
        charset: Some("utf-8".to_owned()),
        disposition: Disposition::Unspecified,
        encoding: "quoted-printable".to_owned(),
        octets,
        ..Part::default()
    };
    Part {
        media_type: "multipart/alternative".to_owned(),
        encoding: "7bit".to_owned(),
        children: vec![leaf("1", "text/plain", 1200), leaf("2", "text/html", 8200)],
        ..Part::default()
    }
}

/// One mail. A third of them answer an earlier one.
pub(crate) fn message(uid: u32) -> NewMessage {
    let seed = u64::from(uid);
    let mut message = NewMessage::new(Uid::new(uid).expect("from 1 on"));
    if !scatter(seed).is_multiple_of(20) {
        message.flags.insert(SystemFlag::Seen);
    }
    message.internal_date = Some(Timestamp(1_500_000_000 + i64::from(uid) * 300));
    message.size = Some(4000 + scatter(seed) % 60_000);
    message.structure = Some(structure());
    let envelope = &mut message.envelope;
    envelope.subject = words(seed, 4 + seed % 4);
    envelope.from = vec![person(seed)];
    envelope.to = vec![person(1_000_000 + seed % 3), person(seed ^ 5)];
    envelope.date = message.internal_date;
    envelope.message_id = Some(format!("{:016x}.{uid}@host{}.example.org", scatter(seed), seed % 50));
    if uid.is_multiple_of(3) {
        let earlier = uid - 1 - (scatter(seed) % u64::from(uid.min(50))) as u32;
        if earlier > 0 {
            let id = format!("{:016x}.{earlier}@host{}.example.org", scatter(earlier.into()), earlier % 50);
            envelope.in_reply_to = vec![id.clone()];
            envelope.references = vec![id];
        }
    }
    message
}

/// A text body of some 1,500 characters.
pub(crate) fn body(uid: u32) -> String {
    words(u64::from(uid) ^ 0xb0d1, 200)
}

/// The mail itself: a header, a text of some 1,500 characters and the same as HTML.
pub(crate) fn raw(uid: u32) -> Vec<u8> {
    let (seed, text) = (u64::from(uid), body(uid));
    let from = person(seed);
    format!(
        "From: {} <{}>\r\nTo: ann@example.org\r\nSubject: {}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n\
         Message-ID: <{:016x}.{uid}@example.org>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         {text}\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>{text}</p>\r\n--b--\r\n",
        from.name,
        from.email,
        words(seed, 5),
        scatter(seed),
    )
    .into_bytes()
}

pub(crate) fn open(dir: &Path) -> Store {
    let options = OpenOptions { mode: Mode::Inline, clock: Arc::new(SystemClock), read_only: false };
    Store::open(dir, options).expect("a folder to write in")
}

/// Runs what the inline store never really waits for.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

pub(crate) fn empty(dir: &Path) -> (Store, AccountId, MailboxId) {
    let store = open(dir);
    let account = wait(store.config(|tx| tx.add_account("bench", "ann@example.org", "{}"))).expect("an account");
    let naming = MailboxNaming {
        raw_name: b"INBOX".to_vec(),
        name: "INBOX".to_owned(),
        selectable: true,
        ..MailboxNaming::default()
    };
    let mailbox = wait(store.mirror(move |tx| tx.insert_mailbox(account, &naming))).expect("a mailbox");
    (store, account, mailbox)
}

/// Inserts messages as a first sync does: newest batch first.
pub(crate) fn fill(store: &Store, mailbox: MailboxId, batches: Vec<Vec<NewMessage>>) {
    for batch in batches {
        wait(store.mirror(move |tx| tx.insert_new(mailbox, &batch))).expect("inserted");
    }
}

pub(crate) fn batches(count: u32) -> impl Iterator<Item = Vec<NewMessage>> {
    (0..count.div_ceil(BATCH)).rev().map(move |at| {
        let first = at * BATCH + 1;
        (first..=(first + BATCH - 1).min(count)).map(message).collect()
    })
}

/// A mailbox of `count` messages.
pub(crate) fn filled(dir: &Path, count: u32) -> (Store, AccountId, MailboxId) {
    let (store, account, mailbox) = empty(dir);
    for batch in batches(count) {
        fill(&store, mailbox, vec![batch]);
    }
    wait(store.flush()).expect("flushed");
    (store, account, mailbox)
}
