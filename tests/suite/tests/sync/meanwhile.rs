//! Something changes on the server while a sync is under way: the next sync finds it at the latest.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use postrider::api::BodyPolicy;
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::{FlagChange, NewMessage, Rival};
use postrider_tests::phone::with_bodies;
use postrider_tests::scene::Scene;
use postrider_tests::workload::mail;

/// What somebody does when the command was carried out.
fn then(deed: impl Fn() + Send + Sync + 'static) -> Act {
    Act::Rewrite(Arc::new(move |responses: Vec<Vec<u8>>| {
        deed();
        responses
    }))
}

/// A removal in the inbox makes the sync come back to it after it has opened another mailbox; `deed` comes between.
async fn found_afterwards(profile: Profile, deed: fn(&Rival)) {
    let name = profile.name.clone();
    let scene = Scene::new(profile).await;
    scene.rival().create("Work", &[]).unwrap();
    for number in 0..10 {
        scene.rival().deliver("INBOX", mail(number)).unwrap();
    }
    scene.agrees("at first").await;
    scene.rival().expunge("INBOX", &[2]).unwrap();
    scene.rival().deliver("Work", mail(50)).unwrap();
    // Where removals come with the EXAMINE, this one is forgotten, so that all UIDs are asked for.
    scene.server.script().add(Rule::once("EXAMINE", Act::Omit("VANISHED".into())));
    let rival = scene.rival();
    scene.server.script().add(Rule::once("EXAMINE", then(move || deed(&rival))).after(1));
    scene.phone.sync().await.unwrap();
    assert_eq!(scene.server.script().waiting(), 0, "{name}: it came between");
    scene.agrees(&name).await;
}

fn profiles() -> [Profile; 3] {
    [Profile::full(), Profile::full().without(Extension::Qresync), Profile::bare()]
}

#[tokio::test]
async fn hard_problem_08_a_flag_that_is_set_before_the_sync_comes_back_to_the_mailbox_is_found() {
    for profile in profiles() {
        found_afterwards(profile, |rival| {
            rival.set_flags("INBOX", &[5], FlagChange::Add, &["\\Seen"]).unwrap();
        })
        .await;
    }
}

#[tokio::test]
async fn hard_problem_07_what_comes_and_goes_before_the_sync_comes_back_to_the_mailbox_is_found() {
    for profile in profiles() {
        found_afterwards(profile, |rival| {
            rival.deliver("INBOX", mail(70)).unwrap();
            rival.expunge("INBOX", &[4]).unwrap();
        })
        .await;
    }
}

#[tokio::test]
async fn hard_problem_14_a_mailbox_that_is_another_when_the_sync_comes_back_to_it_is_left_alone() {
    for profile in profiles() {
        found_afterwards(profile, |rival| {
            rival.change_uidvalidity("INBOX").unwrap();
        })
        .await;
    }
}

#[tokio::test]
async fn hard_problem_07_a_body_that_was_asked_for_and_did_not_come_is_fetched_by_the_next_sync() {
    for large in [false, true] {
        let scene = Scene::new(Profile::full()).await;
        let text = "All work and no play.\r\n".repeat(if large { 20_000 } else { 1 });
        scene.rival().deliver("INBOX", NewMessage::new(format!("Subject: one\r\n\r\n{text}"))).unwrap();
        scene.agrees("headers").await;
        scene.server.script().add(Rule::once("UID FETCH", Act::Omit("BODY[]".into())).after(1));
        let (first, _) = scene.phone.sync_with(with_bodies()).await.unwrap();
        assert_eq!((first.bodies_fetched, scene.server.script().waiting()), (0, 0), "large: {large}");
        let (second, _) = scene.phone.sync_with(with_bodies()).await.unwrap();
        assert_eq!(second.bodies_fetched, 1, "large: {large}");
        let (third, _) = scene.phone.sync_with(with_bodies()).await.unwrap();
        assert_eq!((third.bodies_fetched, third.round_trips), (0, 1), "large: {large}");
    }
}

#[tokio::test]
async fn more_days_of_bodies_are_fetched_once_the_account_wants_them() {
    let scene = Scene::new(Profile::full()).await;
    let mut settings = scene.phone.core.account_settings(scene.phone.account).await.unwrap();
    (settings.bodies, settings.recent_days) = (BodyPolicy::Recent, 1);
    scene.phone.core.update_account(scene.phone.account, settings.clone()).await.unwrap();
    scene.rival().deliver("INBOX", mail(1)).unwrap();
    assert_eq!(scene.phone.sync().await.unwrap().0.bodies_fetched, 0, "the mail is older");
    settings.recent_days = 10_000;
    scene.phone.core.update_account(scene.phone.account, settings).await.unwrap();
    assert_eq!(scene.phone.sync().await.unwrap().0.bodies_fetched, 1);
}
