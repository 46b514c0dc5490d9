//! The rules for moves whose outcome is unknown: each cell, on every kind of server.
#![allow(clippy::unwrap_used)]

use postrider::api::Direction;
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{BrokenMove, Extension, Profile};
use postrider_tests::desk::Desk;
use postrider_tests::kinds::kinds;

/// Mails 0 and 1 are moved to Work while nothing reaches the server.
async fn desk(profile: Profile) -> Desk {
    let desk = Desk::new(profile, 4).await;
    let ids = [desk.id("INBOX", 0).await, desk.id("INBOX", 1).await];
    desk.move_to(&ids, "Work").await;
    desk
}

async fn moved_once(desk: &Desk, when: &str) {
    desk.settles(when).await;
    assert_eq!((desk.numbers("INBOX"), desk.numbers("Work")), (vec![2, 3], vec![0, 1]), "{when}");
    desk.all_done(when).await;
}

fn with_move() -> impl Iterator<Item = (String, Profile)> {
    kinds().into_iter().filter(|(_, profile)| profile.has(Extension::Move))
}

fn without_move() -> impl Iterator<Item = (String, Profile)> {
    kinds().into_iter().filter(|(_, profile)| !profile.has(Extension::Move))
}

#[tokio::test]
async fn recovery_rule_move_source_present_and_target_absent_goes_out_again() {
    for (name, profile) in with_move() {
        let desk = desk(profile).await;
        desk.once("UID MOVE", Act::Cut);
        moved_once(&desk, &name).await;
    }
}

#[tokio::test]
async fn recovery_rule_move_source_absent_and_target_present_is_done() {
    for (name, profile) in with_move() {
        let desk = desk(profile).await;
        desk.once("UID MOVE", Act::CutAfter);
        moved_once(&desk, &name).await;
    }
}

#[tokio::test]
async fn recovery_rule_move_that_says_no_after_it_moved_is_done() {
    for (name, profile) in with_move() {
        let desk = desk(profile).await;
        desk.once("UID MOVE", Act::Deny("NO a lie".to_owned()));
        moved_once(&desk, &name).await;
    }
}

#[tokio::test]
async fn recovery_rule_move_of_only_some_is_finished_for_the_others() {
    for (name, mut profile) in with_move() {
        profile.quirks.broken_move = Some(BrokenMove::StopsAfter(1));
        let desk = desk(profile).await;
        moved_once(&desk, &name).await;
    }
}

#[tokio::test]
async fn recovery_rule_move_with_both_present_expunges_the_source_once_the_copy_is_proved() {
    for (name, mut profile) in with_move() {
        profile.quirks.broken_move = Some(BrokenMove::KeepsSource);
        let desk = desk(profile).await;
        moved_once(&desk, &name).await;
    }
}

#[tokio::test]
async fn recovery_rule_move_with_neither_present_is_moot_and_says_so() {
    for (name, mut profile) in with_move() {
        profile.quirks.broken_move = Some(BrokenMove::LosesTarget);
        let desk = desk(profile).await;
        desk.once("UID MOVE", Act::CutAfter);
        desk.settles(&name).await;
        assert_eq!((desk.numbers("INBOX"), desk.numbers("Work")), (vec![2, 3], vec![]), "{name}");
        assert_eq!(desk.story().await, [("move".to_owned(), "moot", Some("gone".to_owned()))], "{name}");
    }
}

#[tokio::test]
async fn recovery_rule_move_found_elsewhere_follows_the_message() {
    for (name, profile) in with_move() {
        let desk = desk(profile).await;
        desk.breaks_off("UID MOVE", Act::CutAfter).await;
        desk.scene.rival().move_to(desk.scene.raw("Work"), &[1], desk.scene.raw("Aside")).unwrap();
        desk.settles(&name).await;
        assert_eq!((desk.numbers("Work"), desk.numbers("Aside")), (vec![1], vec![0]), "{name}");
        let left = desk.scene.phone.core.operations(desk.scene.phone.account, false).await.unwrap();
        assert_eq!(left, [], "{name}");
    }
}

#[tokio::test]
async fn recovery_rule_move_in_two_commands_goes_on_at_the_first_that_is_unproved() {
    for command in ["UID COPY", "UID STORE", "UID EXPUNGE", "SELECT", "STATUS", "UID FETCH"] {
        for act in [Act::Cut, Act::CutAfter] {
            for skip in [0, 1] {
                for (name, profile) in without_move() {
                    let desk = desk(profile).await;
                    desk.scene.server.script().add(Rule::once(command, act.clone()).after(skip));
                    moved_once(&desk, &format!("{name}, {act:?} at {command} after {skip}")).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn recovery_rule_move_in_two_commands_that_says_no_after_it_copied_copies_once() {
    for (name, profile) in without_move() {
        let desk = desk(profile).await;
        desk.once("UID COPY", Act::Deny("NO a lie".to_owned()));
        moved_once(&desk, &name).await;
    }
}

#[tokio::test]
async fn recovery_rule_move_whose_source_cannot_be_marked_at_first_is_not_copied_again() {
    for (name, profile) in without_move() {
        let desk = desk(profile).await;
        desk.once("UID STORE", Act::Refuse("NO busy".to_owned()));
        moved_once(&desk, &name).await;
    }
}

#[tokio::test]
async fn recovery_rule_move_whose_source_cannot_be_marked_while_it_is_finished_stays_in_sight() {
    for (name, profile) in without_move() {
        let desk = desk(profile).await;
        desk.breaks_off("UID STORE", Act::Cut).await;
        desk.once("UID STORE", Act::Refuse("NO busy".to_owned()));
        moved_once(&desk, &name).await;
    }
}

#[tokio::test]
async fn recovery_rule_move_whose_probe_is_refused_is_neither_gone_nor_sent_again() {
    for refused in ["EXAMINE", "UID FETCH"] {
        for skip in 0..3 {
            for (name, profile) in kinds() {
                let sent = if profile.has(Extension::Move) { "UID MOVE" } else { "UID COPY" };
                let desk = desk(profile).await;
                desk.breaks_off(sent, Act::CutAfter).await;
                let busy = Act::Refuse("NO [INUSE] busy".to_owned());
                desk.scene.server.script().add(Rule::once(refused, busy).after(skip));
                moved_once(&desk, &format!("{name}, {refused} refused after {skip}")).await;
            }
        }
    }
}

#[tokio::test]
async fn recovery_rule_move_to_a_mailbox_with_a_double_loses_neither() {
    for (name, profile) in kinds() {
        let sent = if profile.has(Extension::Move) { "UID MOVE" } else { "UID COPY" };
        for act in [Act::Cut, Act::CutAfter] {
            let desk = Desk::new(profile.clone(), 2).await;
            desk.scene.rival().copy("INBOX", &[1], desk.scene.raw("Work")).unwrap();
            desk.scene.agrees("with a double").await;
            desk.move_to(&[desk.id("INBOX", 0).await], "Work").await;
            desk.once(sent, act.clone());
            desk.settles(&name).await;
            assert_eq!((desk.numbers("INBOX"), desk.numbers("Work")), (vec![1], vec![0, 0]), "{name}, {act:?}");
        }
    }
}

#[tokio::test]
async fn recovery_rule_move_with_both_present_and_no_proof_leaves_both_in_sight() {
    for (name, profile) in without_move().filter(|(_, profile)| !profile.has(Extension::ObjectId)) {
        let desk = Desk::new(profile, 1).await;
        let filler = "Too large to be fetched only to be compared.\r\n".repeat(6_000);
        let large = format!("Subject: Mail 7\r\nMessage-ID: <large@example.org>\r\n\r\n{filler}");
        desk.scene.rival().deliver("INBOX", postrider_model::world::NewMessage::new(large)).unwrap();
        desk.scene.agrees("with a large mail").await;
        desk.move_to(&[desk.id("INBOX", 7).await], "Work").await;
        desk.once("UID COPY", Act::CutAfter);
        desk.settles(&name).await;
        assert_eq!((desk.numbers("INBOX"), desk.numbers("Work")), (vec![0, 7], vec![7]), "{name}");
        desk.scene.rival().set_flags("INBOX", &[2], postrider_model::world::FlagChange::Add, &["\\Seen"]).unwrap();
        desk.settles(&name).await;
    }
}

#[tokio::test]
async fn recovery_rule_move_to_a_mailbox_that_was_renumbered_is_done_once() {
    for (name, profile) in kinds() {
        let sent = if profile.has(Extension::Move) { "UID MOVE" } else { "UID COPY" };
        for act in [Act::Cut, Act::CutAfter] {
            let desk = desk(profile.clone()).await;
            for number in 0..5 {
                desk.scene
                    .rival()
                    .deliver(desk.scene.raw("Work"), postrider_tests::workload::mail(20 + number))
                    .unwrap();
            }
            desk.scene.rival().expunge(desk.scene.raw("Work"), &[1, 2, 3, 4, 5]).unwrap();
            desk.breaks_off(sent, act.clone()).await;
            desk.scene.rival().change_uidvalidity(desk.scene.raw("Work")).unwrap();
            moved_once(&desk, &format!("{name}, {act:?}")).await;
        }
    }
}

#[tokio::test]
async fn recovery_rule_several_moves_that_left_as_one_are_resolved_as_one() {
    for (name, profile) in kinds() {
        let sent = if profile.has(Extension::Move) { "UID MOVE" } else { "UID COPY" };
        for act in [Act::Cut, Act::CutAfter] {
            let desk = desk(profile.clone()).await;
            let id = desk.id("Work", 0).await;
            desk.move_to(&[id], "Aside").await;
            desk.breaks_off(sent, act.clone()).await;
            desk.settles(&name).await;
            assert_eq!((desk.numbers("Work"), desk.numbers("Aside")), (vec![1], vec![0]), "{name}, {act:?}");
            assert_eq!(desk.id("Aside", 0).await, id, "{name}, {act:?}");
            desk.all_done(&name).await;
        }
    }
}

#[tokio::test]
async fn recovery_rule_move_that_a_pull_saw_before_it_was_asked_about_blocks_nothing() {
    for (name, profile) in kinds() {
        let commands: &[&str] = if profile.has(Extension::Move) { &["UID MOVE"] } else { &["UID COPY", "UID STORE"] };
        for command in commands {
            let desk = desk(profile.clone()).await;
            desk.breaks_off(command, Act::CutAfter).await;
            desk.sync(Direction::Pull).await;
            desk.flag(desk.id("INBOX", 3).await, &["seen"], &[]).await;
            desk.settles(&format!("{name}, {command}")).await;
            assert_eq!((desk.numbers("INBOX"), desk.numbers("Work")), (vec![2, 3], vec![0, 1]), "{name}, {command}");
            let left = desk.scene.phone.core.operations(desk.scene.phone.account, false).await.unwrap();
            assert_eq!(left, [], "{name}, {command}");
        }
    }
}

/// The copies of a move that cannot go on now are taken away by somebody else: what they were copied from stays, and is in sight.
async fn loses_its_copies(desk: &Desk, when: &str, take: impl FnOnce(&Desk)) {
    desk.once("UID STORE", Act::Refuse("NO [INUSE] later".to_owned()));
    desk.sync(Direction::Push).await;
    assert_eq!(desk.numbers("Work"), [0, 1], "{when}");
    take(desk);
    desk.settles(when).await;
    assert_eq!((desk.numbers("INBOX"), desk.rows("INBOX").await.len()), (vec![0, 1, 2, 3], 4), "{when}");
}

#[tokio::test]
async fn recovery_rule_move_whose_copies_were_removed_meanwhile_loses_nothing() {
    for (name, profile) in without_move() {
        let desk = desk(profile).await;
        loses_its_copies(&desk, &name, |desk| {
            let uids = [0, 1].map(|number| desk.uid("Work", number));
            desk.scene.rival().expunge(desk.scene.raw("Work"), &uids).unwrap();
        })
        .await;
    }
}

#[tokio::test]
async fn recovery_rule_move_whose_target_was_deleted_meanwhile_loses_nothing() {
    for (name, profile) in without_move() {
        let desk = desk(profile).await;
        loses_its_copies(&desk, &name, |desk| desk.scene.rival().delete(desk.scene.raw("Work")).unwrap()).await;
    }
}

/// Two moves of one message leave as one, and of that only the first half is done: who takes the second back has what it left behind in
/// sight, as where it had left alone.
#[tokio::test]
async fn the_last_of_two_moves_that_left_as_one_is_taken_back_and_its_original_is_in_sight() {
    for (name, profile) in without_move() {
        let desk = Desk::new(profile, 2).await;
        let id = desk.id("INBOX", 0).await;
        desk.move_to(&[id], "Aside").await;
        let last = desk.move_to(&[id], "Work").await;
        desk.once("UID STORE", Act::Refuse("NO [SERVERBUG] oops".to_owned()));
        desk.sync(Direction::Push).await;
        assert_eq!((desk.numbers("INBOX"), desk.numbers("Work")), (vec![0, 1], vec![0]), "{name}");
        desk.core().cancel_operation(last).await.unwrap();
        assert_eq!(desk.ids("Aside").await, [id], "{name}: what was asked for first shows");
        desk.settles(&name).await;
        assert_eq!((desk.numbers("INBOX"), desk.numbers("Aside")), (vec![0, 1], vec![0]), "{name}");
    }
}

#[tokio::test]
async fn the_last_of_three_moves_that_left_as_one_is_taken_back_and_the_one_before_shows() {
    for (name, profile) in without_move() {
        let desk = Desk::new(profile, 2).await;
        let id = desk.id("INBOX", 0).await;
        desk.move_to(&[id], "Work").await;
        desk.move_to(&[id], "Aside").await;
        let last = desk.move_to(&[id], "Work").await;
        desk.once("UID STORE", Act::Refuse("NO [SERVERBUG] oops".to_owned()));
        desk.sync(Direction::Push).await;
        desk.core().cancel_operation(last).await.unwrap();
        assert_eq!(desk.ids("Aside").await, [id], "{name}");
        desk.settles(&name).await;
        assert_eq!((desk.numbers("INBOX"), desk.numbers("Aside")), (vec![0, 1], vec![0]), "{name}");
    }
}

#[tokio::test]
async fn a_move_set_aside_half_way_whose_last_is_taken_back_hides_nothing_when_it_is_tried_again() {
    for (name, profile) in without_move() {
        let desk = Desk::new(profile, 2).await;
        let id = desk.id("INBOX", 0).await;
        let first = desk.move_to(&[id], "Aside").await;
        let last = desk.move_to(&[id], "Work").await;
        desk.once("UID STORE", Act::Refuse("NO [NOPERM] not you".to_owned()));
        desk.sync(Direction::Push).await;
        assert_eq!(desk.rows("INBOX").await.len(), 2, "{name}: what was left behind is in sight");
        desk.core().cancel_operation(last).await.unwrap();
        desk.core().retry_operation(first).await.unwrap();
        assert_eq!((desk.rows("INBOX").await.len(), desk.ids("Aside").await), (2, vec![id]), "{name}");
        desk.settles(&name).await;
        assert_eq!((desk.numbers("INBOX"), desk.numbers("Aside")), (vec![0, 1], vec![0]), "{name}");
    }
}
