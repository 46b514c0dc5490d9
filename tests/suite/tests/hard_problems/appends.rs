//! Hard problems 4 and 5, as far as APPEND goes: a copy of what was sent is kept, once. Sending itself is not here yet.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use postrider::api::{MailSource, MailboxInfo, MailboxRole, OperationId, OperationState, PlaceId, Timestamp};
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile};
use postrider_tests::desk::Desk;
use postrider_tests::kinds::kinds;
use postrider_tests::phone::USER;

/// A mail that was sent, with a Message-ID or without one.
fn sent(number: u64, message_id: bool) -> Vec<u8> {
    let id = if message_id { format!("Message-ID: <sent{number}@postrider.example>\r\n") } else { String::new() };
    let text = "It went out an hour ago. ".repeat(1 + number as usize % 3);
    format!(
        "From: Mara <{USER}>\r\nTo: Ann <ann@example.org>\r\nSubject: Mail {number}\r\n{id}\r\n{number}: {text}\r\n"
    )
    .into_bytes()
}

/// A desk with a mailbox for what was sent.
async fn desk(profile: Profile) -> (Desk, MailboxInfo) {
    let desk = Desk::inline(profile, 0, &["Work"]).await;
    let found = desk.mailboxes().await.into_iter().find(|mailbox| mailbox.role == Some(MailboxRole::Sent));
    let mailbox = match found {
        Some(mailbox) => mailbox,
        None => desk.mailbox("Work").await,
    };
    (desk, mailbox)
}

async fn append(desk: &Desk, to: &MailboxInfo, bytes: &[u8]) -> (OperationId, PlaceId) {
    let mail = MailSource::Bytes { bytes: bytes.to_vec() };
    // Without Message-IDs, mails are told apart by size and date.
    let date =
        Some(Timestamp(1_700_000_000 + bytes.iter().fold(0, |sum, byte| (sum * 31 + i64::from(*byte)) % 10_000_019)));
    let done = desk.core().append(to.id, mail, vec!["seen".to_owned()], date).await.unwrap();
    (done.operation, done.ids[0])
}

/// The person's own copy can be read, every byte of it.
async fn is_readable(desk: &Desk, id: PlaceId, bytes: &[u8], when: &str) {
    let raw = desk.core().raw(id).await.unwrap_or_else(|error| panic!("{when}: {error}"));
    assert!(raw.read_all().unwrap() == bytes, "{when}: another text");
}

/// How often the server holds each mail, byte for byte.
fn copies(desk: &Desk, raw: &str) -> BTreeMap<Vec<u8>, usize> {
    desk.scene.server.world().with(|state| {
        let mailbox = state.account(USER).unwrap().mailbox(raw.as_bytes()).unwrap();
        let mut copies = BTreeMap::new();
        for place in mailbox.uids().into_iter().filter_map(|uid| mailbox.place(uid)) {
            *copies.entry(place.message.content.bytes().to_vec()).or_default() += 1;
        }
        copies
    })
}

/// Servers that prove an append, and servers that do not.
fn servers() -> [(&'static str, Profile); 3] {
    [
        ("dovecot", Profile::dovecot()),
        ("dovecot without UIDPLUS", Profile::dovecot().without(Extension::UidPlus)),
        ("bare", Profile::bare()),
    ]
}

#[tokio::test(start_paused = true)]
async fn hard_problem_04_a_copy_whose_append_is_cut_anywhere_stays_readable_and_is_kept_once() {
    let mut cuts = 0;
    for (name, profile) in servers() {
        for received in [true, false] {
            let (mut office, mut mailbox) = desk(profile.clone()).await;
            for after in (1..1_500).step_by(29) {
                // Not too many mails in one mailbox, so that a round stays cheap.
                if after % 290 == 1 {
                    (office, mailbox) = desk(profile.clone()).await;
                }
                let when = format!("{name}, cut after {after} bytes, received: {received}");
                let bytes = sent(after, true);
                let (operation, id) = append(&office, &mailbox, &bytes).await;
                let (down, up) = if received { (after, u64::MAX) } else { (u64::MAX, after) };
                office.scene.allowed.set(down, up);
                let cut = office.scene.phone.sync().await.is_err();
                office.scene.allowed.set(u64::MAX, u64::MAX);
                is_readable(&office, id, &bytes, &when).await;
                let held = copies(&office, &office.scene.raw(&mailbox.name)).contains_key(&bytes);
                let state = office.operation(operation).await.state;
                assert!(held || state != OperationState::Done, "{when}: {state:?}, and not there");
                office.settles(&when).await;
                is_readable(&office, id, &bytes, &when).await;
                assert_eq!(copies(&office, &office.scene.raw(&mailbox.name)).get(&bytes), Some(&1), "{when}");
                assert_eq!(office.operation(operation).await.state, OperationState::Done, "{when}");
                if !cut {
                    break;
                }
                cuts += 1;
            }
        }
    }
    assert!(cuts > 60, "only {cuts} cuts");
}

#[tokio::test(start_paused = true)]
async fn hard_problem_05_fifty_appends_whose_answers_are_all_lost_are_each_stored_once() {
    for (name, profile) in kinds() {
        for message_id in [true, false] {
            let when = format!("{name}, with Message-ID: {message_id}");
            let (desk, mailbox) = desk(profile.clone()).await;
            let raw = desk.scene.raw(&mailbox.name);
            let mut wanted = BTreeMap::new();
            let mut ids = Vec::new();
            for number in 0..50 {
                let bytes = sent(number, message_id);
                ids.push((append(&desk, &mailbox, &bytes).await.1, bytes.clone()));
                wanted.insert(bytes, 1);
            }
            let script = desk.scene.server.script();
            // Each is stored, and its answer lost; and searching finds nothing.
            script.add(Rule { times: 50, ..Rule::once("APPEND", Act::CutAfter) });
            let deaf = |lines: Vec<Vec<u8>>| {
                let answers = |line: &Vec<u8>| !line.starts_with(b"* SEARCH") && !line.starts_with(b"* ESEARCH");
                lines.into_iter().filter(answers).collect()
            };
            script.add(Rule::always("UID SEARCH", Act::Rewrite(Arc::new(deaf))));
            for round in 0..200 {
                let _ = desk.scene.phone.sync().await;
                assert!(copies(&desk, &raw).values().all(|count| *count == 1), "{when}, {round}: doubled");
                if script.waiting() == 0 {
                    break;
                }
                desk.scene.phone.clock.forward(16 * 60);
            }
            assert_eq!(script.waiting(), 0, "{when}: every answer was lost");
            script.clear();
            desk.settles(&when).await;
            desk.all_done(&when).await;
            assert_eq!(copies(&desk, &raw), wanted, "{when}");
            assert_eq!(desk.ids(&mailbox.name).await.len(), 50, "{when}");
            for (id, bytes) in ids {
                is_readable(&desk, id, &bytes, &when).await;
            }
        }
    }
}

/// The copy is set aside for this reason, and is where the person put it, to be read.
async fn waits(desk: &Desk, mailbox: &MailboxInfo, (operation, id): (OperationId, PlaceId), bytes: &[u8], when: &str) {
    let one = desk.operation(operation).await;
    assert_eq!(one.state, OperationState::Parked, "{when}: {one:?}");
    assert_eq!(desk.ids(&mailbox.name).await, [id], "{when}");
    assert_eq!(desk.core().message(id).await.unwrap().row.mailbox_id, mailbox.id, "{when}");
    is_readable(desk, id, bytes, when).await;
}

#[tokio::test(start_paused = true)]
async fn hard_problem_04_a_copy_that_the_server_refuses_or_loses_stays_readable_and_is_stored_once_later() {
    for (name, profile) in servers() {
        for answer in ["NO [OVERQUOTA] full", "OK stored", "OK [APPENDUID VALIDITY 77] stored"] {
            let when = format!("{name}, {answer}");
            let (desk, mailbox) = desk(profile.clone()).await;
            let raw = desk.scene.raw(&mailbox.name);
            let validity = desk
                .scene
                .server
                .world()
                .with(|state| state.account(USER).unwrap().mailbox(raw.as_bytes()).unwrap().uidvalidity);
            let answer = answer.replace("VALIDITY", &validity.to_string());
            desk.scene.server.script().add(Rule::always("APPEND", Act::Refuse(answer)));
            let bytes = sent(7, true);
            let done = append(&desk, &mailbox, &bytes).await;
            for round in 0..4 {
                let _ = desk.scene.phone.sync().await;
                is_readable(&desk, done.1, &bytes, &format!("{when}, {round}")).await;
                desk.scene.phone.clock.forward(600);
            }
            waits(&desk, &mailbox, done, &bytes, &when).await;
            assert_eq!(copies(&desk, &raw), BTreeMap::new(), "{when}");
            let mut desk = desk;
            desk.scene.phone.restart().await.unwrap();
            waits(&desk, &mailbox, done, &bytes, &when).await;
            desk.scene.server.script().clear();
            desk.core().retry_operation(done.0).await.unwrap();
            desk.settles(&when).await;
            desk.all_done(&when).await;
            assert_eq!(copies(&desk, &raw).get(&bytes), Some(&1), "{when}");
            assert_eq!(desk.ids(&mailbox.name).await, [done.1], "{when}");
            is_readable(&desk, done.1, &bytes, &when).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_was_stored_and_seen_goes_when_somebody_deletes_it_or_moves_it() {
    for (name, profile) in servers() {
        for moved in [false, true] {
            let when = format!("{name}, moved: {moved}");
            let (desk, mailbox) = desk(profile.clone()).await;
            let (operation, id) = append(&desk, &mailbox, &sent(7, true)).await;
            desk.settles(&when).await;
            let uid = desk.uid(&mailbox.name, 7);
            let (raw, inbox) = (desk.scene.raw(&mailbox.name), desk.scene.raw("INBOX"));
            if moved {
                desk.scene.rival().move_to(&raw, &[uid], &inbox).unwrap();
            } else {
                desk.scene.rival().expunge(&raw, &[uid]).unwrap();
            }
            desk.settles(&when).await;
            desk.all_done(&when).await;
            assert_eq!(desk.operation(operation).await.state, OperationState::Done, "{when}");
            assert_eq!(desk.ids("INBOX").await, if moved { vec![id] } else { Vec::new() }, "{when}");
        }
    }
}
