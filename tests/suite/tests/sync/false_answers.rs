//! Servers that say what is not so about single messages: nothing is removed, doubled or mixed up by it.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use postrider::api::ListFilter;
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::FlagChange;
use postrider_tests::phone::with_bodies;
use postrider_tests::scene::Scene;
use postrider_tests::workload::mail;

fn profiles() -> [Profile; 3] {
    [Profile::full(), Profile::full().without(Extension::Qresync), Profile::bare()]
}

async fn shown(scene: &Scene) -> usize {
    scene.phone.mail().await.unwrap()["INBOX"].len()
}

/// Lies once in the answer to a command, then tells the truth: in between nothing may be lost.
async fn lies(command: &str, lie: &[u8]) {
    for profile in profiles() {
        let scene = Scene::with_mail(profile, 40).await;
        scene.rival().set_flags("INBOX", &[3], FlagChange::Add, &["\\Seen"]).unwrap();
        scene.rival().deliver("INBOX", mail(77)).unwrap();
        scene.server.script().add(Rule::once(command, Act::Between(lie.to_vec())));
        // Whether it ends well or with an error is the server's affair.
        let _ = scene.phone.sync().await;
        assert!(shown(&scene).await >= 40, "{} in {command}", lie.escape_ascii());
        scene.server.script().clear();
        scene.agrees(&format!("after {} in {command}", lie.escape_ascii())).await;
    }
}

#[tokio::test]
async fn case_031_numbers_that_cannot_be_remove_nothing() {
    for lie in [
        &b"* 0 EXPUNGE\r\n"[..],
        b"* 4000000000 EXPUNGE\r\n",
        b"* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n",
        b"* 5 EXISTS\r\n",
        b"* 0 EXISTS\r\n",
        b"* 4294967295 EXISTS\r\n",
        b"* 999 FETCH (FLAGS (\\Deleted))\r\n",
        b"* 0 FETCH (UID 5 FLAGS ())\r\n",
    ] {
        for command in ["EXAMINE", "UID FETCH", "UID SEARCH"] {
            lies(command, lie).await;
        }
    }
}

#[tokio::test]
async fn case_052_and_hard_problem_08_a_vanished_that_names_living_mail_removes_nothing() {
    for lie in [
        &b"* VANISHED (EARLIER) 3:9\r\n"[..],
        b"* VANISHED (EARLIER) 41\r\n",
        b"* VANISHED (EARLIER) 1,3,5,7,4294967295\r\n* VANISHED (EARLIER) 2\r\n",
        b"* VANISHED 3:9\r\n",
        b"* VANISHED 1:4294967295\r\n",
    ] {
        for command in ["EXAMINE", "UID FETCH", "LIST"] {
            lies(command, lie).await;
        }
    }
}

#[tokio::test]
async fn case_032_expunges_in_the_middle_of_a_fetch_shift_nothing() {
    for profile in profiles() {
        let scene = Scene::new(profile).await;
        for number in 0..40 {
            scene.rival().deliver("INBOX", mail(number)).unwrap();
        }
        // In front of each answer another number goes: whoever counts by numbers gives answers to the wrong mail.
        let shifting = Act::Rewrite(Arc::new(|responses: Vec<Vec<u8>>| {
            responses.into_iter().map(|response| [b"* 1 EXPUNGE\r\n".to_vec(), response].concat()).collect()
        }));
        scene.server.script().add(Rule::once("UID FETCH", shifting));
        let _ = scene.phone.sync().await;
        scene.server.script().clear();
        scene.agrees("afterwards").await;
        let inbox = scene.phone.core.find_mailbox(None, "inbox").await.unwrap();
        for row in scene.phone.core.messages(inbox.id, ListFilter::default(), None, 100).await.unwrap().messages {
            assert_eq!(row.subject, format!("Mail {}", row.uid.unwrap() - 1));
        }
    }
}

#[tokio::test]
async fn case_033_an_answer_without_its_uid_or_with_a_strange_one_is_asked_for_again() {
    for (from, to) in [("UID 7 ", ""), ("UID 7 ", "UID 4000 "), ("UID 7 ", "UID 0 "), ("UID ", "UIX ")] {
        for profile in profiles() {
            let scene = Scene::new(profile).await;
            for number in 0..30 {
                scene.rival().deliver("INBOX", mail(number)).unwrap();
            }
            scene.server.script().add(Rule::once("UID FETCH", Act::Replace(from.to_owned(), to.to_owned())));
            scene.phone.sync().await.unwrap();
            assert!(shown(&scene).await <= 30, "no row for what was not there");
            scene.agrees("afterwards").await;
        }
    }
}

#[tokio::test]
async fn case_034_bytes_that_change_on_the_server_do_not_replace_those_that_are_here() {
    let scene = Scene::with_mail(Profile::full(), 5).await;
    scene.phone.sync_with(with_bodies()).await.unwrap();
    let inbox = scene.phone.core.find_mailbox(None, "inbox").await.unwrap();
    let row = scene.phone.core.messages(inbox.id, ListFilter::default(), None, 1).await.unwrap().messages.remove(0);
    let before = scene.phone.core.raw(row.id).await.unwrap().read_all().unwrap();
    scene.server.script().add(Rule::always("UID FETCH", Act::Replace("work".to_owned(), "WORK".to_owned())));
    scene.rival().change_uidvalidity("INBOX").unwrap();
    let (summary, _) = scene.phone.sync_with(with_bodies()).await.unwrap();
    assert_eq!(summary.bodies_fetched, 0);
    assert_eq!(scene.phone.core.raw(row.id).await.unwrap().read_all().unwrap(), before);
}

#[tokio::test]
async fn case_058_the_last_message_told_again_is_not_new() {
    for profile in profiles() {
        let scene = Scene::with_mail(profile, 10).await;
        let again = "* 10 FETCH (UID 10 FLAGS () INTERNALDATE \"24-Nov-2026 10:00:00 +0000\" RFC822.SIZE 20 \
                     BODY[HEADER.FIELDS (SUBJECT)] {18}\r\nSubject: again\r\n\r\n)\r\n";
        scene.server.script().add(Rule::always("UID FETCH", Act::Between(again.as_bytes().to_vec())));
        let (summary, _) = scene.phone.sync().await.unwrap();
        assert_eq!((summary.messages_new, shown(&scene).await), (0, 10));
        let inbox = scene.phone.core.find_mailbox(None, "inbox").await.unwrap();
        let rows = scene.phone.core.messages(inbox.id, ListFilter::default(), None, 100).await.unwrap().messages;
        assert!(rows.iter().all(|row| row.subject.starts_with("Mail ")));
    }
}
