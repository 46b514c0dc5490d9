//! What a first sync costs in flights, and what it knows when it is done.
#![allow(clippy::unwrap_used)]

use postrider::api::ListFilter;
use postrider_model::profile::{Extension, Profile};
use postrider_tests::phone::with_bodies;
use postrider_tests::scene::Scene;
use postrider_tests::workload::mail;

/// A server with 40 mailboxes besides the usual ones, and mail in each.
async fn forty(profile: Profile) -> Scene {
    let scene = Scene::new(profile).await;
    for mailbox in 0..40 {
        let name = scene.raw(&format!("Folder {mailbox}"));
        scene.rival().create(&name, &[]).unwrap();
        for number in 0..5 {
            scene.rival().deliver(&name, mail(mailbox * 5 + number)).unwrap();
        }
    }
    for number in 500..600 {
        scene.rival().deliver("INBOX", mail(number)).unwrap();
    }
    scene
}

#[tokio::test]
async fn a_first_sync_of_forty_mailboxes_takes_a_handful_of_flights() {
    for (profile, most) in [
        (Profile::full(), 6),
        (Profile::dovecot(), 6),
        (Profile::gmail(), 6),
        (Profile::exchange(), 8),
        (Profile::courier(), 8),
        (Profile::bare(), 8),
    ] {
        let name = profile.name.clone();
        let scene = forty(profile).await;
        let (summary, notices) = scene.phone.sync().await.unwrap();
        assert!(summary.complete, "{name}: {notices:?}");
        assert!(summary.round_trips <= most, "{name}: {} flights", summary.round_trips);
        scene.same().await.unwrap();
        assert_eq!(scene.server.world().violations(), [], "{name}");
        let (again, _) = scene.phone.sync().await.unwrap();
        assert!(again.round_trips <= 4, "{name}: {} flights for nothing new", again.round_trips);
    }
}

#[tokio::test]
async fn the_newest_mails_have_their_preview_without_their_bodies() {
    for (profile, has) in [(Profile::full(), true), (Profile::full().without(Extension::Preview), false)] {
        let scene = Scene::with_mail(profile, 20).await;
        let inbox = scene.phone.core.find_mailbox(None, "inbox").await.unwrap();
        let page = scene.phone.core.messages(inbox.id, ListFilter::default(), None, 50).await.unwrap();
        assert!(page.messages.iter().filter(|row| row.size > 500).all(|row| row.preview.is_empty() != has));
    }
}

#[tokio::test]
async fn hard_problem_23_and_case_059_one_mail_under_three_labels_is_fetched_once() {
    let scene = Scene::new(Profile::gmail()).await;
    scene.rival().create("Work", &[]).unwrap();
    for number in 0..100 {
        scene.rival().deliver("INBOX", mail(number)).unwrap();
    }
    let all: Vec<u32> = (1..=100).collect();
    scene.rival().copy("INBOX", &all, "Work").unwrap();
    let (summary, _) = scene.phone.sync_with(with_bodies()).await.unwrap();
    assert_eq!((summary.messages_new, summary.bodies_fetched), (300, 100));
    scene.same().await.unwrap();
}
