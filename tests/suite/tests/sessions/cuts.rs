//! The connection breaks after any byte of a session, in either direction: the next sync makes everything right, nothing
//! is lost and nothing is there twice.
#![allow(clippy::unwrap_used)]

use postrider::api::ListFilter;
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::NewMessage;
use postrider_tests::phone::with_bodies;
use postrider_tests::scene::Scene;
use postrider_tests::workload::{Dice, act, mail};

/// Cuts that one test makes in all; there are five such tests.
const CUTS: u64 = 500;

/// Another client acts, the sync is cut at a sampled byte, the next one is not: then both hold the same.
async fn survives_cuts(profile: Profile, seed: u64) {
    let scene = Scene::new(profile).await;
    let rival = scene.rival();
    let work = scene.raw("Work");
    rival.create(&work, &[]).unwrap();
    let mut dice = Dice::new(seed);
    let mut broken = 0;
    for number in 0..CUTS {
        for step in 0..dice.below(4) {
            act(&rival, scene.server.world(), &mut dice, &["INBOX", &work], 100 + number * 10 + step);
        }
        let at = dice.below(if number % 3 == 0 { 600 } else { 9_000 });
        if number % 2 == 0 {
            scene.allowed.set(at, u64::MAX)
        } else {
            scene.allowed.set(u64::MAX, at / 8)
        }
        broken += u64::from(scene.phone.sync_with(with_bodies()).await.is_err());
        scene.allowed.set(u64::MAX, u64::MAX);
        let (summary, notices) = scene.phone.sync_with(with_bodies()).await.unwrap();
        assert!(summary.complete, "cut {number} at {at}: {notices:?}");
        assert_eq!(scene.same().await, Ok(()), "cut {number} at {at}");
    }
    assert!(broken > CUTS / 4, "the cuts hit: {broken}");
    assert_eq!(scene.server.world().violations(), []);
}

#[tokio::test]
async fn hard_problem_07_no_cut_hides_a_message_with_qresync() {
    survives_cuts(Profile::dovecot(), 11).await;
}

#[tokio::test]
async fn hard_problem_07_no_cut_hides_a_message_with_condstore() {
    survives_cuts(Profile::full().without(Extension::Qresync), 12).await;
}

#[tokio::test]
async fn hard_problem_07_no_cut_hides_a_message_on_a_plain_server() {
    survives_cuts(Profile::bare(), 13).await;
}

#[tokio::test]
async fn hard_problem_07_and_23_no_cut_hides_a_message_on_gmail() {
    survives_cuts(Profile::gmail(), 14).await;
}

#[tokio::test]
async fn hard_problem_07_no_cut_hides_a_message_on_courier() {
    survives_cuts(Profile::courier(), 15).await;
}

#[tokio::test]
async fn case_041_a_first_sync_cut_again_and_again_ends_complete() {
    let scene = Scene::new(Profile::full()).await;
    let rival = scene.rival();
    for number in 0..700 {
        rival.deliver("INBOX", mail(number)).unwrap();
    }
    let rounds = scene.syncs_through_cuts(20_000..80_000, &mut Dice::new(5)).await;
    assert!((6..100).contains(&rounds), "{rounds}");
}

#[tokio::test]
async fn hard_problem_18_a_large_mail_goes_on_at_the_byte_where_it_stopped() {
    let scene = Scene::new(Profile::full()).await;
    let large =
        [&b"From: a@example.org\r\nSubject: large\r\n\r\n"[..], &b"0123456789abcde\r\n".repeat(200_000)].concat();
    let size = large.len() as u64;
    scene.rival().deliver("INBOX", NewMessage::new(&large)).unwrap();
    let mut received = 0;
    for round in 0..20 {
        scene.allowed.set(600_000, u64::MAX);
        match scene.phone.sync_with(with_bodies()).await {
            Ok((summary, _)) => {
                received += summary.bytes_in;
                break;
            }
            Err(_) => received += 600_000,
        }
        assert!(round < 10, "each round gets further");
    }
    assert!(received < size + 600_000, "{received} bytes for a mail of {size}");
    let inbox = scene.phone.core.find_mailbox(None, "inbox").await.unwrap();
    let page = scene.phone.core.messages(inbox.id, ListFilter::default(), None, 1).await.unwrap();
    let kept = scene.phone.core.raw(page.messages[0].id).await.unwrap().read_all().unwrap();
    assert!(kept == large, "the bytes differ");
}

#[tokio::test]
async fn mail_that_came_while_no_bodies_were_wanted_gets_its_bodies_when_they_are() {
    let scene = Scene::with_mail(Profile::full(), 5).await;
    scene.phone.sync_with(with_bodies()).await.unwrap();
    scene.rival().deliver("INBOX", mail(50)).unwrap();
    scene.agrees("without bodies").await;
    let (summary, _) = scene.phone.sync_with(with_bodies()).await.unwrap();
    assert_eq!(summary.bodies_fetched, 1);
}
