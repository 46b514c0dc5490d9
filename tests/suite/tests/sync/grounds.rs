//! Mailboxes that change under the mirror: put back from a backup, made anew under numbers that were used before, deleted
//! with their mail moved out. No mail is shown for another, and ids lead to the same mail.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use postrider::api::{ListFilter, PlaceId, SyncSummary};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::Actor;
use postrider_tests::phone::{USER, with_bodies};
use postrider_tests::scene::Scene;
use postrider_tests::workload::mail;

async fn sync(scene: &Scene) -> SyncSummary {
    scene.phone.sync_with(with_bodies()).await.unwrap().0
}

/// Subjects and ids of the mailbox by UID.
async fn shown(scene: &Scene, mailbox: &str) -> BTreeMap<u32, (String, PlaceId)> {
    let mailbox = scene.phone.core.find_mailbox(None, mailbox).await.unwrap();
    let rows = scene.phone.core.messages(mailbox.id, ListFilter::default(), None, 50).await.unwrap().messages;
    rows.into_iter().map(|row| (row.uid.unwrap(), (row.subject, row.id))).collect()
}

async fn subjects(scene: &Scene, mailbox: &str) -> Vec<String> {
    shown(scene, mailbox).await.into_values().map(|(subject, _)| subject).collect()
}

fn named(numbers: impl IntoIterator<Item = u64>) -> Vec<String> {
    numbers.into_iter().map(|number| format!("Mail {number}")).collect()
}

#[tokio::test]
async fn case_055_a_server_put_back_from_a_backup_gives_uids_again_to_other_mails() {
    for profile in [Profile::full(), Profile::full().without(Extension::Qresync), Profile::bare()] {
        let scene = Scene::with_mail(profile.clone(), 15).await;
        let backup = scene.server.world().fork();
        for number in 15..20 {
            scene.rival().deliver("INBOX", mail(number)).unwrap();
        }
        assert!(sync(&scene).await.complete);
        scene.server.world().with(|state| *state = backup.with(|backup| backup.clone()));
        for number in 50..53 {
            scene.rival().deliver("INBOX", mail(number)).unwrap();
        }
        assert!(!sync(&scene).await.complete);
        scene.phone.clock.forward(601);
        assert!(sync(&scene).await.complete);
        assert_eq!(subjects(&scene, "INBOX").await, named((0..15).chain(50..53)), "{}", profile.name);
        assert!(sync(&scene).await.complete);
        scene.same().await.unwrap();
    }
}

#[tokio::test]
async fn hard_problem_14_where_all_mailboxes_share_one_uidvalidity_a_new_one_is_not_an_old_one_renamed() {
    let renumber = |scene: &Scene, name: &str| {
        let by = Actor::Rival;
        scene.server.world().with(|state| state.change_uidvalidity(&by, USER, name.as_bytes(), Some(1), 1)).unwrap();
    };
    let scene = Scene::new(Profile::bare()).await;
    scene.rival().create("Work", &[]).unwrap();
    for number in 0..2 {
        scene.rival().deliver("Work", mail(number)).unwrap();
    }
    renumber(&scene, "Work");
    renumber(&scene, "INBOX");
    assert!(sync(&scene).await.complete);
    scene.rival().delete("Work").unwrap();
    scene.rival().create("Trips", &[]).unwrap();
    for number in 10..12 {
        scene.rival().deliver("Trips", mail(number)).unwrap();
    }
    renumber(&scene, "Trips");
    assert!(sync(&scene).await.complete);
    assert_eq!(subjects(&scene, "Trips").await, named(10..12));
}

#[tokio::test]
async fn case_064_mail_moved_out_of_a_mailbox_that_is_then_deleted_keeps_its_ids() {
    for profile in
        [Profile::full(), Profile::full().without(Extension::ObjectId).without(Extension::GmExt), Profile::bare()]
    {
        let name = profile.name.clone();
        let scene = Scene::new(profile).await;
        for mailbox in ["Work", "Aside"] {
            scene.rival().create(mailbox, &[]).unwrap();
        }
        for number in 0..4 {
            scene.rival().deliver("Work", mail(number)).unwrap();
        }
        assert!(sync(&scene).await.complete);
        let before = shown(&scene, "Work").await;
        scene.rival().move_to("Work", &[1, 2, 3, 4], "Aside").unwrap();
        scene.rival().delete("Work").unwrap();
        // Hidden at first, and dropped after a minute: other syncs may come between.
        for number in 70..74 {
            assert!(sync(&scene).await.complete);
            scene.rival().deliver("INBOX", mail(number)).unwrap();
            scene.phone.clock.forward(25);
        }
        assert!(sync(&scene).await.complete);
        assert_eq!(shown(&scene, "Aside").await, before, "{name}");
    }
}

#[tokio::test]
async fn mail_of_a_mailbox_that_the_server_no_longer_lists_is_not_found_either() {
    let scene = Scene::new(Profile::full()).await;
    scene.rival().create("Work", &[]).unwrap();
    scene.rival().deliver("Work", mail(1)).unwrap();
    scene.rival().deliver("INBOX", mail(2)).unwrap();
    assert!(sync(&scene).await.complete);
    scene.phone.core.finish_indexing().await.unwrap();
    scene.rival().delete("Work").unwrap();
    assert!(sync(&scene).await.complete);
    let found = scene.phone.core.search("subject:mail", None, 10).await.unwrap();
    let subjects: Vec<String> = found.into_iter().map(|row| row.subject).collect();
    assert_eq!(subjects, named([2]));
}
