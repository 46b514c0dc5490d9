//! The process is killed at every write of a replay: each time the store opens and is in order, shows what was done, and the next
//! syncs bring it to the server once.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use postrider::api::{FlagChange, ListFilter, MailSource, OperationState, ProblemKind};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::World;
use postrider_model::{ModelServer, Security};
use postrider_tests::phone::{Loopback, PASSWORD, Phone, USER};
use postrider_tests::workload::mail;

fn kinds() -> Vec<(&'static str, Profile)> {
    let preset = |name| Profile::preset(name).unwrap();
    vec![
        ("bare", preset("bare")),
        ("dovecot", preset("dovecot")),
        ("dovecot without MOVE", preset("dovecot").without(Extension::Move)),
        ("cyrus", preset("cyrus")),
        ("cyrus without MOVE, UIDPLUS", preset("cyrus").without(Extension::Move).without(Extension::UidPlus)),
        ("exchange", preset("exchange")),
        ("courier", preset("courier")),
    ]
}

/// What a mailbox shows: numbers of mails with their flags.
async fn shown(phone: &Phone, name: &str) -> Vec<(String, Vec<String>)> {
    let listed = phone.core.mailboxes(phone.account).await.unwrap();
    let id = listed.iter().find(|mailbox| mailbox.name == name).unwrap().id;
    let page = phone.core.messages(id, ListFilter::default(), None, 100).await.unwrap();
    let mut rows: Vec<_> = page.messages.into_iter().map(|row| (row.subject, row.flags)).collect();
    rows.sort();
    rows
}

async fn shows_what_was_done(phone: &Phone, when: &str) {
    let row = |number: u64, flags: &[&str]| {
        (format!("Mail {number}"), flags.iter().map(|flag| (*flag).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(shown(phone, "INBOX").await, [row(0, &["flagged"]), row(2, &[])], "{when}");
    assert_eq!(shown(phone, "Work").await, [row(1, &["seen"]), row(7, &["seen"])], "{when}");
    assert_eq!(shown(phone, "Aside").await, [row(2, &["answered"])], "{when}");
    assert_eq!(shown(phone, "Trips").await, [row(4, &[])], "{when}");
    assert_eq!(shown(phone, "Past/Below").await, [row(5, &[])], "{when}");
    let listed = phone.core.mailboxes(phone.account).await.unwrap();
    let gone = |name: &str| listed.iter().all(|mailbox| mailbox.name != name);
    assert!(gone("Empty") && gone("Old") && gone("Old/Below"), "{when}: {listed:?}");
    let work = listed.iter().find(|mailbox| mailbox.name == "Work").unwrap();
    assert!(work.subscribed, "{when}");
}

/// A phone on which things were done since its last sync.
async fn acted(folder: &Path, port: u16) {
    let phone = Phone::at(folder, Arc::new(Loopback(port)), None).await.unwrap();
    phone.sync().await.unwrap();
    let listed = phone.core.mailboxes(phone.account).await.unwrap();
    let mailbox = |name: &str| listed.iter().find(|mailbox| mailbox.name == name).unwrap().id;
    let page = phone.core.messages(mailbox("INBOX"), ListFilter::default(), None, 100).await.unwrap();
    let id = |number: u64| page.messages.iter().find(|row| row.subject == format!("Mail {number}")).unwrap().id;
    let flag = |word: &str| FlagChange { add: vec![word.to_owned()], remove: Vec::new() };
    phone.core.flag(vec![id(0)], flag("flagged")).await.unwrap();
    phone.core.move_to(vec![id(1)], mailbox("Work")).await.unwrap();
    phone.core.flag(vec![id(1)], flag("seen")).await.unwrap();
    let copy = phone.core.copy_to(vec![id(2)], mailbox("Aside")).await.unwrap().ids[0];
    phone.core.flag(vec![copy], flag("answered")).await.unwrap();
    phone.core.delete_forever(vec![id(3)]).await.unwrap();
    let own = MailSource::Bytes { bytes: b"Subject: Mail 7\nMessage-ID: <7@example.org>\n\nown\n".to_vec() };
    phone.core.append(mailbox("Work"), own, vec!["seen".to_owned()], None).await.unwrap();
    let trips = phone.core.create_mailbox(phone.account, "Trips").await.unwrap().mailbox;
    phone.core.move_to(vec![id(4)], trips).await.unwrap();
    phone.core.rename_mailbox(mailbox("Old"), "Past").await.unwrap();
    phone.core.delete_mailbox(mailbox("Empty")).await.unwrap();
    phone.core.subscribe_mailbox(mailbox("Work"), true).await.unwrap();
    shows_what_was_done(&phone, "before").await;
    phone.core.close().await.unwrap();
}

/// Runs the phone that dies at a write. Returns whether it lived on.
fn lived_on(folder: &Path, port: u16, moment: u64) -> bool {
    let mut phone = Command::new(env!("CARGO_BIN_EXE_mortal"));
    phone.arg(folder).arg(port.to_string()).arg("write").arg(moment.to_string());
    let ended = phone.stdout(Stdio::null()).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!said.contains("panicked"), "moment {moment}: {said}");
    ended.status.success()
}

/// Runs the phone that can write so many blocks of 512 octets to a file. Returns whether it had room enough.
fn had_room(folder: &Path, port: u16, blocks: u64) -> bool {
    let mut phone = Command::new("sh");
    phone.args(["-c", "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"", "sh", &blocks.to_string()]);
    phone.arg(env!("CARGO_BIN_EXE_mortal")).arg(folder).args([&port.to_string(), "none", "0"]);
    let ended = phone.stdout(Stdio::null()).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(matches!(ended.status.code(), Some(0 | 3)), "{blocks} blocks: {said}");
    ended.status.success()
}

/// The mails' numbers on the server, those left out that are only marked deleted for want of UIDPLUS.
fn held(world: &World, raw: &str, marks: bool) -> Vec<String> {
    world.with(|state| {
        let mailbox = state.account(USER).unwrap().mailbox(raw.as_bytes()).unwrap();
        let places = mailbox.uids().into_iter().filter_map(|uid| mailbox.place(uid));
        let live = places.filter(|place| !(marks && place.flags.contains("\\Deleted")));
        let mut subjects: Vec<String> = live
            .map(|place| {
                let text = String::from_utf8_lossy(&place.message.content.bytes()).into_owned();
                text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default().to_owned()
            })
            .collect();
        subjects.sort();
        subjects
    })
}

fn names(world: &World) -> Vec<Vec<u8>> {
    world.snapshot().accounts[USER].mailboxes.keys().cloned().collect()
}

/// What is to happen to the phone while it replays.
type Fate = fn(&Path, u16, u64) -> bool;

async fn met(fate: Fate, name: &str, profile: &Profile, moment: u64) -> bool {
    let world = World::new();
    let prefix = String::from_utf8_lossy(&profile.layout.prefix).into_owned();
    let rival = profile.layout.furnish(&world, USER, PASSWORD).unwrap();
    let below = |name: &str| format!("{prefix}{name}{}Below", profile.layout.delimiter.map_or('/', char::from));
    for name in ["Work", "Aside", "Old", "Empty"] {
        rival.create(format!("{prefix}{name}"), &[]).unwrap();
    }
    rival.create(below("Old"), &[]).unwrap();
    for number in 0..5 {
        rival.deliver("INBOX", mail(number)).unwrap();
    }
    rival.deliver(below("Old"), mail(5)).unwrap();
    let model = ModelServer::new(world, profile.clone());
    let listening = model.listen("127.0.0.1:0", Security::Plain).await.unwrap();
    let port = listening.address().port();
    let folder = tempfile::tempdir().unwrap();
    acted(folder.path(), port).await;
    let path = folder.path().to_owned();
    let lived = tokio::task::spawn_blocking(move || fate(&path, port, moment)).await.unwrap();
    let when = format!("{name}, moment {moment}");
    let phone = Phone::at(folder.path(), Arc::new(Loopback(port)), None).await.unwrap();
    shows_what_was_done(&phone, &format!("{when}, reopened")).await;
    let health = phone.core.check(false).await.unwrap();
    let harmless = health.problems.iter().all(|problem| problem.kind == ProblemKind::StrayFiles);
    assert!(harmless, "{when}: {:?}", health.problems);
    for _ in 0..3 {
        phone.sync().await.unwrap();
    }
    shows_what_was_done(&phone, &format!("{when}, synced")).await;
    let all = phone.core.operations(phone.account, true).await.unwrap();
    assert!(all.iter().all(|one| one.state == OperationState::Done), "{when}: {all:?}");
    let marks = !profile.has(Extension::UidPlus);
    assert_eq!(held(model.world(), "INBOX", marks), ["Mail 0", "Mail 2"], "{when}");
    assert_eq!(held(model.world(), &format!("{prefix}Work"), marks), ["Mail 1", "Mail 7"], "{when}");
    assert_eq!(held(model.world(), &format!("{prefix}Trips"), marks), ["Mail 4"], "{when}");
    assert_eq!(held(model.world(), &below("Past"), marks), ["Mail 5"], "{when}");
    let names = names(model.world());
    let there = |name: String| names.contains(&name.into_bytes());
    assert!(!there(below("Old")) && !there(format!("{prefix}Empty")), "{when}: {names:?}");
    assert_eq!(held(model.world(), &format!("{prefix}Aside"), marks), ["Mail 2"], "{when}");
    let health = phone.core.check(true).await.unwrap();
    assert!(health.problems.iter().all(|problem| problem.kind == ProblemKind::StrayFiles), "{when}: {health:?}");
    phone.core.close().await.unwrap();
    lived
}

#[tokio::test(flavor = "multi_thread")]
async fn hard_problem_25_a_replay_killed_at_any_write_is_done_once_by_the_next() {
    let mut kills = 0;
    for (name, profile) in kinds() {
        for moment in 1.. {
            if met(lived_on, name, &profile, moment).await {
                break;
            }
            kills += 1;
        }
    }
    assert!(kills > 60, "only {kills} kills");
}

#[tokio::test(flavor = "multi_thread")]
async fn case_135_a_replay_on_a_full_disk_is_told_and_is_done_once_by_the_next() {
    let mut refused = 0;
    for (index, (name, profile)) in kinds().into_iter().take(4).enumerate() {
        // Less than the index of the log needs, and then as far as each write in turn.
        let mut blocks = 60 + index as u64;
        while !met(had_room, name, &profile, blocks).await {
            refused += 1;
            blocks += 37;
        }
    }
    assert!(refused > 20, "only {refused} were refused");
}
