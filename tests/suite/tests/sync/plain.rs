//! Servers that cannot tell what changed: what a sync asks of them stays bounded, and what changed is found all the same.
#![allow(clippy::unwrap_used)]

use postrider::api::{ListFilter, SyncOptions, SyncSummary};
use postrider_model::profile::Profile;
use postrider_model::world::{FlagChange, Newsletter};
use postrider_tests::phone::USER;
use postrider_tests::scene::Scene;
use postrider_tests::workload::mail;

/// An inbox of so many mails, five of them unseen, mirrored.
async fn large(profile: Profile, count: u32) -> Scene {
    let scene = Scene::new(profile).await;
    scene.rival().generate("INBOX", count, 5, Newsletter::default()).unwrap();
    scene.phone.sync().await.unwrap();
    scene
}

async fn sync(scene: &Scene) -> SyncSummary {
    let (summary, notices) = scene.phone.sync().await.unwrap();
    assert!(summary.complete, "{notices:?}");
    summary
}

#[tokio::test]
async fn hard_problem_18_nothing_new_costs_little_without_mod_sequences_too() {
    for profile in [Profile::bare(), Profile::exchange(), Profile::courier()] {
        let name = profile.name.clone();
        let scene = large(profile, 6_000).await;
        for _ in 0..2 {
            let summary = sync(&scene).await;
            assert!(summary.bytes_in < 64_000, "{name}: {} bytes", summary.bytes_in);
            assert_eq!((summary.messages_new, summary.flags_changed), (0, 0), "{name}");
        }
    }
}

#[tokio::test]
async fn hard_problem_18_what_was_read_elsewhere_is_found_wherever_it_lies() {
    for profile in [Profile::bare(), Profile::exchange(), Profile::courier()] {
        let name = profile.name.clone();
        let scene = large(profile, 4_000).await;
        scene.rival().set_flags("INBOX", &[17, 18, 1_000], FlagChange::Remove, &["\\Seen"]).unwrap();
        let summary = sync(&scene).await;
        assert_eq!(summary.flags_changed, 3, "{name}");
        assert!(summary.bytes_in < 64_000, "{name}: {} bytes", summary.bytes_in);
        scene.rival().set_flags("INBOX", &[18], FlagChange::Add, &["\\Seen"]).unwrap();
        assert_eq!(sync(&scene).await.flags_changed, 1, "{name}");
        scene.same().await.unwrap();
    }
}

#[tokio::test]
async fn every_other_flag_is_found_in_turn_or_when_the_person_asks() {
    let scene = large(Profile::bare(), 3_000).await;
    let flag = |uid| scene.rival().set_flags("INBOX", &[uid], FlagChange::Add, &["\\Flagged", "$Work"]).unwrap();
    flag(2_990);
    assert_eq!(sync(&scene).await.flags_changed, 1, "among the newest: at once");
    flag(10);
    let mut found = 0;
    for _ in 0..5 {
        found += sync(&scene).await.flags_changed;
    }
    assert_eq!(found, 1, "after all have had their turn");
    flag(11);
    let inbox = scene.phone.core.find_mailbox(None, "inbox").await.unwrap();
    let this_one = SyncOptions { mailboxes: vec![inbox.id], ..SyncOptions::default() };
    let (summary, _) = scene.phone.sync_with(this_one).await.unwrap();
    assert_eq!(summary.flags_changed, 1, "asked for");
    let flagged = ListFilter { flagged: true, ..ListFilter::default() };
    assert_eq!(scene.phone.core.messages(inbox.id, flagged, None, 10).await.unwrap().messages.len(), 3);
}

#[tokio::test]
async fn case_051_a_mailbox_without_mod_sequences_on_a_server_that_has_them_is_followed() {
    for profile in [Profile::full(), Profile::gmail()] {
        let name = profile.name.clone();
        let scene = Scene::new(profile).await;
        scene.server.world().with(|state| {
            state.account_mut(USER).unwrap().mailbox_mut(b"INBOX").unwrap().nomodseq = true;
        });
        for number in 0..30 {
            scene.rival().deliver("INBOX", mail(number)).unwrap();
        }
        for round in 0..3 {
            scene.agrees(&format!("{name} in round {round}")).await;
            scene.rival().deliver("INBOX", mail(100 + round)).unwrap();
            scene.rival().set_flags("INBOX", &[5 + round as u32], FlagChange::Add, &["\\Seen", "$Work"]).unwrap();
            scene.rival().expunge("INBOX", &[10 + round as u32]).unwrap();
        }
        assert_eq!(scene.server.world().violations(), [], "{name}");
    }
}
