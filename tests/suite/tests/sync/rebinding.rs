//! After a change of UIDVALIDITY mails are known again by what they look like: never by less than would tell them apart.
#![allow(clippy::unwrap_used)]

use postrider::api::ListFilter;
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::{InternalDate, NewMessage};
use postrider_tests::phone::with_bodies;
use postrider_tests::scene::Scene;

fn profiles() -> impl Iterator<Item = Profile> {
    let without = |profile: Profile| profile.without(Extension::ObjectId).without(Extension::GmExt);
    [Profile::full(), Profile::dovecot(), Profile::bare()].into_iter().map(without)
}

fn twin(subject: &str, text: &str, second: i64) -> NewMessage {
    let bytes = format!(
        "From: a@example.org\r\nSubject: {subject}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n\
         Message-ID: <twin@example.org>\r\n\r\n{text}\r\n"
    );
    NewMessage::new(bytes).date(InternalDate { seconds: 1_700_000_000 + second, offset_minutes: 0 })
}

async fn sync(scene: &Scene) {
    assert!(scene.phone.sync_with(with_bodies()).await.unwrap().0.complete);
}

/// Subjects and texts of the mailbox in the order of their UIDs.
async fn shown(scene: &Scene, mailbox: &str) -> Vec<(String, String)> {
    let mailbox = scene.phone.core.find_mailbox(None, mailbox).await.unwrap();
    let mut rows = scene.phone.core.messages(mailbox.id, ListFilter::default(), None, 50).await.unwrap().messages;
    rows.sort_by_key(|row| row.uid);
    let mut shown = Vec::new();
    for row in rows {
        let raw = String::from_utf8(scene.phone.core.raw(row.id).await.unwrap().read_all().unwrap()).unwrap();
        shown.push((row.subject, raw.split("\r\n\r\n").nth(1).unwrap().trim().to_owned()));
    }
    shown
}

/// Deletes the mailbox and makes another of the same name.
fn make_anew(scene: &Scene, mails: &[NewMessage]) {
    let raw = scene.raw("Work");
    let _ = scene.rival().delete(&raw);
    scene.rival().create(&raw, &[]).unwrap();
    for mail in mails {
        scene.rival().deliver(&raw, mail.clone()).unwrap();
    }
}

#[tokio::test]
async fn hard_problem_14_of_mails_that_look_alike_none_gets_the_body_of_another() {
    for profile in profiles() {
        // In another order, with one gone, with one more, with one that came in the same second.
        let (one, two, six, odd) = (twin("a", "one", 1), twin("a", "two", 2), twin("a", "six", 3), twin("a", "odd", 1));
        let cases = [
            (vec![one.clone(), two.clone()], vec![two.clone(), one.clone()], vec!["two", "one"]),
            (vec![one.clone(), two.clone()], vec![two.clone()], vec!["two"]),
            (vec![one.clone()], vec![six.clone(), one.clone()], vec!["six", "one"]),
            (vec![one.clone()], vec![six.clone()], vec!["six"]),
            (vec![one.clone(), odd.clone()], vec![odd.clone(), one.clone()], vec!["odd", "one"]),
            (vec![one.clone(), odd.clone()], vec![odd.clone()], vec!["odd"]),
        ];
        for (number, (before, after, texts)) in cases.into_iter().enumerate() {
            let name = format!("{}, case {number}", profile.name);
            let scene = Scene::new(profile.clone()).await;
            make_anew(&scene, &before);
            sync(&scene).await;
            make_anew(&scene, &after);
            sync(&scene).await;
            let now: Vec<String> = shown(&scene, "Work").await.into_iter().map(|(_, text)| text).collect();
            assert_eq!(now, texts, "{name}");
        }
    }
}

#[tokio::test]
async fn hard_problem_14_a_mail_with_other_header_fields_is_another() {
    for profile in profiles() {
        let scene = Scene::new(profile.clone()).await;
        make_anew(&scene, &[twin("old", "one", 1)]);
        sync(&scene).await;
        make_anew(&scene, &[twin("new", "one", 1)]);
        sync(&scene).await;
        assert_eq!(shown(&scene, "Work").await, [("new".to_owned(), "one".to_owned())], "{}", profile.name);
    }
}
