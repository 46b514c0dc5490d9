//! What a person does offline reaches Dovecot once, by the word of a second client that shares nothing with the core;
//! also where the connection is cut in the middle.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use postrider::api::{FlagChange, ListFilter, MailboxId, OperationState, PlaceId};
use postrider_tests::cuts::{Allowed, cut};
use postrider_tests::phone::{Loopback, PASSWORD, Phone, USER};
use postrider_tests::servers::{Dovecot, DovecotOptions, RawClient};

const MAILS: u64 = 8;

fn mail(number: u64) -> Vec<u8> {
    format!(
        "From: Ann <ann@example.org>\r\nTo: {USER}\r\nSubject: Mail {number}\r\nMessage-ID: <{number}@example.org>\r\n\r\n{number}\r\n"
    )
    .into_bytes()
}

/// Subjects with their flags, in order.
type Laid = Vec<(String, Vec<String>)>;

/// What the second client sees of a mailbox; without what only could not be expunged, where that is so.
fn held(client: &mut RawClient, mailbox: &str, marks: bool) -> Laid {
    let mut laid = Laid::new();
    for message in client.full_messages(mailbox).unwrap() {
        let text = String::from_utf8(message.body).unwrap();
        let subject = text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap().to_owned();
        let shown = |flag: &String| flag.strip_prefix('\\').map_or_else(|| flag.clone(), str::to_ascii_lowercase);
        let mut flags: Vec<String> = message.flags.iter().map(shown).collect();
        flags.sort();
        if !(marks && flags.contains(&"deleted".to_owned())) {
            laid.push((subject, flags));
        }
    }
    laid.sort();
    laid
}

struct Offline {
    phone: Phone,
    client: RawClient,
    allowed: Allowed,
    mailboxes: BTreeMap<String, MailboxId>,
    marks: bool,
}

impl Offline {
    /// A phone with mailboxes and mails of their own for each run, synced.
    async fn new(port: u16, run: usize, marks: bool) -> Self {
        let mut client = RawClient::log_in(port, USER, PASSWORD).unwrap();
        for name in ["From", "Work", "Aside"] {
            client.run(&format!("CREATE {name}{run}")).unwrap();
        }
        for number in 0..MAILS {
            client.append(&format!("From{run}"), "", &mail(number)).unwrap();
        }
        let allowed = Allowed::default();
        let phone = Phone::new(Arc::new(cut(Loopback(port), allowed.clone()))).await.unwrap();
        phone.clock.be_patient();
        phone.sync().await.unwrap();
        let listed = phone.core.mailboxes(phone.account).await.unwrap();
        let own = |name: &str| name.strip_suffix(&run.to_string()).map(str::to_owned);
        let mailboxes = listed.into_iter().filter_map(|mailbox| Some((own(&mailbox.name)?, mailbox.id))).collect();
        Self { phone, client, allowed, mailboxes, marks }
    }

    async fn shown(&self, mailbox: &str) -> (Laid, BTreeMap<String, PlaceId>) {
        let page = self.phone.core.messages(self.mailboxes[mailbox], ListFilter::default(), None, 100).await.unwrap();
        let ids = page.messages.iter().map(|row| (row.subject.clone(), row.id)).collect();
        let sorted = |mut flags: Vec<String>| {
            flags.sort();
            flags
        };
        let mut laid: Laid = page.messages.into_iter().map(|row| (row.subject, sorted(row.flags))).collect();
        laid.sort();
        (laid, ids)
    }

    async fn act(&self) {
        let ids = self.shown("From").await.1;
        let id = |number: u64| ids[&format!("Mail {number}")];
        let flag = |word: &str| FlagChange { add: vec![word.to_owned()], remove: Vec::new() };
        let core = &self.phone.core;
        core.flag(vec![id(0), id(1)], flag("flagged")).await.unwrap();
        core.move_to(vec![id(1), id(2)], self.mailboxes["Work"]).await.unwrap();
        core.flag(vec![id(2)], flag("seen")).await.unwrap();
        let copies = core.copy_to(vec![id(3), id(4)], self.mailboxes["Aside"]).await.unwrap().ids;
        core.flag(vec![copies[0]], flag("answered")).await.unwrap();
        core.move_to(vec![copies[1]], self.mailboxes["Work"]).await.unwrap();
        core.delete_forever(vec![id(5)]).await.unwrap();
    }

    /// Both sides hold what was done, once.
    async fn holds_what_was_done(&mut self, run: usize, when: &str) {
        let row = |number: u64, flags: &[&str]| {
            (format!("Mail {number}"), flags.iter().map(|flag| (*flag).to_owned()).collect::<Vec<_>>())
        };
        let expected = BTreeMap::from([
            ("From", vec![row(0, &["flagged"]), row(3, &[]), row(4, &[]), row(6, &[]), row(7, &[])]),
            ("Work", vec![row(1, &["flagged"]), row(2, &["seen"]), row(4, &[])]),
            ("Aside", vec![row(3, &["answered"])]),
        ]);
        for (name, expected) in expected {
            assert_eq!(self.shown(name).await.0, expected, "{when}: {name} on the phone");
            let held = held(&mut self.client, &format!("{name}{run}"), self.marks);
            assert_eq!(held, expected, "{when}: {name} on the server");
        }
        let all = self.phone.core.operations(self.phone.account, true).await.unwrap();
        assert!(all.iter().all(|one| one.state == OperationState::Done), "{when}: {all:?}");
    }
}

/// How often it is cut in either direction: each time there are more mailboxes, so that it might never be whole.
const ROUNDS: u64 = 9;

/// Whole, and then cut after ever more bytes of the replay in either direction, until it is not cut any more.
async fn acts_reach(port: u16, marks: bool, steps: (u64, u64)) {
    let mut offline = Offline::new(port, 0, marks).await;
    offline.act().await;
    offline.phone.sync().await.unwrap();
    offline.holds_what_was_done(0, "whole").await;
    let mut run = 0;
    for received in [true, false] {
        let step = if received { steps.0 } else { steps.1 };
        for round in 0..ROUNDS {
            run += 1;
            let mut offline = Offline::new(port, run, marks).await;
            offline.act().await;
            let after = 100 + round * step;
            let (down, up) = if received { (after, u64::MAX) } else { (u64::MAX, after) };
            offline.allowed.set(down, up);
            let whole = offline.phone.sync().await.is_ok();
            offline.allowed.set(u64::MAX, u64::MAX);
            for _ in 0..2 {
                offline.phone.sync().await.unwrap();
            }
            let direction = if received { "received" } else { "sent" };
            offline.holds_what_was_done(run, &format!("cut after {after} bytes {direction}")).await;
            if whole {
                break;
            }
        }
    }
    assert!(run > 6, "only {run} cuts");
}

async fn reach_dovecot(capability: Option<&str>, marks: bool) {
    let options = DovecotOptions { capability: capability.map(str::to_owned), ..DovecotOptions::default() };
    let server = Dovecot::start(&options).unwrap_or_else(|error| panic!("{error}"));
    acts_reach(server.imap_port(), marks, (1_500, 310)).await;
}

#[tokio::test]
async fn what_was_done_offline_reaches_dovecot_once() {
    reach_dovecot(None, false).await;
}

#[tokio::test]
async fn what_was_done_offline_reaches_dovecot_without_move_once() {
    reach_dovecot(Some("IMAP4rev1 LITERAL+ SASL-IR ID ENABLE CONDSTORE QRESYNC UIDPLUS NAMESPACE ESEARCH"), false)
        .await;
}

#[tokio::test]
async fn what_was_done_offline_reaches_a_dovecot_of_rfc_3501_alone_once() {
    reach_dovecot(Some("IMAP4rev1"), true).await;
}
