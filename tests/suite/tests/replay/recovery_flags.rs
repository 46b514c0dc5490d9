//! The rules for flags whose outcome is unknown: each cell, on every kind of server.
#![allow(clippy::unwrap_used)]

use postrider::api::{Direction, OperationState};
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::FlagChange;
use postrider_tests::desk::Desk;
use postrider_tests::kinds::kinds;

async fn desk(profile: Profile) -> Desk {
    let desk = Desk::new(profile, 2).await;
    desk.flag(desk.id("INBOX", 0).await, &["flagged"], &[]).await;
    desk.flag(desk.id("INBOX", 1).await, &["flagged"], &[]).await;
    desk
}

async fn flagged(desk: &Desk, when: &str) {
    desk.settles(when).await;
    let flagged = vec!["flagged".to_owned()];
    assert_eq!(desk.held()["INBOX"], [(0, flagged.clone()), (1, flagged)], "{when}");
    desk.all_done(when).await;
}

#[tokio::test]
async fn recovery_rule_flag_whose_answer_is_lost_is_asked_for_until_it_is_set() {
    for act in [Act::Cut, Act::CutAfter, Act::Deny("NO a lie".to_owned()), Act::Refuse("NO busy".to_owned())] {
        for command in ["UID STORE", "SELECT"] {
            for (name, profile) in kinds() {
                let desk = desk(profile).await;
                desk.once(command, act.clone());
                flagged(&desk, &format!("{name}, {act:?} at {command}")).await;
            }
        }
    }
}

#[tokio::test]
async fn recovery_rule_flag_that_a_rival_reversed_before_the_answer_came_is_set() {
    for (name, profile) in kinds() {
        let desk = desk(profile).await;
        desk.breaks_off("UID STORE", Act::CutAfter).await;
        desk.scene.rival().set_flags("INBOX", &[1, 2], FlagChange::Remove, &["\\Flagged"]).unwrap();
        flagged(&desk, &name).await;
    }
}

#[tokio::test]
async fn recovery_rule_flag_of_a_message_that_a_rival_moved_follows_it() {
    for direction in [None, Some(Direction::Pull)] {
        for (name, profile) in kinds() {
            let desk = desk(profile).await;
            desk.scene.rival().move_to("INBOX", &[1], desk.scene.raw("Work")).unwrap();
            if let Some(direction) = direction {
                desk.sync(direction).await;
            }
            desk.settles(&name).await;
            let held = desk.held();
            assert_eq!(
                held["Work"],
                [(0, vec!["flagged".to_owned()])],
                "{name} {direction:?} {:?}",
                desk.story().await
            );
            desk.all_done(&name).await;
        }
    }
}

#[tokio::test]
async fn recovery_rule_flag_of_a_message_that_is_gone_is_moot() {
    for pull_first in [false, true] {
        for (name, profile) in kinds() {
            let desk = desk(profile).await;
            desk.scene.rival().expunge("INBOX", &[1]).unwrap();
            if pull_first {
                desk.sync(Direction::Pull).await;
            }
            desk.settles(&name).await;
            let flag = |state, reason: Option<&str>| ("flag".to_owned(), state, reason.map(str::to_owned));
            assert_eq!(desk.story().await, [flag("moot", Some("gone")), flag("done", None)], "{name} {pull_first}");
        }
    }
}

#[tokio::test]
async fn a_flag_that_was_refused_is_not_done_because_the_move_after_it_was() {
    for (name, profile) in kinds() {
        let desk = Desk::new(profile, 1).await;
        let id = desk.id("INBOX", 0).await;
        desk.flag(id, &["flagged"], &[]).await;
        desk.move_to(&[id], "Work").await;
        desk.once("UID STORE", Act::Refuse("NO busy".to_owned()));
        desk.settles(&name).await;
        assert_eq!(desk.held()["Work"], [(0, vec!["flagged".to_owned()])], "{name}");
        desk.all_done(&name).await;
    }
}

#[tokio::test]
async fn flags_told_between_two_commands_and_not_after_them_do_not_say_that_a_flag_is_not_kept() {
    for (name, profile) in kinds() {
        let desk = Desk::new(profile, 1).await;
        let id = desk.id("INBOX", 0).await;
        desk.flag(id, &["seen"], &[]).await;
        desk.settles(&name).await;
        // As Dovecot does where commands come close upon each other: it tells of the first STORE, and of the second no more, for the
        // message has gone by then.
        desk.flag(id, &["flagged"], &["seen"]).await;
        desk.move_to(&[id], "Work").await;
        desk.scene.server.script().add(Rule::once("UID STORE", Act::Omit(" FETCH (".to_owned())).after(1));
        desk.settles(&name).await;
        assert_eq!(desk.held()["Work"], [(0, vec!["flagged".to_owned()])], "{name}");
        desk.all_done(&name).await;
    }
}

#[tokio::test]
async fn what_is_asked_of_flags_once_more_does_not_undo_what_was_wanted_after_it() {
    for (name, profile) in kinds() {
        let desk = Desk::new(profile, 1).await;
        let id = desk.id("INBOX", 0).await;
        desk.flag(id, &["flagged"], &[]).await;
        desk.settles(&name).await;
        desk.flag(id, &[], &["flagged", "seen"]).await;
        desk.flag(id, &["seen"], &[]).await;
        desk.move_to(&[id], "Work").await;
        // That it is seen is told, that it is flagged no more is not.
        desk.scene.server.script().add(Rule::once("UID STORE", Act::Omit(" FETCH (".to_owned())).after(1));
        desk.settles(&name).await;
        assert_eq!(desk.held()["Work"], [(0, vec!["seen".to_owned()])], "{name}");
        desk.all_done(&name).await;
    }
}

#[tokio::test]
async fn hard_problem_12_a_refused_move_does_not_take_the_flag_before_it_along() {
    for (name, profile) in kinds() {
        let sent = if profile.has(Extension::Move) { "UID MOVE" } else { "UID COPY" };
        let desk = Desk::new(profile, 1).await;
        let id = desk.id("INBOX", 0).await;
        let flag = desk.flag(id, &["flagged"], &[]).await;
        let moved = desk.move_to(&[id], "Work").await;
        desk.scene.server.script().add(Rule::always(sent, Act::Refuse("NO [OVERQUOTA] full".to_owned())));
        desk.settles(&name).await;
        assert_eq!(desk.held()["INBOX"], [(0, vec!["flagged".to_owned()])], "{name}");
        assert_eq!(desk.operation(flag).await.state, OperationState::Done, "{name}");
        assert_eq!(desk.operation(moved).await.state, OperationState::Parked, "{name}");
        assert_eq!(desk.operation(moved).await.reason_code.as_deref(), Some("over_quota"), "{name}");
    }
}

#[tokio::test]
async fn hard_problem_12_a_keyword_that_is_not_kept_does_not_take_other_flags_of_the_message_along() {
    let mut profile = Profile::dovecot();
    profile.quirks.no_keywords = true;
    let desk = Desk::new(profile, 1).await;
    let id = desk.id("INBOX", 0).await;
    let seen = desk.flag(id, &["seen"], &[]).await;
    let keyword = desk.flag(id, &["$Work"], &[]).await;
    desk.settles("no keywords").await;
    assert_eq!(desk.held()["INBOX"], [(0, vec!["seen".to_owned()])]);
    assert_eq!(desk.operation(seen).await.state, OperationState::Done);
    assert_eq!(desk.operation(keyword).await.reason_code.as_deref(), Some("not_kept"));
}
