//! Other clients make, rename and delete mailboxes while the person works with no network.
#![allow(clippy::unwrap_used)]

use postrider::api::{Direction, MailSource, OperationId};
use postrider_model::fault::Act;
use postrider_model::profile::{Extension, Profile};
use postrider_tests::desk::Desk;
use postrider_tests::kinds::kinds;

fn own() -> MailSource {
    MailSource::Bytes { bytes: b"Subject: Mail 7\nMessage-ID: <7@example.org>\n\nown\n".to_vec() }
}

/// A desk with a mail in Work, which is to be called Office.
async fn renaming(profile: Profile, when: &str) -> (Desk, OperationId) {
    let desk = Desk::new(profile, 3).await;
    desk.move_to(&[desk.id("INBOX", 0).await], "Work").await;
    desk.settles(when).await;
    let renamed = desk.core().rename_mailbox(desk.mailbox("Work").await.id, "Office").await.unwrap().operation;
    (desk, renamed)
}

/// The number of mails that are shown anywhere.
async fn sightings(desk: &Desk) -> usize {
    desk.shown().await.values().map(Vec::len).sum()
}

#[tokio::test]
async fn mail_on_its_way_to_a_mailbox_that_somebody_deleted_is_never_out_of_sight() {
    for (name, profile) in kinds() {
        let desk = Desk::new(profile, 3).await;
        let work = desk.mailbox("Work").await.id;
        desk.move_to(&[desk.id("INBOX", 0).await], "Work").await;
        desk.copy_to(desk.id("INBOX", 1).await, "Work").await;
        desk.core().append(work, own(), Vec::new(), None).await.unwrap();
        let before = desk.shown().await;
        desk.scene.rival().delete(desk.scene.raw("Work")).unwrap();
        // One look proves nothing: the list may lack it by mistake.
        desk.sync(Direction::Pull).await;
        assert_eq!(desk.shown().await, before, "{name}");
        for _ in 0..3 {
            desk.scene.phone.clock.forward(20 * 60);
            desk.sync(Direction::Both).await;
            assert!(sightings(&desk).await >= 4, "{name}: {:?}", desk.shown().await);
        }
        assert!(!desk.names().await.contains(&"Work".to_owned()), "{name}");
        assert_eq!((desk.rows("INBOX").await.len(), sightings(&desk).await), (4, 4), "{name}");
        let left: Vec<_> =
            desk.left().await.into_iter().map(|(kind, state, reason)| (kind, state, reason.unwrap())).collect();
        let parked = |kind: &str| (kind.to_owned(), "parked", "no_mailbox".to_owned());
        assert_eq!(left, [parked("move"), parked("copy"), parked("append")], "{name}");
    }
}

/// A mailbox that became a mere name (`\Noselect`) is gone like one that is deleted: what was asked of its mail comes to an end.
#[tokio::test]
async fn a_mailbox_that_became_a_mere_name_holds_nothing_up_and_loses_no_mail_on_its_way() {
    let mut names = 0;
    for (name, profile) in kinds() {
        let desk = Desk::new(profile, 3).await;
        let rival = desk.scene.rival();
        rival.create(desk.scene.raw("Work/Below"), &[]).unwrap();
        let there = desk.id("INBOX", 2).await;
        desk.move_to(&[there], "Work").await;
        desk.settles(&name).await;
        desk.flag(there, &["flagged"], &[]).await;
        desk.move_to(&[desk.id("INBOX", 0).await], "Work").await;
        let work = desk.mailbox("Work").await.id;
        desk.core().append(work, own(), Vec::new(), None).await.unwrap();
        if rival.delete(desk.scene.raw("Work")).is_err() {
            continue;
        }
        names += 1;
        for direction in [Direction::Pull, Direction::Both, Direction::Both, Direction::Both] {
            desk.scene.phone.clock.forward(20 * 60);
            desk.sync(direction).await;
            assert!(sightings(&desk).await >= 3, "{name}, {direction:?}: {:?}", desk.shown().await);
        }
        let left: Vec<_> = desk.left().await.into_iter().map(|(kind, state, _)| (kind, state)).collect();
        assert_eq!(left, [("move".to_owned(), "parked"), ("append".to_owned(), "parked")], "{name}");
        assert_eq!((desk.rows("INBOX").await.len(), sightings(&desk).await), (3, 3), "{name}");
        assert!(!desk.mailbox("Work").await.selectable, "{name}");
    }
    assert!(names >= 4, "{names} kinds of servers leave a name");
}

/// What was sent to a mailbox, or within it, and not answered, is asked about when that is gone; no sync fails for it.
#[tokio::test]
async fn hard_problem_02_what_was_sent_to_a_mailbox_that_is_gone_since_holds_up_no_sync() {
    for (name, profile) in kinds() {
        let moves = if profile.has(Extension::Move) { "UID MOVE" } else { "UID COPY" };
        for command in ["UID COPY", moves, "APPEND"] {
            for act in [Act::Cut, Act::CutAfter] {
                for within in [false, true] {
                    let when = format!("{name}, {command}, {act:?}, within: {within}");
                    let desk = Desk::new(profile.clone(), 3).await;
                    let from = if within { "Work" } else { "INBOX" };
                    let id = desk.id("INBOX", 0).await;
                    if within {
                        desk.move_to(&[id], "Work").await;
                        desk.settles(&when).await;
                    }
                    match command {
                        "APPEND" => {
                            let work = desk.mailbox("Work").await.id;
                            desk.core().append(work, own(), Vec::new(), None).await.unwrap();
                        }
                        "UID COPY" => drop(desk.copy_to(desk.id(from, 0).await, "Work").await),
                        _ if within => continue,
                        _ => drop(desk.move_to(&[desk.id(from, 0).await], "Work").await),
                    }
                    desk.breaks_off(command, act.clone()).await;
                    desk.scene.rival().delete(desk.scene.raw("Work")).unwrap();
                    for round in 0..3 {
                        desk.scene.phone.clock.forward(20 * 60);
                        let synced = desk.scene.phone.sync().await;
                        assert!(synced.is_ok(), "{when}, round {round}: {synced:?}");
                    }
                    assert!(!desk.names().await.contains(&"Work".to_owned()), "{when}: {:?}", desk.story().await);
                    let own = usize::from(command == "APPEND");
                    assert_eq!(desk.rows("INBOX").await.len(), desk.numbers("INBOX").len() + own, "{when}");
                    let left = desk.left().await;
                    let waits = |state: &str| ["parked", "needs_user"].contains(&state);
                    assert!(left.iter().all(|(_, state, _)| waits(state)), "{when}: {left:?}");
                    assert_eq!(left.iter().filter(|(kind, ..)| kind == "append").count(), own, "{when}: {left:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_mail_whose_move_was_not_answered_is_shown_once_though_the_mailbox_that_it_left_is_gone() {
    for (name, profile) in kinds() {
        let moves = if profile.has(Extension::Move) { "UID MOVE" } else { "UID COPY" };
        for direction in [Direction::Pull, Direction::Both] {
            let desk = Desk::new(profile.clone(), 1).await;
            let id = desk.id("INBOX", 0).await;
            desk.move_to(&[id], "Aside").await;
            desk.settles(&name).await;
            desk.move_to(&[id], "Work").await;
            desk.breaks_off(moves, Act::CutAfter).await;
            desk.scene.rival().delete(desk.scene.raw("Aside")).unwrap();
            desk.sync(direction).await;
            assert_eq!(desk.ids("Work").await, [id], "{name}, {direction:?}");
            desk.settles(&name).await;
            assert_eq!(desk.ids("Work").await, [id], "{name}, {direction:?}");
        }
    }
}

/// The second half of a move goes on where its mailbox has another name: that a name leads nowhere says nothing of what it led to.
#[tokio::test]
async fn the_rest_of_a_move_goes_on_though_the_mailbox_that_it_leaves_was_renamed() {
    for (name, profile) in kinds().into_iter().filter(|(_, profile)| !profile.has(Extension::Move)) {
        for direction in [Direction::Pull, Direction::Both] {
            let when = format!("{name}, {direction:?}");
            let desk = Desk::new(profile.clone(), 1).await;
            let id = desk.id("INBOX", 0).await;
            desk.move_to(&[id], "Aside").await;
            desk.settles(&when).await;
            desk.move_to(&[id], "Work").await;
            desk.once("UID STORE", Act::Refuse("NO [INUSE] later".to_owned()));
            desk.sync(Direction::Push).await;
            desk.scene.rival().rename(desk.scene.raw("Aside"), desk.scene.raw("Beside")).unwrap();
            desk.scene.phone.clock.forward(20 * 60);
            desk.sync(direction).await;
            desk.settles(&when).await;
            assert_eq!(desk.ids("Work").await, [id], "{when}");
        }
    }
}

/// A name that others gave away and one that they gave: what is found under the second is not the mailbox that was under the first.
#[tokio::test]
async fn a_mailbox_of_others_under_the_new_name_is_not_the_one_that_was_to_be_renamed() {
    let mut known_again = 0;
    for (name, profile) in kinds() {
        let (desk, renamed) = renaming(profile, &name).await;
        desk.move_to(&[desk.id("INBOX", 1).await], "Office").await;
        let rival = desk.scene.rival();
        rival.rename(desk.scene.raw("Work"), desk.scene.raw("Beside")).unwrap();
        rival.create(desk.scene.raw("Office"), &[]).unwrap();
        for _ in 0..4 {
            desk.sync(Direction::Both).await;
            assert_eq!(desk.numbers("Office"), [0_u64; 0], "{name}: {:?}", desk.story().await);
            assert!(sightings(&desk).await >= 3, "{name}: {:?}", desk.shown().await);
            desk.scene.phone.clock.forward(20 * 60);
        }
        let told = desk.operation(renamed).await;
        let told = (told.state.as_str(), told.reason_code.as_deref());
        if told == ("moot", Some("gone")) {
            // Nothing ties its third name to the first.
            assert_eq!(desk.numbers("Beside"), [0], "{name}: {:?}", desk.story().await);
            continue;
        }
        // Under its third name it is the one; that it cannot have the second is told.
        assert_eq!((told, desk.numbers("Beside")), (("parked", Some("exists")), vec![0, 1]), "{name}");
        known_again += 1;
    }
    assert!(known_again >= 4, "{known_again} kinds of servers");
}

/// What arrived in a mailbox that has another name since is not sent there again.
#[tokio::test]
async fn what_was_sent_and_not_answered_is_there_once_though_its_mailbox_was_renamed() {
    for (name, profile) in kinds().into_iter().filter(|(_, profile)| profile.has(Extension::ObjectId)) {
        for (command, is_remade) in
            [("UID COPY", false), ("UID COPY", true), ("APPEND", false), ("APPEND", true), ("UID STORE", true)]
        {
            let when = format!("{name}, {command}, remade: {is_remade}");
            if command == "UID STORE" && profile.has(Extension::Move) {
                continue;
            }
            let desk = Desk::new(profile.clone(), 2).await;
            desk.move_to(&[desk.id("INBOX", 1).await], "Work").await;
            desk.settles(&when).await;
            match command {
                // The second half of a move.
                "UID STORE" => drop(desk.move_to(&[desk.id("INBOX", 0).await], "Work").await),
                "APPEND" => {
                    let work = desk.mailbox("Work").await.id;
                    desk.core().append(work, own(), Vec::new(), None).await.unwrap();
                }
                _ => drop(desk.copy_to(desk.id("INBOX", 0).await, "Work").await),
            }
            desk.breaks_off(command, Act::CutAfter).await;
            desk.scene.rival().rename(desk.scene.raw("Work"), desk.scene.raw("Labour")).unwrap();
            if is_remade {
                desk.scene.rival().create(desk.scene.raw("Work"), &[]).unwrap();
            }
            desk.sync(Direction::Pull).await;
            assert_eq!(desk.rows("Labour").await.len(), 2, "{when}");
            for _ in 0..3 {
                desk.scene.phone.clock.forward(20 * 60);
                desk.sync(Direction::Both).await;
            }
            assert_eq!((desk.numbers("Labour").len(), desk.rows("Labour").await.len()), (2, 2), "{when}");
            let stays = usize::from(command != "UID STORE");
            assert_eq!((desk.numbers("INBOX").len(), desk.left().await), (stays, vec![]), "{when}");
        }
    }
}

/// ALREADYEXISTS tells of a name, and a name may hold nothing.
#[tokio::test]
async fn a_mere_name_that_the_server_has_is_not_the_mailbox_that_was_to_be_made() {
    let mut names = 0;
    for (name, profile) in kinds() {
        let desk = Desk::new(profile, 1).await;
        let made = desk.core().create_mailbox(desk.scene.phone.account, "Trips").await.unwrap();
        desk.move_to(&[desk.id("INBOX", 0).await], "Trips").await;
        let rival = desk.scene.rival();
        rival.create(desk.scene.raw("Trips/Below"), &[]).unwrap();
        let _ = rival.create(desk.scene.raw("Trips"), &[]);
        if rival.delete(desk.scene.raw("Trips")).is_err() {
            continue;
        }
        names += 1;
        desk.once("CREATE", Act::Refuse("NO [ALREADYEXISTS] there is one".to_owned()));
        desk.sync(Direction::Push).await;
        let told = desk.operation(made.operation).await;
        assert_eq!((told.state.as_str(), told.reason_code.as_deref()), ("parked", Some("exists")), "{name}");
        assert_eq!(desk.rows("INBOX").await.len(), 1, "{name}: {:?}", desk.shown().await);
        assert_eq!(desk.numbers("INBOX"), [0], "{name}");
    }
    assert!(names >= 4, "{names} kinds of servers leave a name");
}

/// What may build on the new name waits for it; nothing else does.
#[tokio::test]
async fn a_rename_that_waits_for_its_mailbox_holds_up_only_what_may_build_on_it() {
    let mut known_again = 0;
    for (name, profile) in kinds() {
        let (desk, renamed) = renaming(profile, &name).await;
        let aside = desk.core().subscribe_mailbox(desk.mailbox("Aside").await.id, false).await.unwrap().operation;
        let moved = desk.move_to(&[desk.id("INBOX", 1).await], "Aside").await;
        let made = desk.core().create_mailbox(desk.scene.phone.account, "Office/Trips").await.unwrap().operation;
        desk.scene.rival().rename(desk.scene.raw("Work"), desk.scene.raw("Labour")).unwrap();
        desk.sync(Direction::Push).await;
        for (operation, state) in [(renamed, "queued"), (made, "queued"), (aside, "done"), (moved, "done")] {
            assert_eq!(desk.operation(operation).await.state.as_str(), state, "{name}: {:?}", desk.story().await);
        }
        desk.sync(Direction::Both).await;
        if desk.operation(renamed).await.state.as_str() == "done" {
            known_again += 1;
            desk.settles(&name).await;
            desk.all_done(&name).await;
            assert_eq!(desk.numbers("Office"), [0], "{name}: {:?}", desk.story().await);
        }
    }
    assert!(known_again >= 4, "{known_again} kinds of servers");
}
