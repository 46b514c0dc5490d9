//! The rules for deleting for ever, where the outcome is unknown: each cell, on every kind of server.
#![allow(clippy::unwrap_used)]

use postrider::api::{Direction, OperationState};
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::FlagChange;
use postrider_tests::desk::Desk;
use postrider_tests::kinds::kinds;

async fn desk(profile: Profile) -> Desk {
    let desk = Desk::new(profile, 3).await;
    desk.delete(desk.id("INBOX", 1).await).await;
    desk
}

async fn deleted(desk: &Desk, when: &str) {
    desk.settles(when).await;
    assert_eq!(desk.numbers("INBOX"), [0, 2], "{when}");
    desk.all_done(when).await;
}

#[tokio::test]
async fn recovery_rule_delete_whose_answer_is_lost_goes_out_again() {
    for act in [Act::Cut, Act::CutAfter, Act::Deny("NO a lie".to_owned()), Act::Refuse("NO busy".to_owned())] {
        for command in ["SELECT", "UID STORE", "UID EXPUNGE", "UID FETCH"] {
            for (name, profile) in kinds() {
                let desk = desk(profile).await;
                desk.scene.server.script().add(Rule::once(command, act.clone()));
                deleted(&desk, &format!("{name}, {act:?} at {command}")).await;
            }
        }
    }
}

#[tokio::test]
async fn recovery_rule_delete_of_what_is_gone_already_is_done() {
    for pull_first in [false, true] {
        for (name, profile) in kinds() {
            let desk = desk(profile).await;
            desk.scene.rival().expunge("INBOX", &[2]).unwrap();
            if pull_first {
                desk.sync(Direction::Pull).await;
            }
            desk.settles(&name).await;
            let left = desk.scene.phone.core.operations(desk.scene.phone.account, false).await.unwrap();
            assert_eq!(left, [], "{name} {pull_first}");
        }
    }
}

#[tokio::test]
async fn recovery_rule_delete_after_a_renumbering_reaches_the_same_message_or_waits() {
    for act in [None, Some(Act::Cut), Some(Act::CutAfter)] {
        for (name, profile) in kinds() {
            let desk = desk(profile).await;
            if let Some(act) = act.clone() {
                desk.breaks_off("UID STORE", act).await;
            }
            desk.scene.rival().expunge("INBOX", &[1]).unwrap();
            desk.scene.rival().change_uidvalidity("INBOX").unwrap();
            desk.settles(&name).await;
            assert_eq!(desk.numbers("INBOX"), [2], "{name} {act:?}");
        }
    }
}

#[tokio::test]
async fn what_is_marked_deleted_and_unmarked_by_a_rival_is_in_sight_again() {
    for (name, profile) in kinds().into_iter().filter(|(_, profile)| !profile.has(Extension::UidPlus)) {
        let desk = desk(profile).await;
        deleted(&desk, &name).await;
        desk.scene.rival().set_flags("INBOX", &[2], FlagChange::Remove, &["\\Deleted"]).unwrap();
        desk.settles(&name).await;
        assert_eq!(desk.numbers("INBOX"), [0, 1, 2], "{name}");
    }
}

#[tokio::test]
async fn hard_problem_12_what_may_not_be_changed_is_set_aside_and_in_sight_again() {
    for (name, profile) in kinds() {
        let desk = desk(profile).await;
        desk.scene.server.script().add(Rule::always("SELECT", Act::Refuse("NO [NOPERM] not yours".to_owned())));
        let _ = desk.scene.phone.sync().await;
        let all = desk.scene.phone.core.operations(desk.scene.phone.account, false).await.unwrap();
        assert_eq!(all.first().map(|one| one.state), Some(OperationState::Parked), "{name}");
        assert_eq!(desk.rows("INBOX").await.len(), 3, "{name}");
    }
}
