//! Hard problems of acting offline, each on every kind of server.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use postrider::api::Direction;
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::Extension;
use postrider_model::world::{Actor, Change, FlagChange, NewMessage};
use postrider_tests::desk::Desk;
use postrider_tests::kinds::kinds;
use postrider_tests::workload::Dice;

#[tokio::test]
async fn hard_problem_09_nothing_goes_from_the_server_that_nobody_deleted() {
    for (name, profile) in kinds() {
        let desk = Desk::new(profile, 6).await;
        let mut ids = Vec::new();
        for number in 0..6 {
            ids.push(desk.id("INBOX", number).await);
        }
        desk.flag(ids[0], &["seen"], &[]).await;
        desk.copy_to(ids[1], "Work").await;
        desk.move_to(&ids[2..3], "Work").await;
        desk.delete(ids[3]).await;
        let (moved, deleted) = (desk.uid("INBOX", 2), desk.uid("INBOX", 3));
        let before = desk.scene.server.world().effects().len();
        desk.once("UID STORE", Act::CutAfter);
        desk.settles(&name).await;
        let effects = desk.scene.server.world().effects();
        for effect in &effects[before..] {
            let (Actor::Session { .. }, Change::Expunged { mailbox, uid }) = (&effect.by, &effect.change) else {
                continue;
            };
            assert!(mailbox == b"INBOX" && [moved, deleted].contains(uid), "{name}: {effect:?}");
        }
        let mut numbers = desk.numbers("INBOX");
        numbers.extend(desk.numbers("Work"));
        numbers.sort_unstable();
        assert_eq!(numbers, [0, 1, 1, 2, 4, 5], "{name}");
    }
}

#[tokio::test]
async fn hard_problem_09_a_message_that_an_answer_leaves_out_is_not_lost_from_sight() {
    for (name, profile) in kinds() {
        let desk = Desk::new(profile, 3).await;
        desk.flag(desk.id("INBOX", 1).await, &["flagged"], &[]).await;
        for command in ["UID STORE", "UID FETCH"] {
            desk.once(command, Act::Omit("FETCH (".to_owned()));
        }
        desk.settles(&name).await;
        assert_eq!(desk.numbers("INBOX"), [0, 1, 2], "{name}");
    }
}

/// Every look at messages leaves this UID out.
fn blind_to(desk: &Desk, uid: u32) {
    let text = format!("UID {uid} ");
    let omit = Act::Rewrite(std::sync::Arc::new(move |responses: Vec<Vec<u8>>| {
        let is_it = |response: &[u8]| String::from_utf8_lossy(response).contains(&text);
        responses.into_iter().filter(|response| !is_it(response)).collect()
    }));
    desk.scene.server.script().add(Rule::always("UID FETCH", omit));
}

#[tokio::test]
async fn hard_problem_09_one_look_that_does_not_find_a_message_takes_it_from_nobody() {
    for (name, profile) in kinds() {
        for act in ["flag", "move", "copy", "lost move", "lost delete"] {
            let when = format!("{name}, {act}");
            let sent = if profile.has(Extension::Move) { "UID MOVE" } else { "UID COPY" };
            let desk = Desk::new(profile.clone(), 3).await;
            let id = desk.id("INBOX", 1).await;
            match act {
                "flag" => drop(desk.flag(id, &["seen"], &[]).await),
                "copy" => drop(desk.copy_to(id, "Work").await),
                "move" => drop(desk.move_to(&[id], "Work").await),
                "lost delete" => {
                    desk.delete(id).await;
                    desk.breaks_off("UID STORE", Act::Cut).await;
                }
                _ => {
                    desk.move_to(&[id], "Work").await;
                    desk.breaks_off(sent, Act::Cut).await;
                }
            }
            let before = desk.shown().await;
            blind_to(&desk, desk.uid("INBOX", 1));
            desk.once("UID STORE", Act::Refuse("NO no".to_owned()));
            desk.once("UID MOVE", Act::Refuse("NO no".to_owned()));
            desk.once("UID COPY", Act::Refuse("NO no".to_owned()));
            for _ in 0..2 {
                desk.sync(Direction::Push).await;
                assert_eq!(desk.shown().await, before, "{when}: {:?}", desk.story().await);
                let gone = desk.story().await.into_iter().any(|(_, state, _)| state == "moot");
                assert!(!gone, "{when}: {:?}", desk.story().await);
                desk.scene.phone.clock.forward(16 * 60);
            }
            desk.scene.server.script().clear();
            desk.settles(&when).await;
            desk.all_done(&when).await;
        }
    }
}

#[tokio::test]
async fn hard_problem_10_what_was_moved_or_deleted_does_not_come_back_when_a_rival_flags_it() {
    for (name, profile) in kinds() {
        for direction in [Direction::Pull, Direction::Both] {
            let desk = Desk::new(profile.clone(), 4).await;
            let ids = [desk.id("INBOX", 0).await, desk.id("INBOX", 1).await];
            desk.move_to(&ids[..1], "Work").await;
            desk.delete(ids[1]).await;
            desk.scene.rival().set_flags("INBOX", &[1, 2, 3], FlagChange::Add, &["\\Answered"]).unwrap();
            desk.sync(direction).await;
            let shown: BTreeSet<u64> = desk.shown().await["INBOX"].iter().map(|(number, _)| *number).collect();
            assert_eq!(shown, BTreeSet::from([2, 3]), "{name} {direction:?}");
            desk.settles(&name).await;
            assert_eq!((desk.numbers("INBOX"), desk.numbers("Work")), (vec![2, 3], vec![0]), "{name}");
            desk.all_done(&name).await;
        }
    }
}

#[tokio::test]
async fn hard_problem_11_an_answer_that_comes_late_does_not_turn_a_flag_back() {
    for (name, profile) in kinds().into_iter().filter(|(_, profile)| profile.has(Extension::Condstore)) {
        let desk = Desk::new(profile, 2).await;
        desk.flag(desk.id("INBOX", 0).await, &["seen"], &[]).await;
        let late = b"* 1 FETCH (UID 1 FLAGS () MODSEQ (1))\r\n".to_vec();
        desk.once("UID STORE", Act::Between(late));
        desk.settles(&name).await;
        assert_eq!(desk.held()["INBOX"][0], (0, vec!["seen".to_owned()]), "{name}");
        desk.all_done(&name).await;
    }
}

#[tokio::test]
async fn hard_problem_11_flags_toggled_while_a_sync_runs_show_what_was_wanted_last() {
    for (name, profile) in kinds() {
        let desk = Desk::new(profile, 5).await;
        let mut ids = Vec::new();
        for number in 0..5 {
            ids.push(desk.id("INBOX", number).await);
        }
        let mut dice = Dice::new(11);
        let mut wanted = [false; 5];
        let toggles = async {
            for _ in 0..40 {
                let which = usize::try_from(dice.below(5)).unwrap();
                wanted[which] = !wanted[which];
                let (add, remove): (&[&str], &[&str]) = if wanted[which] { (&["seen"], &[]) } else { (&[], &["seen"]) };
                desk.flag(ids[which], add, remove).await;
                let row = desk.rows("INBOX").await.into_iter().find(|row| row.id == ids[which]).unwrap();
                assert_eq!(row.flags.contains(&"seen".to_owned()), wanted[which], "{name}");
            }
        };
        let syncs = async {
            for _ in 0..6 {
                desk.sync(Direction::Both).await;
            }
        };
        tokio::join!(toggles, syncs);
        desk.settles(&name).await;
        let held: Vec<bool> = desk.held()["INBOX"].iter().map(|(_, flags)| !flags.is_empty()).collect();
        assert_eq!(held, wanted, "{name}");
    }
}

#[tokio::test]
async fn hard_problem_12_an_operation_that_always_fails_delays_no_other() {
    for answer in ["NO no", "BAD what", "NO [TOOBIG] large", "NO [CANNOT] never", "NO [TRYCREATE] where"] {
        for (name, profile) in kinds() {
            let sent = if profile.has(Extension::Move) { "UID MOVE" } else { "UID COPY" };
            let desk = Desk::new(profile, 21).await;
            let first = desk.id("INBOX", 0).await;
            let moved = desk.move_to(&[first], "Work").await;
            for number in 1..21 {
                desk.flag(desk.id("INBOX", number).await, &["seen"], &[]).await;
            }
            desk.scene.server.script().add(Rule::always(sent, Act::Refuse(answer.to_owned())));
            desk.sync(Direction::Both).await;
            let seen = desk.held()["INBOX"].iter().filter(|(_, flags)| flags.contains(&"seen".to_owned())).count();
            assert_eq!(seen, 20, "{name}, {answer}");
            desk.settles(&name).await;
            let end = desk.operation(moved).await;
            assert!(end.state.as_str() == "parked" && end.reason.is_some(), "{name}, {answer}: {end:?}");
            assert!(desk.rows("INBOX").await.iter().any(|row| row.id == first), "{name}, {answer}: rolled back");
        }
    }
}

#[tokio::test]
async fn hard_problem_13_actions_on_a_message_whose_move_is_unknown_follow_it() {
    for (name, profile) in kinds() {
        let sent = if profile.has(Extension::Move) { "UID MOVE" } else { "UID COPY" };
        let desk = Desk::new(profile, 3).await;
        let id = desk.id("INBOX", 0).await;
        desk.move_to(&[id], "Work").await;
        desk.breaks_off(sent, Act::CutAfter).await;
        desk.flag(id, &["flagged"], &[]).await;
        desk.move_to(&[id], "Aside").await;
        let other = desk.id("INBOX", 1).await;
        desk.move_to(&[other], "Work").await;
        desk.delete(other).await;
        desk.settles(&name).await;
        assert_eq!(desk.held()["Aside"], [(0, vec!["flagged".to_owned()])], "{name}");
        assert_eq!((desk.numbers("INBOX"), desk.numbers("Work")), (vec![2], vec![]), "{name}");
        desk.all_done(&name).await;
    }
}

#[tokio::test]
async fn hard_problem_14_after_a_renumbering_each_operation_reaches_its_message() {
    for (name, profile) in kinds() {
        let desk = Desk::new(profile, 40).await;
        let mut deleted = Vec::new();
        for number in 0..30 {
            let id = desk.id("INBOX", number).await;
            match number % 4 {
                0 => drop(desk.flag(id, &["flagged"], &[]).await),
                1 => drop(desk.move_to(&[id], "Work").await),
                2 => drop(desk.copy_to(id, "Aside").await),
                _ => {
                    desk.delete(id).await;
                    deleted.push(number);
                }
            }
        }
        // UIDs are other ones: those that went before them are missing.
        desk.scene.rival().expunge("INBOX", &[31, 2, 7]).unwrap();
        desk.scene.rival().change_uidvalidity("INBOX").unwrap();
        desk.settles(&name).await;
        let held = desk.held();
        let expected: Vec<u64> = (0..40)
            .filter(|number| !([1, 6, 30].contains(number) || *number < 30 && matches!(number % 4, 1 | 3)))
            .collect();
        assert_eq!(desk.numbers("INBOX"), expected, "{name}");
        let flagged = |number: &u64| *number < 30 && number.is_multiple_of(4);
        assert!(held["INBOX"].iter().all(|(number, flags)| flagged(number) != flags.is_empty()), "{name}: {held:?}");
        assert_eq!(desk.numbers("Work"), [5, 9, 13, 17, 21, 25, 29], "{name}");
        assert_eq!(desk.numbers("Aside"), [2, 10, 14, 18, 22, 26], "{name}");
    }
}

#[tokio::test]
async fn hard_problem_14_an_operation_whose_message_is_in_doubt_after_a_renumbering_is_held() {
    for (name, profile) in kinds().into_iter().filter(|(_, profile)| !profile.has(Extension::ObjectId)) {
        let desk = Desk::new(profile, 1).await;
        let alike =
            |body: &str| NewMessage::new(format!("Subject: Mail 7\r\nMessage-ID: <one@example.org>\r\n\r\n{body}\r\n"));
        desk.scene.rival().deliver("INBOX", alike("this")).unwrap();
        desk.scene.rival().deliver("INBOX", alike("that")).unwrap();
        desk.scene.agrees(&name).await;
        let rows = desk.rows("INBOX").await;
        let doomed = rows.iter().find(|row| row.uid == Some(2)).unwrap().id;
        desk.delete(doomed).await;
        desk.scene.rival().expunge("INBOX", &[2]).unwrap();
        desk.scene.rival().change_uidvalidity("INBOX").unwrap();
        desk.settles(&name).await;
        assert_eq!(desk.numbers("INBOX"), [0, 7], "{name}: the other one stays; {:?}", desk.story().await);
    }
}

#[tokio::test]
async fn hard_problem_15_what_others_marked_deleted_survives_our_moves_and_deletes() {
    for (name, profile) in kinds() {
        let desk = Desk::new(profile, 6).await;
        desk.scene.rival().set_flags("INBOX", &[5, 6], FlagChange::Add, &["\\Deleted"]).unwrap();
        desk.sync(Direction::Pull).await;
        desk.move_to(&[desk.id("INBOX", 0).await], "Work").await;
        desk.delete(desk.id("INBOX", 1).await).await;
        for _ in 0..3 {
            desk.sync(Direction::Both).await;
        }
        for number in [4, 5] {
            let uid = desk.uid("INBOX", number);
            let flags = desk.scene.server.world().snapshot().accounts.values().next().unwrap().mailboxes[&b"INBOX"[..]]
                .messages[&uid]
                .flags
                .clone();
            assert!(flags.contains("\\Deleted"), "{name}: {number} is there and marked");
        }
        assert_eq!(desk.numbers("Work"), [0], "{name}");
        desk.all_done(&name).await;
    }
}

#[tokio::test]
async fn hard_problem_15_a_copy_that_failed_never_leads_to_a_mark() {
    for (name, profile) in kinds().into_iter().filter(|(_, profile)| !profile.has(Extension::Move)) {
        for answer in ["NO [OVERQUOTA] full", "NO no", "BAD what"] {
            let desk = Desk::new(profile.clone(), 2).await;
            desk.move_to(&[desk.id("INBOX", 0).await], "Work").await;
            desk.scene.server.world().with(|state| state.record_commands(true));
            desk.scene.server.script().add(Rule::always("UID COPY", Act::Refuse(answer.to_owned())));
            desk.settles(&name).await;
            let marks = |line: &[u8]| String::from_utf8_lossy(line).to_ascii_uppercase().contains("STORE");
            let received = desk.scene.server.world().received();
            assert!(!received.iter().any(|command| marks(&command.line)), "{name}, {answer}");
            assert_eq!(desk.numbers("INBOX"), [0, 1], "{name}, {answer}");
        }
    }
}
