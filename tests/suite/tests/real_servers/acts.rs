//! What a person does to mailboxes, and appends, on Dovecot and Cyrus: with no network, through cuts, and seen by a second client.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use postrider::api::{ListFilter, MailSource, MailboxId, MailboxRole};
use postrider_tests::cuts::{Allowed, cut};
use postrider_tests::phone::{Loopback, PASSWORD, Phone, USER};
use postrider_tests::servers::{Cyrus, CyrusOptions, Dovecot, DovecotOptions, ImapPeer, Peer, RawClient};
use tokio::time::Instant;

/// How long a server may take until everything is there, however slow the machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two syncs that did not bring it there.
const BETWEEN: Duration = Duration::from_millis(100);

fn letter(number: u64) -> Vec<u8> {
    let text = "Nothing new from the coast. ".repeat((number % 7) as usize * 100);
    format!("From: {USER}\nTo: Ann <ann@example.org>\nSubject: Own {number}\nMessage-ID: <own{number}@example.org>\n\n{text}\n")
        .into_bytes()
}

async fn id_of(phone: &Phone, name: &str) -> MailboxId {
    let listed = phone.core.mailboxes(phone.account).await.unwrap();
    listed
        .into_iter()
        .find(|mailbox| mailbox.name == name)
        .map(|mailbox| mailbox.id)
        .unwrap_or_else(|| panic!("{name}"))
}

async fn count(phone: &Phone, name: &str) -> usize {
    phone.core.messages(id_of(phone, name).await, ListFilter::default(), None, 100).await.unwrap().messages.len()
}

/// Rounds of acts, each cut somewhere else; after each both sides have what was done, once.
async fn acts_reach_it_once(port: u16, log: impl Fn() -> String) {
    let mut peer = ImapPeer::new(RawClient::log_in(port, USER, PASSWORD).unwrap()).unwrap();
    peer.create("Work").unwrap();
    let allowed = Allowed::default();
    let phone = Phone::new(Arc::new(cut(Loopback(port), allowed.clone()))).await.unwrap();
    phone.clock.be_patient();
    phone.sync().await.unwrap();
    let mut held: BTreeMap<String, usize> = BTreeMap::from([("Work".to_owned(), 0)]);
    let mut work = "Work".to_owned();
    for round in 0..16u64 {
        let core = &phone.core;
        let below = format!("{work}/Round {round} & Größe");
        let made = core.create_mailbox(phone.account, &below).await.unwrap().mailbox;
        for number in 0..3 {
            let mail = MailSource::Bytes { bytes: letter(round * 3 + number) };
            let target = if number == 2 { id_of(&phone, &work).await } else { made };
            core.append(target, mail, vec!["seen".to_owned()], None).await.unwrap();
        }
        let new = format!("Work {round}");
        core.rename_mailbox(id_of(&phone, &work).await, &new).await.unwrap();
        *held.get_mut(&work).unwrap() += 1;
        held.insert(below, 2);
        held = held.into_iter().map(|(name, count)| (name.replacen(&work, &new, 1), count)).collect();
        work = new;
        if round % 3 == 2 {
            // The mail of this mailbox is the person's own, so that it may go.
            core.delete_mailbox(made).await.unwrap();
            held.retain(|name, _| !name.contains(&format!("Round {round} ")));
        }
        core.subscribe_mailbox(id_of(&phone, &work).await, round % 2 == 0).await.unwrap();
        let bytes = 120 + 255 * round;
        if round % 2 == 0 {
            allowed.set(u64::MAX, bytes)
        } else {
            allowed.set(bytes * 3, u64::MAX)
        }
        let _ = phone.sync().await;
        allowed.set(u64::MAX, u64::MAX);
        let when = format!("round {round}");
        for (name, expected) in &held {
            assert_eq!(count(&phone, name).await, *expected, "{when}: {name}, before\n{}", log());
        }
        let (mut outcomes, since) = (Vec::new(), Instant::now());
        while since.elapsed() < PATIENCE {
            let outcome = phone.sync().await;
            let done = outcome.as_ref().is_ok_and(|(summary, _)| summary.complete && summary.operations_left == 0);
            outcomes.push(outcome);
            if done {
                break;
            }
            tokio::time::sleep(BETWEEN).await;
        }
        let left = phone.core.operations(phone.account, false).await.unwrap();
        assert_eq!(left, [], "{when}: {outcomes:?}\n{}", log());
        let there = peer.snapshot().unwrap();
        let mut there: BTreeMap<&str, usize> = there.iter().map(|(name, mails)| (name.as_str(), mails.len())).collect();
        there.retain(|name, _| name.starts_with("Work"));
        let encoded: BTreeMap<String, usize> = held
            .iter()
            .map(|(name, count)| (name.replace('&', "&-").replace("Größe", "Gr&APYA3w-e"), *count))
            .collect();
        let expected: BTreeMap<&str, usize> = encoded.iter().map(|(name, count)| (name.as_str(), *count)).collect();
        assert_eq!(there, expected, "{when}");
        for (name, expected) in &held {
            assert_eq!(count(&phone, name).await, *expected, "{when}: {name}, after");
        }
    }
    let newest = phone.core.messages(id_of(&phone, &work).await, ListFilter::default(), None, 1).await.unwrap();
    let id = newest.messages[0].id;
    phone.core.file_under(vec![id], MailboxRole::Archive).await.unwrap();
    phone.sync().await.unwrap();
    assert_eq!(phone.core.operations(phone.account, false).await.unwrap(), []);
    assert_eq!(peer.snapshot().unwrap().get("Archive").map(Vec::len), Some(1));
}

async fn they_reach_dovecot_once(capability: Option<&str>) {
    let options = DovecotOptions { capability: capability.map(str::to_owned), ..DovecotOptions::default() };
    let server = Dovecot::start(&options).unwrap_or_else(|error| panic!("{error}"));
    acts_reach_it_once(server.imap_port(), || server.log()).await;
}

#[tokio::test]
async fn mailboxes_and_appends_reach_dovecot_once_through_cuts() {
    they_reach_dovecot_once(None).await;
}

#[tokio::test]
async fn mailboxes_and_appends_reach_a_dovecot_that_proves_little_once_through_cuts() {
    they_reach_dovecot_once(Some("IMAP4rev1 LITERAL+ NAMESPACE UNSELECT")).await;
}

#[tokio::test]
async fn mailboxes_and_appends_reach_cyrus_once_through_cuts() {
    let server = Cyrus::start(&CyrusOptions::plain_names()).unwrap_or_else(|error| panic!("{error}"));
    acts_reach_it_once(server.imap_port(), || server.log()).await;
}
