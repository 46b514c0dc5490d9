//! A server that does not stop: what it says is bounded here.
#![allow(clippy::unwrap_used)]

use postrider::api::SyncOptions;
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::Profile;
use postrider_model::world::FlagChange;
use postrider_tests::scene::Scene;

fn lists(count: u32) -> Vec<u8> {
    (0..count).map(|number| format!("* LIST () \"/\" m{number}\r\n")).collect::<String>().into_bytes()
}

#[tokio::test]
async fn hard_problem_19_a_list_without_end_ends_the_sync() {
    let scene = Scene::with_mail(Profile::full(), 3).await;
    scene.server.script().add(Rule::once("LIST", Act::Before(lists(410_000))));
    assert!(scene.phone.sync().await.is_err());
    assert_eq!(scene.phone.mail().await.unwrap()["INBOX"].len(), 3);
    scene.agrees("afterwards").await;
}

#[tokio::test]
async fn case_054_mailboxes_beyond_those_that_are_mirrored_are_not_taken_for_gone() {
    let scene = Scene::with_mail(Profile::full(), 3).await;
    scene.rival().create("Work", &[]).unwrap();
    scene.agrees("with one more").await;
    for _ in 0..2 {
        scene
            .server
            .script()
            .add(Rule::once("LIST", Act::Before([b"* LIST () \"/\" INBOX\r\n".to_vec(), lists(10_100)].concat())));
        scene.phone.clock.forward(100);
        let _ = scene.phone.sync().await.unwrap();
        assert!(scene.phone.core.find_mailbox(None, "Work").await.is_ok());
    }
}

#[tokio::test]
async fn hard_problem_19_changes_that_come_with_the_opening_are_kept_before_all_have_come() {
    let scene = Scene::new(Profile::full()).await;
    let uids: Vec<u32> = (1..=3_000).collect();
    scene.rival().generate("INBOX", 3_000, 3_000, postrider_model::world::Newsletter::default()).unwrap();
    scene.agrees("at first").await;
    scene.rival().set_flags("INBOX", &uids, FlagChange::Add, &["\\Seen"]).unwrap();
    scene.allowed.set(80_000, u64::MAX);
    scene.phone.sync_with(SyncOptions::default()).await.unwrap_err();
    scene.allowed.set(u64::MAX, u64::MAX);
    let unread = scene.phone.core.find_mailbox(None, "inbox").await.unwrap().unread;
    assert!((1..=2_000).contains(&unread), "{unread} are unread still");
    scene.agrees("afterwards").await;
}
