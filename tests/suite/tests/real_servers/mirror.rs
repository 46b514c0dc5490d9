//! Real servers, Dovecot and Cyrus, and a second client that shares nothing with the core: after each sync both see the same.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use postrider::api::ListFilter;
use postrider_tests::phone::{Loopback, Messages, PASSWORD, Phone, USER, with_bodies};
use postrider_tests::servers::{Cyrus, CyrusOptions, Dovecot, DovecotOptions, RawClient};
use postrider_tests::workload::Dice;

fn mail(number: u64) -> Vec<u8> {
    let filler = "Grüße vom Server. ".repeat((number % 500) as usize);
    format!(
        "From: Ann <ann@example.org>\r\nTo: {USER}\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= {number}\r\n\
         Message-ID: <{number}@example.org>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{filler}\r\n"
    )
    .into_bytes()
}

/// What the second client sees.
fn seen(client: &mut RawClient, mailboxes: &[&str]) -> BTreeMap<String, Messages> {
    let mut all = BTreeMap::new();
    for mailbox in mailboxes {
        client.run(&format!("EXAMINE \"{mailbox}\"")).unwrap();
        let mut messages = Messages::new();
        for response in client.run("UID FETCH 1:* (UID FLAGS RFC822.SIZE)").unwrap() {
            let text = String::from_utf8(response).unwrap();
            let Some(inner) = text.split_once("FETCH (").map(|(_, inner)| inner) else { continue };
            let number = |name: &str| -> u64 {
                let rest = inner.split(&format!("{name} ")).nth(1).unwrap();
                rest.split([' ', ')']).next().unwrap().parse().unwrap()
            };
            let flags = inner.split("FLAGS (").nth(1).unwrap().split(')').next().unwrap();
            let shown = |flag: &str| flag.strip_prefix('\\').map_or_else(|| flag.to_owned(), str::to_ascii_lowercase);
            let mut flags: Vec<String> =
                flags.split_whitespace().filter(|flag| *flag != "\\Recent").map(shown).collect();
            flags.sort();
            messages.insert(number("UID") as u32, (flags, number("RFC822.SIZE")));
        }
        all.insert((*mailbox).to_owned(), messages);
    }
    all
}

/// What the two do not agree on, in words.
fn differences(phone: &BTreeMap<String, Messages>, server: &BTreeMap<String, Messages>) -> Vec<String> {
    let mut found = Vec::new();
    for name in phone.keys().chain(server.keys()) {
        let (here, there) = (phone.get(name), server.get(name));
        let uids = here.iter().chain(there.iter()).flat_map(|messages| messages.keys());
        for uid in uids {
            let (here, there) = (here.and_then(|m| m.get(uid)), there.and_then(|m| m.get(uid)));
            if here != there {
                found.push(format!("{name} {uid}: phone {here:?}, server {there:?}"));
            }
        }
    }
    found
}

/// Syncs, and lets another client act in between; after each sync both see the same.
async fn converges(port: u16, mailboxes: &[&str], log: impl Fn() -> String) {
    let mut client = RawClient::log_in(port, USER, PASSWORD).unwrap();
    client.run("CREATE Work").unwrap();
    for number in 0..40 {
        client.append("INBOX", if number % 3 == 0 { "\\Seen" } else { "" }, &mail(number)).unwrap();
    }
    let phone = Phone::new(Arc::new(Loopback(port))).await.unwrap();
    let mut dice = Dice::new(3);
    for round in 0..25u64 {
        let (summary, notices) = phone.sync().await.unwrap();
        assert!(summary.complete, "round {round}: {notices:?}\n{}", log());
        let (held, server) = (phone.mail().await.unwrap(), seen(&mut client, mailboxes));
        assert_eq!(differences(&held, &server), Vec::<String>::new(), "round {round}");
        for step in 0..dice.below(6) {
            let mailbox = if dice.below(3) == 0 { "Work" } else { "INBOX" };
            client.run(&format!("SELECT {mailbox}")).unwrap();
            let first = dice.below(60) + 1;
            let set = format!("{first}:{}", first + dice.below(4));
            match dice.below(6) {
                0 | 1 => client.append(mailbox, "", &mail(1000 + round * 10 + step)).unwrap(),
                2 => drop(client.run(&format!("UID STORE {set} +FLAGS (\\Seen $Work)")).unwrap()),
                3 => drop(client.run(&format!("UID STORE {set} -FLAGS (\\Seen)")).unwrap()),
                4 => {
                    client.run(&format!("UID STORE {set} +FLAGS (\\Deleted)")).unwrap();
                    client.run("EXPUNGE").unwrap();
                }
                // A set that names no message is refused: as good as an act.
                _ => drop(client.run(&format!("UID COPY {set} Work"))),
            }
        }
    }
}

async fn converges_with_dovecot(capability: Option<&str>) {
    let options = DovecotOptions { capability: capability.map(str::to_owned), ..DovecotOptions::default() };
    let server = Dovecot::start(&options).unwrap_or_else(|error| panic!("{error}"));
    let mut client = RawClient::log_in(server.imap_port(), USER, PASSWORD).unwrap();
    let listed = client.list().unwrap();
    let mut mailboxes: Vec<&str> = listed.iter().map(|listed| listed.name.as_str()).collect();
    mailboxes.push("Work");
    converges(server.imap_port(), &mailboxes, || server.log()).await;
}

async fn converges_with_cyrus(suppressed: &[&str]) {
    let suppressed = suppressed.iter().map(|name| (*name).to_owned()).collect();
    let options = CyrusOptions { suppressed, ..CyrusOptions::plain_names() };
    let server = Cyrus::start(&options).unwrap_or_else(|error| panic!("{error}"));
    let mut client = RawClient::log_in(server.imap_port(), USER, PASSWORD).unwrap();
    let listed = client.list().unwrap();
    let mut mailboxes: Vec<&str> = listed.iter().map(|listed| listed.name.as_str()).collect();
    mailboxes.push("Work");
    converges(server.imap_port(), &mailboxes, || server.log()).await;
}

#[tokio::test]
async fn a_phone_follows_dovecot_with_everything_it_offers() {
    converges_with_dovecot(None).await;
}

#[tokio::test]
async fn a_phone_follows_dovecot_without_qresync() {
    let without = "IMAP4rev1 LITERAL+ SASL-IR ID ENABLE CONDSTORE UIDPLUS LIST-EXTENDED LIST-STATUS NAMESPACE ESEARCH";
    converges_with_dovecot(Some(without)).await;
}

#[tokio::test]
async fn a_phone_follows_dovecot_as_a_server_of_rfc_3501_alone() {
    converges_with_dovecot(Some("IMAP4rev1")).await;
}

#[tokio::test]
async fn a_phone_follows_cyrus_with_everything_it_offers() {
    converges_with_cyrus(&[]).await;
}

#[tokio::test]
async fn a_phone_follows_cyrus_without_qresync() {
    converges_with_cyrus(&["QRESYNC"]).await;
}

#[tokio::test]
async fn every_mail_is_kept_byte_for_byte_and_a_large_one_too() {
    let server = Dovecot::start(&DovecotOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let mut client = RawClient::log_in(server.imap_port(), USER, PASSWORD).unwrap();
    for number in 0..20 {
        client.append("INBOX", "", &mail(number * 37)).unwrap();
    }
    let large = [mail(1), "0123456789abcdef\r\n".repeat(120_000).into_bytes()].concat();
    client.append("INBOX", "", &large).unwrap();
    let phone = Phone::new(Arc::new(Loopback(server.imap_port()))).await.unwrap();
    let (summary, _) = phone.sync_with(with_bodies()).await.unwrap();
    assert_eq!(summary.bodies_fetched, 21);
    let inbox = phone.core.find_mailbox(Some(phone.account), "inbox").await.unwrap();
    let page = phone.core.messages(inbox.id, ListFilter::default(), None, 100).await.unwrap();
    let mut kept = BTreeMap::new();
    for row in page.messages {
        kept.insert(row.uid.unwrap(), phone.core.raw(row.id).await.unwrap().read_all().unwrap());
    }
    let server: BTreeMap<u32, Vec<u8>> = client.bodies("INBOX").unwrap().into_iter().collect();
    assert!(kept == server, "the bytes differ");
}

#[tokio::test]
async fn case_064_a_mail_that_was_moved_on_dovecot_keeps_its_id_and_its_body() {
    let server = Dovecot::start(&DovecotOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let mut client = RawClient::log_in(server.imap_port(), USER, PASSWORD).unwrap();
    client.run("CREATE Work").unwrap();
    for number in 0..20 {
        client.append("INBOX", "", &mail(number)).unwrap();
    }
    let phone = Phone::new(Arc::new(Loopback(server.imap_port()))).await.unwrap();
    let ids = async || {
        let mut ids = BTreeMap::new();
        for name in ["inbox", "Work"] {
            let mailbox = phone.core.find_mailbox(Some(phone.account), name).await.unwrap();
            let page = phone.core.messages(mailbox.id, ListFilter::default(), None, 100).await.unwrap();
            ids.extend(page.messages.into_iter().map(|row| (row.subject, row.id)));
        }
        ids
    };
    phone.sync_with(with_bodies()).await.unwrap();
    let before = ids().await;
    client.run("SELECT INBOX").unwrap();
    client.run("UID MOVE 3:6 Work").unwrap();
    client.run("UID COPY 10,12 Work").unwrap();
    client.run("UID STORE 10,12 +FLAGS (\\Deleted)").unwrap();
    client.run("EXPUNGE").unwrap();
    for round in 0..2 {
        let (summary, notices) = phone.sync_with(with_bodies()).await.unwrap();
        assert_eq!((summary.complete, summary.bodies_fetched), (true, 0), "{round}: {notices:?}");
        assert_eq!(ids().await, before, "{round}");
        client.run("SELECT Work").unwrap();
        client.run("UID MOVE 1:* INBOX").unwrap();
    }
}

/// It takes a command right behind the login for a part of it, once.
#[tokio::test]
async fn a_new_session_with_cyrus_breaks_once_and_never_again() {
    let server = Cyrus::start(&CyrusOptions::plain_names()).unwrap_or_else(|error| panic!("{error}"));
    let mut phone = Phone::new(Arc::new(Loopback(server.imap_port()))).await.unwrap();
    phone.sync().await.unwrap();
    let mut connections = Vec::new();
    for _ in 0..4 {
        phone.restart().await.unwrap();
        let (summary, notices) = phone.sync().await.unwrap();
        assert!(summary.complete, "{notices:?}\n{}", server.log());
        connections.push(summary.connections);
    }
    assert_eq!(connections[1..], [1, 1, 1], "{connections:?}\n{}", server.log());
}

/// Where the highest UID is expunged, a server may not name it in answer to `1:*`, or tell an expunge with no mail left to number.
async fn the_highest_uids_go(port: u16, log: impl Fn() -> String) {
    let mut client = RawClient::log_in(port, USER, PASSWORD).unwrap();
    for number in 0..8 {
        client.append("INBOX", "", &mail(number)).unwrap();
    }
    let phone = Phone::new(Arc::new(Loopback(port))).await.unwrap();
    phone.sync().await.unwrap();
    // The last; two; one that never got to the phone, with the last; one more, and another comes; all.
    for (expunged, before, after) in [("8", 0, 0), ("6:7", 0, 0), ("5,9", 1, 0), ("4", 0, 1), ("1:*", 0, 0)] {
        for number in 0..before {
            client.append("INBOX", "", &mail(100 + number)).unwrap();
        }
        client.run("SELECT INBOX").unwrap();
        client.run(&format!("UID STORE {expunged} +FLAGS (\\Deleted)")).unwrap();
        client.run("EXPUNGE").unwrap();
        for number in 0..after {
            client.append("INBOX", "", &mail(200 + number)).unwrap();
        }
        client.run("UNSELECT").unwrap();
        let (summary, notices) = phone.sync().await.unwrap();
        assert!(summary.complete, "{expunged}: {notices:?}\n{}", log());
        let mut held = phone.mail().await.unwrap();
        held.retain(|name, _| name == "INBOX");
        assert_eq!(differences(&held, &seen(&mut client, &["INBOX"])), Vec::<String>::new(), "{expunged}\n{}", log());
    }
}

#[tokio::test]
async fn hard_problem_08_the_highest_uids_of_dovecot_go_with_the_next_sync() {
    let server = Dovecot::start(&DovecotOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    the_highest_uids_go(server.imap_port(), || server.log()).await;
}

#[tokio::test]
async fn hard_problem_08_the_highest_uids_of_cyrus_go_with_the_next_sync() {
    let server = Cyrus::start(&CyrusOptions::plain_names()).unwrap_or_else(|error| panic!("{error}"));
    the_highest_uids_go(server.imap_port(), || server.log()).await;
}
