//! Servers whose state moves under a mirror: UIDVALIDITY that changes in the middle or comes back, mailboxes that are suddenly empty,
//! prefixes that go, mails that cannot be told apart.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use postrider::api::{BodyState, ListFilter, MessageRow, SyncOptions};
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::NewMessage;
use postrider_tests::phone::with_bodies;
use postrider_tests::scene::Scene;
use postrider_tests::workload::mail;

async fn rows(scene: &Scene, mailbox: &str) -> Vec<MessageRow> {
    let mailbox = scene.phone.core.find_mailbox(None, mailbox).await.unwrap();
    scene.phone.core.messages(mailbox.id, ListFilter::default(), None, 1000).await.unwrap().messages
}

/// Does something to the account the first time that a command's answer is on its way.
fn meanwhile(deed: impl Fn() + Send + Sync + 'static) -> Act {
    let done = AtomicBool::new(false);
    Act::Rewrite(Arc::new(move |responses: Vec<Vec<u8>>| {
        if !done.swap(true, Ordering::SeqCst) {
            deed();
        }
        responses
    }))
}

#[tokio::test]
async fn case_046_a_uidvalidity_that_changes_in_the_middle_of_a_sync_binds_nothing_wrongly() {
    for profile in [Profile::full(), Profile::bare(), Profile::full().without(Extension::Qresync)] {
        for command in ["LIST", "STATUS", "EXAMINE", "UID SEARCH", "UID FETCH"] {
            let scene = Scene::with_mail(profile.clone(), 20).await;
            scene.rival().deliver("INBOX", mail(50)).unwrap();
            let rival = scene.rival();
            let deed = move || {
                rival.change_uidvalidity("INBOX").unwrap();
                rival.expunge("INBOX", &[3]).unwrap();
                rival.deliver("INBOX", mail(51)).unwrap();
            };
            scene.server.script().add(Rule::once(command, meanwhile(deed)));
            // The session may break off; what counts is what is here afterwards.
            let _ = scene.phone.sync_with(with_bodies()).await;
            scene.server.script().clear();
            scene.agrees(&format!("after {command}")).await;
            let (summary, _) = scene.phone.sync_with(with_bodies()).await.unwrap();
            assert!(summary.complete);
            for row in rows(&scene, "inbox").await {
                let raw = scene.phone.core.raw(row.id).await.unwrap().read_all().unwrap();
                let subject = format!("Subject: {}\r\n", row.subject);
                assert!(raw.windows(subject.len()).any(|here| here == subject.as_bytes()), "{command}: {subject}");
            }
        }
    }
}

#[tokio::test]
async fn case_047_a_uidvalidity_that_flaps_costs_no_id_and_no_body() {
    for profile in [Profile::full(), Profile::bare()] {
        let scene = Scene::with_mail(profile, 20).await;
        scene.phone.sync_with(with_bodies()).await.unwrap();
        let ids: BTreeSet<_> = rows(&scene, "inbox").await.iter().map(|row| row.id).collect();
        let inbox = scene.phone.core.find_mailbox(None, "inbox").await.unwrap();
        let real = format!("UIDVALIDITY {}", inbox.uidvalidity.unwrap());
        for told in ["UIDVALIDITY 4000000000", &real, "UIDVALIDITY 1", &real] {
            for command in ["LIST", "STATUS", "EXAMINE"] {
                scene.server.script().add(Rule::always(command, Act::Replace(real.clone(), told.to_owned())));
            }
            let (summary, _) = scene.phone.sync_with(with_bodies()).await.unwrap();
            assert_eq!((summary.messages_new, summary.bodies_fetched), (0, 0), "{told}");
            let now = rows(&scene, "inbox").await;
            assert_eq!(now.iter().map(|row| row.id).collect::<BTreeSet<_>>(), ids, "{told}");
            assert!(now.iter().all(|row| row.body == BodyState::Full), "{told}");
            scene.server.script().clear();
        }
    }
}

#[tokio::test]
async fn case_053_a_mailbox_that_is_suddenly_empty_is_told_and_what_comes_back_has_its_bodies() {
    let scene = Scene::with_mail(Profile::full(), 40).await;
    scene.phone.sync_with(with_bodies()).await.unwrap();
    // Moved away and back, as a server does that restores something.
    let rival = scene.rival();
    rival.create("Elsewhere", &[]).unwrap();
    let uids: Vec<u32> = (1..=40).collect();
    rival.move_to("INBOX", &uids, "Elsewhere").unwrap();
    let only_inbox = SyncOptions {
        mailboxes: vec![scene.phone.core.find_mailbox(None, "inbox").await.unwrap().id],
        ..with_bodies()
    };
    let (summary, notices) = scene.phone.sync_with(only_inbox.clone()).await.unwrap();
    assert!(summary.complete && !notices.is_empty(), "the person is told: {notices:?}");
    assert!(rows(&scene, "inbox").await.is_empty());
    rival.move_to("Elsewhere", &uids, "INBOX").unwrap();
    let (summary, _) = scene.phone.sync_with(only_inbox).await.unwrap();
    assert_eq!(summary.bodies_fetched, 0, "they were kept");
    assert!(rows(&scene, "inbox").await.iter().all(|row| row.body == BodyState::Full));
    scene.agrees("afterwards").await;
}

#[tokio::test]
async fn case_060_mails_that_share_a_message_id_or_have_none_stay_apart() {
    // Not Gmail, which takes equal ids for one mail itself.
    for profile in [Profile::full(), Profile::bare()] {
        let scene = Scene::new(profile).await;
        let odd = |number: u64, id: &str| {
            NewMessage::new(format!("From: a@example.org\r\nSubject: Odd {number}\r\n{id}\r\nText {number}\r\n"))
        };
        for number in 0..60 {
            let id = if number % 2 == 0 { "Message-ID: <same@example.org>\r\n" } else { "" };
            scene.rival().deliver("INBOX", odd(number, id)).unwrap();
        }
        for when in ["at first", "under another UIDVALIDITY"] {
            scene.agrees(when).await;
            scene.phone.sync_with(with_bodies()).await.unwrap();
            let now = rows(&scene, "inbox").await;
            assert_eq!(now.iter().map(|row| row.subject.clone()).collect::<BTreeSet<_>>().len(), 60, "{when}");
            for row in now {
                let raw = scene.phone.core.raw(row.id).await.unwrap().read_all().unwrap();
                let text = format!("Text {}\r\n", row.subject.trim_start_matches("Odd "));
                assert!(raw.ends_with(text.as_bytes()), "{when}: {}", row.subject);
            }
            scene.rival().change_uidvalidity("INBOX").unwrap();
        }
    }
}

#[tokio::test]
async fn case_063_a_prefix_that_goes_leaves_the_mailboxes_what_they_are() {
    let scene = Scene::new(Profile::courier()).await;
    let rival = scene.rival();
    rival.create("INBOX.Work", &[]).unwrap();
    for number in 0..5 {
        rival.deliver("INBOX.Work", mail(number)).unwrap();
    }
    scene.phone.sync_with(with_bodies()).await.unwrap();
    let work = scene.phone.core.find_mailbox(None, "Work").await.unwrap().id;
    let ids: Vec<_> = rows(&scene, "Work").await.iter().map(|row| row.id).collect();
    for name in ["Work", "Sent", "Drafts", "Trash"] {
        rival.rename(format!("INBOX.{name}"), name).unwrap();
    }
    let mut profile = Profile::courier();
    profile.layout.prefix = Vec::new();
    scene.server.set_profile(profile);
    let mut scene = scene;
    scene.phone.restart().await.unwrap();
    let (summary, notices) = scene.phone.sync_with(with_bodies()).await.unwrap();
    assert!(summary.complete, "{notices:?}");
    assert_eq!((summary.messages_new, summary.bodies_fetched), (0, 0));
    assert_eq!(scene.phone.core.find_mailbox(None, "Work").await.unwrap().id, work);
    assert_eq!(rows(&scene, "Work").await.iter().map(|row| row.id).collect::<Vec<_>>(), ids);
}
