//! The rules for copies whose outcome is unknown: each cell, on every kind of server.
#![allow(clippy::unwrap_used)]

use postrider::api::Direction;
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile};
use postrider_tests::desk::Desk;
use postrider_tests::kinds::kinds;

/// Mail 0 is copied to Work, and the copy flagged, while nothing reaches the server.
async fn desk(profile: Profile) -> Desk {
    let desk = Desk::new(profile, 3).await;
    let (_, copy) = desk.copy_to(desk.id("INBOX", 0).await, "Work").await;
    desk.flag(copy, &["flagged"], &[]).await;
    desk
}

async fn copied_once(desk: &Desk, when: &str) {
    desk.settles(when).await;
    let held = desk.held();
    assert_eq!(held["Work"], [(0, vec!["flagged".to_owned()])], "{when}");
    assert_eq!(desk.numbers("INBOX"), [0, 1, 2], "{when}");
    desk.all_done(when).await;
}

#[tokio::test]
async fn recovery_rule_copy_that_was_not_made_goes_out_again() {
    for (name, profile) in kinds() {
        let desk = desk(profile).await;
        desk.once("UID COPY", Act::Cut);
        copied_once(&desk, &name).await;
    }
}

#[tokio::test]
async fn recovery_rule_copy_that_was_made_is_done() {
    for (name, profile) in kinds() {
        let desk = desk(profile).await;
        desk.once("UID COPY", Act::CutAfter);
        copied_once(&desk, &name).await;
    }
}

#[tokio::test]
async fn recovery_rule_copy_that_says_no_after_it_was_made_is_done() {
    for (name, profile) in kinds() {
        let desk = desk(profile).await;
        desk.once("UID COPY", Act::Deny("NO a lie".to_owned()));
        copied_once(&desk, &name).await;
    }
}

#[tokio::test]
async fn recovery_rule_copy_whose_probe_is_refused_is_asked_about_again() {
    for refused in ["EXAMINE", "UID FETCH"] {
        for skip in 0..3 {
            for (name, profile) in kinds() {
                let desk = desk(profile).await;
                desk.breaks_off("UID COPY", Act::CutAfter).await;
                let busy = Act::Refuse("NO [INUSE] busy".to_owned());
                desk.scene.server.script().add(Rule::once(refused, busy).after(skip));
                copied_once(&desk, &format!("{name}, {refused} refused after {skip}")).await;
            }
        }
    }
}

#[tokio::test]
async fn recovery_rule_copy_into_a_mailbox_with_an_older_copy_is_not_taken_for_that() {
    for (name, profile) in kinds() {
        for act in [Act::Cut, Act::CutAfter] {
            let desk = Desk::new(profile.clone(), 1).await;
            desk.scene.rival().copy("INBOX", &[1], desk.scene.raw("Work")).unwrap();
            desk.scene.agrees("with a copy").await;
            desk.copy_to(desk.id("INBOX", 0).await, "Work").await;
            desk.once("UID COPY", act.clone());
            desk.settles(&name).await;
            assert_eq!(desk.numbers("Work"), [0, 0], "{name}, {act:?}");
        }
    }
}

#[tokio::test]
async fn recovery_rule_copy_of_a_message_that_went_is_moot_and_what_was_done_to_the_copy_with_it() {
    for (name, profile) in kinds() {
        let desk = desk(profile).await;
        desk.scene.rival().expunge("INBOX", &[1]).unwrap();
        desk.settles(&name).await;
        assert_eq!((desk.numbers("INBOX"), desk.numbers("Work")), (vec![1, 2], vec![]), "{name}");
        let gone = |kind: &str| (kind.to_owned(), "moot", Some("gone".to_owned()));
        assert_eq!(desk.story().await, [gone("copy"), gone("flag")], "{name}");
        assert_eq!(desk.counts("Work").await, (0, 0), "{name}");
    }
}

#[tokio::test]
async fn recovery_rule_copy_that_a_rival_moved_off_is_made_once_where_that_is_proved() {
    for (name, profile) in kinds().into_iter().filter(|(_, profile)| profile.has(Extension::UidPlus)) {
        let desk = desk(profile).await;
        desk.breaks_off("UID COPY", Act::CutAfter).await;
        desk.scene.rival().move_to(desk.scene.raw("Work"), &[1], desk.scene.raw("Aside")).unwrap();
        desk.settles(&name).await;
        let copies = desk.numbers("Work").len() + desk.numbers("Aside").len();
        // Without QRESYNC that it was there is not known: one double, and no loss.
        assert!((1..=2).contains(&copies), "{name}: {copies}");
        assert_eq!(desk.numbers("INBOX"), [0, 1, 2], "{name}");
    }
}

#[tokio::test]
async fn a_copy_taken_back_takes_with_it_what_was_done_to_the_copy() {
    let desk = Desk::new(Profile::dovecot(), 1).await;
    let (operation, copy) = desk.copy_to(desk.id("INBOX", 0).await, "Work").await;
    desk.move_to(&[copy], "Aside").await;
    desk.scene.phone.core.cancel_operation(operation).await.unwrap();
    assert_eq!((desk.rows("Work").await.len(), desk.rows("Aside").await.len()), (0, 0));
    desk.settles("cancelled").await;
    let left = desk.scene.phone.core.operations(desk.scene.phone.account, false).await.unwrap();
    assert_eq!(left, []);
}

/// A sync that only looks sees the copy come, and the original gone, before anybody has asked what became of the copy.
#[tokio::test]
async fn a_copy_that_was_made_is_done_though_somebody_removed_its_original_and_a_sync_saw_both() {
    for moved in [false, true] {
        for (name, profile) in kinds() {
            let desk = desk(profile).await;
            desk.breaks_off("UID COPY", Act::CutAfter).await;
            if moved {
                desk.scene.rival().move_to("INBOX", &[1], desk.scene.raw("Aside")).unwrap();
            } else {
                desk.scene.rival().expunge("INBOX", &[1]).unwrap();
            }
            desk.sync(Direction::Pull).await;
            let when = format!("{name}, moved: {moved}");
            desk.settles(&when).await;
            assert_eq!(desk.held()["Work"], [(0, vec!["flagged".to_owned()])], "{when}");
            desk.all_done(&when).await;
        }
    }
}
