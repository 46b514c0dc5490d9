//! Another client moves mail between mailboxes: our id of it stays, its body is not fetched again, and what only looks the
//! same is never taken for it.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use postrider::api::{ListFilter, PlaceId, SyncOptions, SyncSummary};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::{NewMessage, Rival};
use postrider_tests::phone::with_bodies;
use postrider_tests::scene::Scene;
use postrider_tests::workload::{Dice, mail};

fn profiles() -> impl Iterator<Item = Profile> {
    Profile::PRESETS.into_iter().map(|name| Profile::preset(name).unwrap())
}

/// Servers on which the bytes alone tell which mail is which.
fn without_ids() -> impl Iterator<Item = Profile> {
    profiles().map(|profile| profile.without(Extension::ObjectId).without(Extension::GmExt))
}

/// How another client takes a mail elsewhere.
type Deed = fn(&Rival, &str, &[u32], &str);

fn by_move(rival: &Rival, from: &str, uids: &[u32], to: &str) {
    rival.move_to(from, uids, to).unwrap();
}

fn by_copy(rival: &Rival, from: &str, uids: &[u32], to: &str) {
    rival.copy(from, uids, to).unwrap();
    rival.expunge(from, uids).unwrap();
}

const DEEDS: [Deed; 2] = [by_move, by_copy];

/// The ids of a mailbox, by subject.
async fn ids(scene: &Scene, mailbox: &str) -> BTreeMap<String, PlaceId> {
    let mailbox =
        scene.phone.core.find_mailbox(None, mailbox).await.unwrap_or_else(|error| panic!("{mailbox}: {error:?}"));
    let page = scene.phone.core.messages(mailbox.id, ListFilter::default(), None, 500).await.unwrap();
    page.messages.into_iter().map(|row| (row.subject, row.id)).collect()
}

async fn sync(scene: &Scene, mailboxes: &[&str]) -> SyncSummary {
    let mut only = Vec::new();
    for name in mailboxes {
        only.push(
            scene.phone.core.find_mailbox(None, name).await.unwrap_or_else(|error| panic!("{name}: {error:?}")).id,
        );
    }
    let options = SyncOptions { mailboxes: only, ..with_bodies() };
    let (summary, notices) = scene.phone.sync_with(options).await.unwrap();
    assert!(summary.complete, "{notices:?}");
    summary
}

/// A phone with ten mails in the inbox, whose bodies are here, and two more mailboxes.
async fn scene(profile: Profile) -> Scene {
    let scene = Scene::new(profile).await;
    for name in ["Aside", "Work"] {
        scene.rival().create(scene.raw(name), &[]).unwrap();
    }
    for number in 0..10 {
        scene.rival().deliver("INBOX", mail(number)).unwrap();
    }
    sync(&scene, &[]).await;
    scene
}

#[tokio::test]
async fn case_064_a_mail_that_was_moved_keeps_its_id_and_its_body_on_every_server() {
    for profile in profiles().chain(without_ids()) {
        for deed in DEEDS {
            let name = profile.name.clone();
            let scene = scene(profile.clone()).await;
            let before = ids(&scene, "INBOX").await;
            deed(&scene.rival(), "INBOX", &[2, 5, 6, 7], &scene.raw("Work"));
            let summary = sync(&scene, &[]).await;
            assert_eq!(summary.bodies_fetched, 0, "{name}: no body comes again");
            let (inbox, work) = (ids(&scene, "INBOX").await, ids(&scene, "Work").await);
            assert_eq!((inbox.len(), work.len()), (6, 4), "{name}");
            for (subject, id) in inbox.iter().chain(&work) {
                assert_eq!(before.get(subject), Some(id), "{name}: {subject}");
            }
            scene.same().await.unwrap();
        }
    }
}

#[tokio::test]
async fn case_064_whichever_mailbox_is_looked_at_first_the_id_stays() {
    for profile in profiles().chain(without_ids()) {
        for deed in DEEDS {
            for order in [["INBOX", "Work"], ["Work", "INBOX"]] {
                let name = format!("{} {order:?}", profile.name);
                let mut scene = scene(profile.clone()).await;
                let before = ids(&scene, "INBOX").await;
                deed(&scene.rival(), "INBOX", &[1, 2, 10], &scene.raw("Work"));
                sync(&scene, &order[..1]).await;
                // As if it had been killed between the two.
                scene.phone.restart().await.unwrap();
                sync(&scene, &order[1..]).await;
                let work = ids(&scene, "Work").await;
                assert_eq!(work.len(), 3, "{name}");
                assert!(work.iter().all(|(subject, id)| before[subject] == *id), "{name}");
                assert_eq!(ids(&scene, "INBOX").await.len(), 7, "{name}");
                scene.same().await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn case_064_forth_and_back_and_on_the_id_stays() {
    for profile in profiles().chain(without_ids()) {
        let name = profile.name.clone();
        let scene = scene(profile).await;
        let before = ids(&scene, "INBOX").await;
        let (work, aside) = (scene.raw("Work"), scene.raw("Aside"));
        let rival = scene.rival();
        rival.move_to("INBOX", &[3], &work).unwrap();
        sync(&scene, &[]).await;
        let uid = |mailbox: &str| {
            *scene.server.world().snapshot().accounts.values().next().unwrap().mailboxes[mailbox.as_bytes()]
                .messages
                .keys()
                .last()
                .unwrap()
        };
        rival.move_to(&work, &[uid(&work)], "INBOX").unwrap();
        sync(&scene, &[]).await;
        assert_eq!(ids(&scene, "INBOX").await, before, "{name}: back again");
        rival.move_to("INBOX", &[uid("INBOX")], &aside).unwrap();
        rival.move_to(&aside, &[uid(&aside)], &work).unwrap();
        rival.move_to(&work, &[uid(&work)], "INBOX").unwrap();
        let summary = sync(&scene, &[]).await;
        assert_eq!(ids(&scene, "INBOX").await, before, "{name}: round and back between two syncs");
        assert_eq!(summary.bodies_fetched, 0, "{name}");
        scene.same().await.unwrap();
    }
}

#[tokio::test]
async fn a_copy_has_an_id_of_its_own_and_keeps_it_when_the_first_goes_later() {
    for profile in profiles().chain(without_ids()) {
        let name = profile.name.clone();
        let scene = scene(profile).await;
        let before = ids(&scene, "INBOX").await;
        scene.rival().copy("INBOX", &[4], scene.raw("Work")).unwrap();
        sync(&scene, &[]).await;
        let copy = ids(&scene, "Work").await;
        assert!(copy.values().all(|id| before.values().all(|other| other != id)), "{name}");
        assert_eq!(ids(&scene, "INBOX").await, before, "{name}");
        // Now that both were seen side by side, what is one cannot be the other.
        scene.rival().deliver("INBOX", mail(77)).unwrap();
        sync(&scene, &[]).await;
        scene.rival().expunge("INBOX", &[4]).unwrap();
        sync(&scene, &[]).await;
        assert_eq!(ids(&scene, "Work").await, copy, "{name}");
        assert_eq!(ids(&scene, "INBOX").await.len(), 10, "{name}");
    }
}

#[tokio::test]
async fn the_id_that_a_mail_had_for_a_moment_leads_to_it_for_good() {
    let scene = scene(Profile::bare()).await;
    let before = ids(&scene, "INBOX").await;
    scene.rival().move_to("INBOX", &[3], "Work").unwrap();
    sync(&scene, &["Work"]).await;
    let (subject, meanwhile) = ids(&scene, "Work").await.pop_first().unwrap();
    assert_ne!(meanwhile, before[&subject], "nobody knows yet that it is gone from the inbox");
    sync(&scene, &["INBOX"]).await;
    let row = scene.phone.core.message(meanwhile).await.unwrap().row;
    assert_eq!((row.id, row.subject), (before[&subject], subject));
}

/// Mails that cannot be told apart but by their text.
fn twin(text: &str) -> NewMessage {
    NewMessage::new(format!(
        "From: a@example.org\r\nTo: b@example.org\r\nSubject: Twin\r\nMessage-ID: <twin@example.org>\r\n\r\n{text}\r\n"
    ))
}

#[tokio::test]
async fn hard_problem_23_and_case_060_mails_with_one_message_id_are_never_taken_for_each_other() {
    // Gmail itself holds what has one Message-ID once only.
    for profile in without_ids().filter(|profile| profile.name != "gmail") {
        for deed in DEEDS {
            let name = profile.name.clone();
            let scene = Scene::new(profile.clone()).await;
            let work = scene.raw("Work");
            scene.rival().create(&work, &[]).unwrap();
            let texts = ["one", "two", "six", "longer"];
            for text in texts {
                scene.rival().deliver("INBOX", twin(text)).unwrap();
            }
            sync(&scene, &[]).await;
            // The second goes for good; a copy of the first, and the third and fourth, turn up elsewhere.
            scene.rival().copy("INBOX", &[1], &work).unwrap();
            scene.rival().expunge("INBOX", &[2]).unwrap();
            deed(&scene.rival(), "INBOX", &[3, 4], &work);
            sync(&scene, &[]).await;
            scene.same().await.unwrap();
            let mut held = BTreeMap::new();
            let mut seen = BTreeSet::new();
            for mailbox in ["INBOX", "Work"] {
                let mailbox = scene
                    .phone
                    .core
                    .find_mailbox(None, mailbox)
                    .await
                    .unwrap_or_else(|error| panic!("{mailbox}: {error:?}"));
                let page = scene.phone.core.messages(mailbox.id, ListFilter::default(), None, 50).await.unwrap();
                for row in page.messages {
                    assert!(seen.insert(row.id), "{name}");
                    let raw = scene.phone.core.raw(row.id).await.unwrap().read_all().unwrap();
                    let text = String::from_utf8(raw).unwrap().split("\r\n\r\n").nth(1).unwrap().trim().to_owned();
                    held.insert((mailbox.name.clone(), row.uid.unwrap()), text);
                }
            }
            let texts: Vec<&str> = held.values().map(String::as_str).collect();
            assert_eq!(texts, ["one", "one", "six", "longer"], "{name}: {held:?}");
        }
    }
}

#[tokio::test]
async fn case_053_what_is_gone_is_not_shown_and_comes_back_with_its_id_and_its_body() {
    for profile in profiles() {
        let name = profile.name.clone();
        let scene = scene(profile).await;
        let before = ids(&scene, "INBOX").await;
        let (work, uids) = (scene.raw("Work"), (1..=10).collect::<Vec<u32>>());
        scene.rival().move_to("INBOX", &uids, &work).unwrap();
        sync(&scene, &["INBOX"]).await;
        assert!(ids(&scene, "INBOX").await.is_empty(), "{name}");
        for number in 0..3 {
            scene.rival().deliver("INBOX", mail(100 + number)).unwrap();
            sync(&scene, &["INBOX"]).await;
        }
        let summary = sync(&scene, &[]).await;
        assert_eq!((ids(&scene, "Work").await, summary.bodies_fetched), (before, 0), "{name}");
    }
}

#[tokio::test]
async fn case_064_whatever_is_moved_and_whatever_is_synced_in_between_ids_stay() {
    let names = ["INBOX", "Aside", "Work", "Drafts"];
    for profile in [Profile::full(), Profile::bare(), Profile::courier(), Profile::dovecot()] {
        let label = profile.name.clone();
        let mut scene = scene(profile).await;
        let raws: Vec<String> =
            names.iter().map(|name| if *name == "INBOX" { "INBOX".to_owned() } else { scene.raw(name) }).collect();
        let before = ids(&scene, "INBOX").await;
        let mut dice = Dice::new(11);
        for round in 0..25 {
            for _ in 0..dice.below(6) {
                let (from, to) = (dice.pick(&raws).unwrap().clone(), dice.pick(&raws).unwrap().clone());
                let snapshot = scene.server.world().snapshot();
                let account = snapshot.accounts.values().next().unwrap();
                let held: Vec<u32> = account.mailboxes[from.as_bytes()].messages.keys().copied().collect();
                let some: Vec<u32> = held.into_iter().filter(|_| dice.below(3) == 0).collect();
                if from != to && !some.is_empty() {
                    DEEDS[dice.below(2) as usize](&scene.rival(), &from, &some, &to);
                }
            }
            let part: Vec<&str> = names.into_iter().filter(|_| dice.below(2) == 0).collect();
            if !part.is_empty() {
                sync(&scene, &part).await;
            }
            if dice.below(3) == 0 {
                scene.phone.restart().await.unwrap();
            }
            sync(&scene, &[]).await;
            let mut now = BTreeMap::new();
            for name in names {
                now.append(&mut ids(&scene, name).await);
            }
            assert_eq!(now, before, "{label}, round {round}");
        }
        scene.same().await.unwrap();
    }
}
