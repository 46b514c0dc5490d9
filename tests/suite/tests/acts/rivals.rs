//! Several rivals do everything at once to an account whose syncs are cut, doubled, partial and restarted: what the store
//! says of itself holds after each step, and once nobody disturbs a sync the phone holds what the server holds, byte for
//! byte. `POSTRIDER_SEED` replays one seed, `POSTRIDER_SEEDS` tries more of them.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use postrider::api::{ListFilter, PlaceId, SyncOptions};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::{FlagChange, InternalDate, NewMessage, Rival};
use postrider_tests::phone::{USER, with_bodies};
use postrider_tests::scene::Scene;
use postrider_tests::workload::Dice;

const NAMES: [&str; 4] = ["INBOX", "Work", "Aside", "Other"];

/// What must hold in the store at any moment: each query counts what breaks it.
const INVARIANTS: [(&str, &str); 11] = [
    (
        "a message with a place is no orphan",
        "SELECT count(*) FROM messages m WHERE orphaned IS NOT NULL AND EXISTS (SELECT 1 FROM places WHERE message = m.id)",
    ),
    (
        "a message without a place is an orphan",
        "SELECT count(*) FROM messages m WHERE orphaned IS NULL AND NOT EXISTS (SELECT 1 FROM places WHERE message = m.id)",
    ),
    ("a place that is there has not departed", "SELECT count(*) FROM departed WHERE place IN (SELECT id FROM places)"),
    ("an alias is no place", "SELECT count(*) FROM place_aliases WHERE alias IN (SELECT id FROM places)"),
    ("an alias has not departed", "SELECT count(*) FROM place_aliases WHERE alias IN (SELECT place FROM departed)"),
    (
        "an alias leads to no alias",
        "SELECT count(*) FROM place_aliases WHERE place IN (SELECT alias FROM place_aliases)",
    ),
    (
        "only detached places have keys",
        "SELECT count(*) FROM rebind_keys k JOIN places p ON p.id = k.place WHERE p.uid IS NOT NULL",
    ),
    (
        "keys are of their place's mailbox",
        "SELECT count(*) FROM rebind_keys k JOIN places p ON p.id = k.place WHERE p.mailbox <> k.mailbox",
    ),
    (
        "a place is of its message's account",
        "SELECT count(*) FROM places p JOIN messages m ON m.id = p.message JOIN mailboxes b ON b.id = p.mailbox WHERE b.account <> m.account",
    ),
    (
        "no place is in a thread that became another",
        "SELECT count(*) FROM places WHERE thread IN (SELECT loser FROM thread_merges)",
    ),
    (
        "a whole body is named by its state",
        "SELECT count(*) FROM messages m WHERE (body_state = 2) <> EXISTS (SELECT 1 FROM parts WHERE message = m.id AND section = '')",
    ),
];

fn assert_invariants(scene: &Scene, when: &str) {
    let database = scene.phone.folder().join("postrider.db");
    let db = rusqlite::Connection::open_with_flags(database, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    for (what, sql) in INVARIANTS {
        let broken: i64 = db.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(broken, 0, "{when}: {what}");
    }
}

/// A mail: unique, one of several that look alike, one that repeats byte for byte, or one without an id.
fn mail(dice: &mut Dice, number: u64) -> NewMessage {
    let (id, text) = match dice.below(6) {
        0 => ("Message-ID: <twin@example.org>\r\n".to_owned(), format!("twin {number:06}")),
        1 => ("Message-ID: <same@example.org>\r\n".to_owned(), "the same each time".to_owned()),
        2 => (String::new(), format!("without {number:06}")),
        _ => (format!("Message-ID: <m{number}@example.org>\r\n"), format!("unique {number:06}")),
    };
    let subject = if id.contains("<m") { format!("Mail {number}") } else { "Mail".to_owned() };
    let bytes = format!("From: a@example.org\r\nTo: {USER}\r\nSubject: {subject}\r\n{id}\r\n{text}\r\n");
    // Mails that came in the same second and differ in their text alone cannot be told apart by anyone.
    let arrived = 1_700_000_000 + i64::try_from(number).unwrap();
    NewMessage::new(bytes).date(InternalDate { seconds: arrived, offset_minutes: 0 })
}

fn uids(scene: &Scene, mailbox: &str) -> Vec<u32> {
    scene
        .server
        .world()
        .with(|state| state.mailbox(USER, mailbox.as_bytes()).map(|found| found.uids()).unwrap_or_default())
}

fn act(scene: &Scene, rival: &Rival, dice: &mut Dice, number: u64) {
    let raws: Vec<String> =
        NAMES.iter().map(|name| if *name == "INBOX" { "INBOX".to_owned() } else { scene.raw(name) }).collect();
    let (from, to) = (dice.pick(&raws).unwrap().clone(), dice.pick(&raws).unwrap().clone());
    let some: Vec<u32> = uids(scene, &from).into_iter().filter(|_| dice.below(4) == 0).take(6).collect();
    match dice.below(20) {
        0..=5 => drop(rival.deliver(&from, mail(dice, number))),
        6..=7 => drop(rival.set_flags(&from, &some, FlagChange::Add, &["\\Seen"])),
        8 => drop(rival.set_flags(&from, &some, FlagChange::Remove, &["\\Seen"])),
        9..=10 => drop(rival.expunge(&from, &some)),
        11 => drop(rival.copy(&from, &some, &to)),
        12..=14 if from != to => drop(rival.move_to(&from, &some, &to)),
        15 if from != to && rival.copy(&from, &some, &to).is_ok() => drop(rival.expunge(&from, &some)),
        16 => drop(rival.change_uidvalidity(&from)),
        17 if from != "INBOX" => drop(rival.rename(&from, &to)),
        18 if from != "INBOX" => {
            let _ = rival.delete(&from);
            if dice.below(2) == 0 {
                let _ = rival.create(&from, &[]);
            }
        }
        _ => drop(rival.create(&from, &[])),
    }
}

/// One sync that may come to nothing.
async fn disturbed_sync(scene: &mut Scene, dice: &mut Dice) {
    match dice.below(6) {
        0 => {
            let only = scene.phone.core.mailboxes(scene.phone.account).await.unwrap();
            let mailboxes = only.iter().filter(|_| dice.below(2) == 0).map(|mailbox| mailbox.id).collect();
            let _ = scene.phone.sync_with(SyncOptions { mailboxes, ..with_bodies() }).await;
        }
        1 => {
            let (one, other) = tokio::join!(scene.phone.sync_with(with_bodies()), scene.phone.sync());
            // A server that lost an extension refuses what was remembered of it, once.
            if one.is_err() || other.is_err() {
                scene.phone.sync().await.unwrap();
            }
        }
        2 => drop(scene.phone.sync().await),
        _ => {
            let bound = if dice.below(3) == 0 { 800 } else { 9_000 };
            let at = dice.below(bound);
            if dice.below(2) == 0 {
                scene.allowed.set(at, u64::MAX)
            } else {
                scene.allowed.set(u64::MAX, at / 8)
            }
            let _ = scene.phone.sync_with(with_bodies()).await;
            scene.allowed.set(u64::MAX, u64::MAX);
        }
    }
    if dice.below(4) == 0 {
        scene.phone.restart().await.unwrap();
    }
}

/// The bytes that each id has ever shown.
type Shown = BTreeMap<PlaceId, Vec<u8>>;

async fn assert_all_agrees(scene: &Scene, shown: &mut Shown, when: &str) {
    for _ in 0..3 {
        scene.phone.clock.forward(61);
        let (summary, notices) = scene.phone.sync_with(with_bodies()).await.unwrap();
        assert!(summary.complete, "{when}: {notices:?}");
    }
    assert_eq!(scene.same().await, Ok(()), "{when}");
    assert_eq!(scene.phone.core.check(false).await.unwrap().problems, [], "{when}");
    let mut ids = BTreeSet::new();
    for mailbox in scene.phone.core.mailboxes(scene.phone.account).await.unwrap() {
        if !mailbox.selectable {
            continue;
        }
        let raw = if mailbox.name == "INBOX" { mailbox.name.clone() } else { scene.raw(&mailbox.name) };
        let page = scene.phone.core.messages(mailbox.id, ListFilter::default(), None, 10_000).await.unwrap();
        for row in page.messages {
            let (name, uid) = (&mailbox.name, row.uid.unwrap());
            assert!(ids.insert(row.id), "{when}: {name} {uid}: an id twice");
            let here = scene.phone.core.raw(row.id).await.unwrap().read_all().unwrap();
            let there = scene.server.world().with(|state| {
                state.mailbox(USER, raw.as_bytes()).unwrap().place(uid).unwrap().message.content.bytes().to_vec()
            });
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert_eq!(text(&here), text(&there), "{when}: {name} {uid}: another mail's body");
            let before = shown.entry(row.id).or_insert_with(|| here.clone());
            // Of mails that only their text tells apart, the id of one may pass to another.
            if !text(&here).contains("<twin@") {
                assert_eq!(text(before), text(&here), "{when}: {name} {uid}: the id was another mail's");
            }
        }
    }
}

async fn survives(profile: Profile, seed: u64, rounds: u64) {
    let name = profile.name.clone();
    let offered = profile.clone();
    let mut scene = Scene::new(profile).await;
    let rivals: Vec<Rival> = (0..3).map(|_| scene.rival()).collect();
    let mut dice = Dice::new(seed);
    let mut shown = Shown::new();
    for round in 0..rounds {
        let when = format!("{name}, seed {seed}, round {round}");
        for step in 0..dice.below(8) {
            let rival = dice.pick(&rivals).unwrap().clone();
            act(&scene, &rival, &mut dice, round * 100 + step);
        }
        match dice.below(12) {
            0 => scene.server.set_profile(offered.clone().without(Extension::Qresync)),
            1 => scene.server.set_profile(offered.clone().without(Extension::Qresync).without(Extension::Condstore)),
            2 => scene.server.set_profile(offered.clone().without(Extension::Esearch).without(Extension::ListStatus)),
            3..6 => scene.server.set_profile(offered.clone()),
            6 => scene.phone.clock.forward(40),
            7 if dice.below(4) == 0 => scene.phone.clock.forward(31 * 86_400),
            _ => {}
        }
        disturbed_sync(&mut scene, &mut dice).await;
        assert_invariants(&scene, &when);
        if dice.below(4) == 0 {
            scene.server.set_profile(offered.clone());
            scene.phone.sync().await.ok();
            assert_all_agrees(&scene, &mut shown, &when).await;
            assert_invariants(&scene, &when);
        }
    }
    scene.server.set_profile(offered);
    scene.phone.sync().await.ok();
    assert_all_agrees(&scene, &mut shown, &format!("{name}, seed {seed}, at the end")).await;
}

async fn survive_all(profile: fn() -> Profile) {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    if let Some(seed) = number("POSTRIDER_SEED") {
        return survives(profile(), seed, 60).await;
    }
    for seed in 1..=number("POSTRIDER_SEEDS").unwrap_or(3) {
        survives(profile(), seed, 60).await;
    }
}

#[tokio::test]
async fn rivals_on_a_server_with_every_extension_lose_and_double_nothing() {
    survive_all(Profile::full).await;
}

#[tokio::test]
async fn rivals_on_dovecot_lose_and_double_nothing() {
    survive_all(Profile::dovecot).await;
}

#[tokio::test]
async fn rivals_on_a_server_of_rfc_3501_alone_lose_and_double_nothing() {
    survive_all(Profile::bare).await;
}

#[tokio::test]
async fn rivals_on_courier_lose_and_double_nothing() {
    survive_all(Profile::courier).await;
}

#[tokio::test]
async fn rivals_without_ids_of_mails_lose_and_double_nothing() {
    survive_all(|| Profile::cyrus().without(Extension::ObjectId)).await;
}
