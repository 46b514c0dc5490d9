//! Servers that lie, forget, contradict themselves or change the ground under a mirror: nothing is lost here, and once
//! the server tells the truth again, the phone holds it.
#![allow(clippy::unwrap_used)]

use postrider::api::{BodyState, CoreError, ListFilter};
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::FlagChange;
use postrider_tests::phone::{USER, with_bodies};
use postrider_tests::scene::Scene;
use postrider_tests::workload::mail;

/// How many messages the inbox shows.
async fn shown(scene: &Scene) -> usize {
    scene.phone.mail().await.unwrap()["INBOX"].len()
}

#[tokio::test]
async fn hard_problem_07_messages_left_out_of_an_answer_are_asked_for_again() {
    let scene = Scene::new(Profile::full()).await;
    for number in 0..60 {
        scene.rival().deliver("INBOX", mail(number)).unwrap();
    }
    // The first answers lack whatever names UID 7, 17, 27 …
    let omit = Act::Rewrite(std::sync::Arc::new(|responses: Vec<Vec<u8>>| {
        let lacks = |response: &Vec<u8>| {
            let text = String::from_utf8_lossy(response).into_owned();
            !text.split_once("UID ").is_some_and(|(_, rest)| rest.split([' ', ')']).next().unwrap().ends_with('7'))
        };
        responses.into_iter().filter(lacks).collect()
    }));
    scene.server.script().add(Rule { times: 2, ..Rule::once("UID FETCH", omit) });
    scene.phone.sync().await.unwrap();
    scene.agrees("once it answers").await;
}

#[tokio::test]
async fn hard_problem_08_a_server_that_reports_everything_as_vanished_is_not_believed() {
    let scene = Scene::with_mail(Profile::full(), 40).await;
    scene.rival().set_flags("INBOX", &[3], FlagChange::Add, &["\\Seen"]).unwrap();
    scene.server.script().add(Rule::once("EXAMINE", Act::Between(b"* VANISHED (EARLIER) 1:4294967295\r\n".to_vec())));
    scene.phone.sync().await.unwrap();
    assert_eq!(shown(&scene).await, 40);
    scene.agrees("afterwards").await;
}

#[tokio::test]
async fn hard_problem_08_a_removal_that_the_server_forgets_to_report_is_found() {
    let scene = Scene::with_mail(Profile::full(), 40).await;
    scene.rival().expunge("INBOX", &[5, 40]).unwrap();
    scene.server.script().add(Rule::once("EXAMINE", Act::Omit("VANISHED".into())));
    scene.agrees("in the same sync").await;
}

#[tokio::test]
async fn hard_problem_09_a_truncated_search_removes_nothing() {
    let profile = Profile::bare();
    let scene = Scene::with_mail(profile, 40).await;
    scene.rival().expunge("INBOX", &[9]).unwrap();
    for lie in ["* SEARCH 1 2 3\r\n", "* SEARCH\r\n"] {
        let truncated = Act::Rewrite(std::sync::Arc::new(move |responses: Vec<Vec<u8>>| {
            let replace = |response: Vec<u8>| if response.starts_with(b"* SEARCH") { lie.into() } else { response };
            responses.into_iter().map(replace).collect()
        }));
        scene.server.script().add(Rule::once("UID SEARCH", truncated));
        let (summary, notices) = scene.phone.sync().await.unwrap();
        assert!(!summary.complete && !notices.is_empty());
        assert_eq!(shown(&scene).await, 40, "not even the one that is really gone");
    }
    scene.server.script().add(Rule::always("UID SEARCH", Act::Refuse("NO [SERVERBUG] not now".into())));
    scene.phone.sync().await.unwrap();
    assert_eq!(shown(&scene).await, 40);
    scene.server.script().clear();
    scene.agrees("once it tells the truth").await;
}

#[tokio::test]
async fn case_054_a_list_that_lacks_everything_hides_nothing() {
    let scene = Scene::with_mail(Profile::full(), 5).await;
    scene.server.script().add(Rule::once("LIST", Act::Omit("* LIST".into())));
    scene.phone.sync().await.unwrap();
    assert_eq!(shown(&scene).await, 5);
    scene.agrees("afterwards").await;
}

#[tokio::test]
async fn hard_problem_14_another_uidvalidity_costs_no_body_and_no_id() {
    let scene = Scene::with_mail(Profile::full(), 30).await;
    scene.phone.sync_with(with_bodies()).await.unwrap();
    let inbox = scene.phone.core.find_mailbox(None, "inbox").await.unwrap();
    let page = || scene.phone.core.messages(inbox.id, ListFilter::default(), None, 100);
    let before: Vec<_> = page().await.unwrap().messages.into_iter().map(|row| row.id).collect();
    scene.rival().change_uidvalidity("INBOX").unwrap();
    scene.rival().deliver("INBOX", mail(99)).unwrap();
    let (summary, _) = scene.phone.sync_with(with_bodies()).await.unwrap();
    assert_eq!((summary.messages_new, summary.bodies_fetched), (1, 1), "only what is really new");
    let now = page().await.unwrap().messages;
    assert!(before.iter().all(|id| now.iter().any(|row| row.id == *id)), "our ids stay");
    assert!(now.iter().all(|row| row.body == BodyState::Full));
    scene.agrees("afterwards").await;
}

#[tokio::test]
async fn hard_problem_14_without_object_ids_mail_is_recognised_too() {
    let scene = Scene::with_mail(Profile::bare(), 30).await;
    let inbox = scene.phone.core.find_mailbox(None, "inbox").await.unwrap();
    let page = || scene.phone.core.messages(inbox.id, ListFilter::default(), None, 100);
    let before: Vec<_> = page().await.unwrap().messages.into_iter().map(|row| row.id).collect();
    scene.rival().change_uidvalidity("INBOX").unwrap();
    let (summary, _) = scene.phone.sync().await.unwrap();
    assert_eq!(summary.messages_new, 0);
    let now: Vec<_> = page().await.unwrap().messages.into_iter().map(|row| row.id).collect();
    assert_eq!(now, before);
}

#[tokio::test]
async fn hard_problem_18_nothing_new_costs_one_flight() {
    let scene = Scene::with_mail(Profile::full(), 200).await;
    let (summary, _) = scene.phone.sync().await.unwrap();
    assert_eq!(summary.round_trips, 1);
    assert!(summary.bytes_in + summary.bytes_out < 20_000);
}

#[tokio::test]
async fn hard_problem_22_one_mail_that_the_server_cannot_describe_blocks_no_other() {
    let scene = Scene::new(Profile::full()).await;
    for number in 0..30 {
        scene.rival().deliver("INBOX", mail(number)).unwrap();
    }
    // Whatever holds UID 7 is never answered: the rest must come all the same.
    scene.never_gives(7);
    for _ in 0..4 {
        scene.phone.sync().await.unwrap();
        assert_eq!(shown(&scene).await, 29);
    }
    let (_, notices) = scene.phone.sync().await.unwrap();
    assert_eq!(notices, Vec::<String>::new(), "it is set aside by now");
}

#[tokio::test]
async fn hard_problem_23_one_mail_under_several_labels_has_one_body() {
    let scene = Scene::with_mail(Profile::gmail(), 10).await;
    let (summary, _) = scene.phone.sync_with(with_bodies()).await.unwrap();
    assert_eq!(summary.bodies_fetched, 10, "each is in All Mail too, and fetched once");
}

#[tokio::test]
async fn hard_problem_20_too_many_connections_are_no_wrong_password() {
    let scene = Scene::with_mail(Profile::full(), 1).await;
    for reply in ["NO [ALERT] Too many simultaneous connections", "NO [UNAVAILABLE] later", "NO [LIMIT] enough"] {
        scene.phone.core.close().await.ok();
        let scene = Scene::new(Profile::full()).await;
        for command in ["LOGIN", "AUTHENTICATE"] {
            scene.server.script().add(Rule::once(command, Act::Refuse(reply.into())));
        }
        let error = scene.phone.sync().await.unwrap_err();
        assert!(matches!(error, CoreError::ServerUnavailable { .. }), "{reply}: {error:?}");
        assert!(error.retryable() && !error.needs_user());
    }
}

#[tokio::test]
async fn case_056_duplicate_and_reordered_answers_change_nothing() {
    for act in [Act::Duplicate("FETCH".into()), Act::Reverse] {
        let scene = Scene::new(Profile::full()).await;
        for number in 0..40 {
            scene.rival().deliver("INBOX", mail(number)).unwrap();
        }
        scene.server.script().add(Rule::always("UID FETCH", act));
        scene.agrees("at once").await;
    }
}

#[tokio::test]
async fn case_051_a_mailbox_that_loses_its_modseqs_is_compared() {
    let scene = Scene::with_mail(Profile::full(), 20).await;
    scene.rival().set_flags("INBOX", &[4, 5], FlagChange::Add, &["\\Seen"]).unwrap();
    scene.rival().expunge("INBOX", &[9]).unwrap();
    let without = Profile::full().without(Extension::Qresync).without(Extension::Condstore);
    scene.server.set_profile(without);
    scene.phone.sync().await.ok();
    scene.agrees("once the phone knows").await;
}

#[tokio::test]
async fn a_rename_keeps_our_ids_with_mailbox_ids_and_without() {
    for profile in [Profile::full(), Profile::bare()] {
        let scene = Scene::new(profile).await;
        let rival = scene.rival();
        rival.create("Work", &[]).unwrap();
        rival.deliver("Work", mail(1)).unwrap();
        scene.agrees("at first").await;
        let before = scene.phone.core.find_mailbox(None, "Work").await.unwrap().id;
        rival.rename("Work", "Project").unwrap();
        scene.agrees("renamed").await;
        assert_eq!(scene.phone.core.find_mailbox(None, "Project").await.unwrap().id, before);
    }
}

#[tokio::test]
async fn case_055_an_older_state_than_before_is_left_out_and_told() {
    for (old, profile) in [(Profile::full(), "full"), (Profile::bare(), "bare")] {
        let scene = Scene::with_mail(old, 20).await;
        let uids: Vec<u32> = (15..=20).collect();
        // A replica that has not heard of the last mails, nor of what was flagged since.
        let behind = Act::Rewrite(std::sync::Arc::new(|responses: Vec<Vec<u8>>| {
            let behind = |response: Vec<u8>| {
                let text = String::from_utf8_lossy(&response).into_owned();
                if text.contains("[UIDNEXT ") {
                    b"* OK [UIDNEXT 15] Predicted next UID\r\n".to_vec()
                } else if text.contains("[HIGHESTMODSEQ ") {
                    b"* OK [HIGHESTMODSEQ 2] Highest\r\n".to_vec()
                } else if text.ends_with(" EXISTS\r\n") {
                    b"* 14 EXISTS\r\n".to_vec()
                } else {
                    response
                }
            };
            responses.into_iter().map(behind).collect()
        }));
        scene.rival().set_flags("INBOX", &uids, FlagChange::Add, &["\\Seen"]).unwrap();
        scene.server.script().add(Rule::always("EXAMINE", behind));
        for _ in 0..2 {
            let (summary, notices) = scene.phone.sync().await.unwrap();
            assert!(!summary.complete, "{profile}");
            assert!(notices.iter().any(|notice| notice.contains("older state")), "{profile}: {notices:?}");
            assert_eq!((shown(&scene).await, summary.flags_changed), (20, 0), "{profile}");
        }
        scene.server.script().clear();
        scene.agrees("from the right server").await;
    }
}

#[tokio::test]
async fn case_055_a_server_that_stays_behind_was_put_back_and_is_believed_in_the_end() {
    let scene = Scene::with_mail(Profile::full(), 20).await;
    scene.server.world().with(|state| {
        let inbox = state.account_mut(USER).unwrap().mailbox_mut(b"INBOX").unwrap();
        inbox.highest_modseq = 3;
    });
    for wait in [0, 300] {
        scene.phone.clock.forward(wait);
        assert!(!scene.phone.sync().await.unwrap().0.complete, "after {wait} seconds more");
    }
    scene.phone.clock.forward(300);
    scene.agrees("after ten minutes").await;
    scene.agrees("and on").await;
}

#[tokio::test]
async fn flags_told_without_end_while_a_mailbox_opens_are_not_held_and_none_is_lost() {
    let scene = Scene::with_mail(Profile::full(), 20).await;
    scene.rival().set_flags("INBOX", &[3, 4], FlagChange::Add, &["\\Seen"]).unwrap();
    scene.rival().expunge("INBOX", &[9]).unwrap();
    let flood = b"* 1 FETCH (UID 1 FLAGS ())\r\n".repeat(30_000);
    scene.server.script().add(Rule::once("EXAMINE", Act::Between(flood)));
    scene.agrees("in the same sync").await;
}
