//! What people expect of a server with labels (X-GM-EXT-1): one mail in many mailboxes, and each act with one command.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use postrider::api::{CoreError, Direction, MailboxRole, PlaceId};
use postrider_model::fault::Act;
use postrider_model::profile::Profile;
use postrider_model::world::Change;
use postrider_tests::desk::Desk;
use postrider_tests::phone::USER;

const ALL: &str = "[Gmail]/All Mail";
const TRASH: &str = "[Gmail]/Trash";

async fn gmail(mails: u64) -> Desk {
    let desk = Desk::with(Profile::preset("gmail").unwrap(), mails, &["Work", "Home"]).await;
    for uid in 1..=u32::try_from(mails).unwrap() {
        desk.scene.rival().copy("INBOX", &[uid], "Work").unwrap();
    }
    desk.scene.agrees("labelled").await;
    desk
}

/// Where the mail with this number lies on the server.
fn labels(desk: &Desk, number: u64) -> BTreeSet<String> {
    let snapshot = desk.scene.server.world().snapshot();
    let size = postrider_tests::workload::mail(number).content.bytes().len() as u64;
    let mailboxes = &snapshot.accounts[USER].mailboxes;
    let holds = |mailbox: &postrider_model::world::MailboxSnapshot| {
        mailbox.messages.values().any(|message| message.size == size)
    };
    mailboxes.iter().filter(|(_, one)| holds(one)).map(|(raw, _)| String::from_utf8_lossy(raw).into_owned()).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The number in its subject.
async fn numbered(desk: &Desk, mailbox: &str, number: u64) -> PlaceId {
    let id = desk.mailbox(mailbox).await.id;
    let subject = format!("Mail {number}");
    desk.list(id).await.into_iter().find(|row| row.subject == subject).unwrap().id
}

async fn shown_in(desk: &Desk, number: u64) -> BTreeSet<String> {
    let subject = format!("Mail {number}");
    let mut found = BTreeSet::new();
    for mailbox in desk.mailboxes().await {
        let count = desk.list(mailbox.id).await.iter().filter(|row| row.subject == subject).count();
        assert!(count <= 1, "{} shows it {count} times", mailbox.name);
        if count == 1 {
            found.insert(mailbox.name);
        }
    }
    found
}

/// Before a sync and after it the person sees the same, and the server has it.
async fn comes_to(desk: &Desk, number: u64, expected: &[&str]) {
    assert_eq!(shown_in(desk, number).await, set(expected), "before");
    // As soon as it is done, before anything else is looked at.
    let push = postrider::api::SyncOptions { direction: Direction::Push, ..postrider::api::SyncOptions::default() };
    desk.scene.phone.sync_with(push).await.unwrap();
    assert_eq!(shown_in(desk, number).await, set(expected), "pushed");
    desk.settles("after").await;
    desk.all_done("after").await;
    assert_eq!(shown_in(desk, number).await, set(expected), "after");
    assert_eq!(labels(desk, number), set(expected), "on the server");
}

#[tokio::test]
async fn archived_mail_leaves_the_inbox_only_and_it_takes_one_command() {
    for from in ["INBOX", "Work", ALL] {
        let desk = gmail(2).await;
        let before = desk.scene.server.world().effects().len();
        let id = numbered(&desk, from, 1).await;
        desk.core().file_under(vec![id], MailboxRole::Archive).await.unwrap();
        comes_to(&desk, 1, &["Work", ALL]).await;
        let effects = desk.scene.server.world().effects();
        assert!(
            effects
                .iter()
                .skip(before)
                .all(|effect| matches!(effect.change, Change::Moved { .. } | Change::Expunged { .. }))
        );
        let again = desk.core().file_under(vec![numbered(&desk, ALL, 1).await], MailboxRole::Archive).await;
        assert!(matches!(again, Err(CoreError::InvalidInput { .. })), "{again:?}");
    }
}

#[tokio::test]
async fn trashed_mail_really_reaches_the_trash_from_wherever_it_is_shown() {
    for from in ["INBOX", "Work", ALL] {
        let desk = gmail(2).await;
        let id = numbered(&desk, from, 1).await;
        desk.core().file_under(vec![id], MailboxRole::Trash).await.unwrap();
        comes_to(&desk, 1, &[TRASH]).await;
        assert_eq!(desk.ids(TRASH).await, [id]);
    }
}

#[tokio::test]
async fn mail_deleted_for_ever_is_gone_from_every_label() {
    for from in ["INBOX", "Work", ALL] {
        let desk = gmail(2).await;
        let id = numbered(&desk, from, 1).await;
        desk.core().delete_forever(vec![id]).await.unwrap();
        comes_to(&desk, 1, &[]).await;
        assert_eq!(shown_in(&desk, 0).await, set(&["INBOX", "Work", ALL]));
    }
}

#[tokio::test]
async fn a_move_from_one_label_to_another_changes_these_two() {
    let desk = gmail(2).await;
    let id = numbered(&desk, "Work", 1).await;
    desk.core().move_to(vec![id], desk.mailbox("Home").await.id).await.unwrap();
    comes_to(&desk, 1, &["INBOX", "Home", ALL]).await;
    // To one that it has already.
    let id = numbered(&desk, "INBOX", 1).await;
    desk.core().move_to(vec![id], desk.mailbox("Home").await.id).await.unwrap();
    comes_to(&desk, 1, &["Home", ALL]).await;
}

#[tokio::test]
async fn a_flag_is_the_mails_whatever_label_it_was_set_under() {
    let desk = gmail(2).await;
    let id = numbered(&desk, "Work", 1).await;
    let change = postrider::api::FlagChange { add: vec!["seen".to_owned(), "later".to_owned()], remove: Vec::new() };
    desk.core().flag(vec![id], change).await.unwrap();
    let push = postrider::api::SyncOptions { direction: Direction::Push, ..postrider::api::SyncOptions::default() };
    for when in ["before", "pushed", "after"] {
        for name in ["INBOX", "Work", ALL] {
            let mailbox = desk.mailbox(name).await;
            let row = desk.list(mailbox.id).await.into_iter().find(|row| row.subject == "Mail 1").unwrap();
            assert_eq!((row.flags, mailbox.unread), (vec!["seen".to_owned(), "later".to_owned()], 1), "{name} {when}");
        }
        match when {
            "before" => drop(desk.scene.phone.sync_with(push.clone()).await.unwrap()),
            _ => desk.settles(when).await,
        }
    }
    desk.all_done("flagged").await;
}

#[tokio::test]
async fn nothing_is_moved_out_of_all_mail_but_it_can_be_labelled_there() {
    let desk = gmail(2).await;
    let (id, home) = (numbered(&desk, ALL, 1).await, desk.mailbox("Home").await.id);
    let refused = desk.core().move_to(vec![id], home).await;
    assert!(matches!(refused, Err(CoreError::InvalidInput { .. })), "{refused:?}");
    desk.core().copy_to(vec![id], home).await.unwrap();
    comes_to(&desk, 1, &["INBOX", "Work", "Home", ALL]).await;
}

#[tokio::test]
async fn mail_deleted_for_ever_is_gone_wherever_the_connection_is_cut() {
    let step: u64 = std::env::var("POSTRIDER_CUT_STEP").ok().and_then(|step| step.parse().ok()).unwrap_or(389);
    for received in [true, false] {
        let mut after = 1;
        loop {
            let desk = gmail(2).await;
            let ids = vec![numbered(&desk, "INBOX", 1).await];
            desk.core().delete_forever(ids).await.unwrap();
            desk.core().file_under(vec![numbered(&desk, "INBOX", 0).await], MailboxRole::Trash).await.unwrap();
            let (down, up) = if received { (after, u64::MAX) } else { (u64::MAX, after) };
            desk.scene.allowed.set(down, up);
            let cut = desk.scene.phone.sync().await.is_err();
            desk.scene.allowed.set(u64::MAX, u64::MAX);
            assert_eq!(shown_in(&desk, 1).await, set(&[]), "{after}");
            desk.settles("after").await;
            desk.all_done("after").await;
            assert_eq!((labels(&desk, 1), labels(&desk, 0)), (set(&[]), set(&[TRASH])), "cut after {after} bytes");
            if !cut {
                break;
            }
            after += step;
        }
    }
}

/// What was asked of a mail, and not of the label under which it was asked, does not depend on that label.
#[tokio::test]
async fn what_is_trashed_or_deleted_under_a_label_goes_though_somebody_took_the_label() {
    for (trash, direction) in
        [(true, Direction::Both), (false, Direction::Both), (true, Direction::Pull), (false, Direction::Pull)]
    {
        let desk = gmail(2).await;
        let id = numbered(&desk, "INBOX", 1).await;
        if trash {
            desk.core().file_under(vec![id], MailboxRole::Trash).await.unwrap();
        } else {
            desk.core().delete_forever(vec![id]).await.unwrap();
        }
        desk.scene.rival().move_to("INBOX", &[2], ALL).unwrap();
        desk.sync(direction).await;
        desk.settles("after").await;
        let end = if trash { set(&[TRASH]) } else { set(&[]) };
        assert_eq!((labels(&desk, 1), shown_in(&desk, 1).await), (end.clone(), end), "{direction:?}");
        desk.all_done("after").await;
    }
}

#[tokio::test]
async fn a_flag_set_under_a_label_reaches_the_server_though_somebody_took_the_label() {
    for direction in [Direction::Both, Direction::Pull] {
        let desk = gmail(2).await;
        desk.flag(numbered(&desk, "INBOX", 1).await, &["seen"], &[]).await;
        desk.scene.rival().move_to("INBOX", &[2], ALL).unwrap();
        desk.sync(direction).await;
        desk.settles("after").await;
        desk.all_done("after").await;
        let rows = desk.rows(ALL).await;
        assert!(rows.iter().any(|row| row.subject == "Mail 1" && row.flags == ["seen"]), "{direction:?}: {rows:?}");
    }
}

#[tokio::test]
async fn a_move_taken_back_shows_a_mail_once_under_each_label() {
    let desk = gmail(2).await;
    let (work, inbox) = (numbered(&desk, "Work", 1).await, numbered(&desk, "INBOX", 1).await);
    let first = desk.move_to(&[work], "Home").await;
    desk.move_to(&[inbox], "Work").await;
    desk.core().cancel_operation(first).await.unwrap();
    assert_eq!(shown_in(&desk, 1).await, set(&["Work", ALL]));
    desk.settles("after").await;
    assert_eq!((labels(&desk, 1), shown_in(&desk, 1).await), (set(&["Work", ALL]), set(&["Work", ALL])));
}

#[tokio::test]
async fn what_goes_for_ever_goes_with_its_copies_under_other_labels() {
    let desk = gmail(2).await;
    let id = numbered(&desk, "INBOX", 1).await;
    desk.copy_to(id, "Home").await;
    desk.delete(id).await;
    assert_eq!(shown_in(&desk, 1).await, set(&[]));
    desk.settles("after").await;
    assert_eq!((labels(&desk, 1), shown_in(&desk, 1).await), (set(&[]), set(&[])));
}

#[tokio::test]
async fn a_label_that_somebody_adds_meanwhile_shows_a_mail_once() {
    let desk = gmail(2).await;
    desk.move_to(&[numbered(&desk, "INBOX", 1).await], "Home").await;
    desk.scene.rival().copy("INBOX", &[2], "Home").unwrap();
    desk.sync(Direction::Pull).await;
    assert_eq!(shown_in(&desk, 1).await, set(&["Home", "Work", ALL]));
    desk.settles("after").await;
    assert_eq!(
        (labels(&desk, 1), shown_in(&desk, 1).await),
        (set(&["Home", "Work", ALL]), set(&["Home", "Work", ALL]))
    );
}

#[tokio::test]
async fn mail_is_archived_by_leaving_the_inbox_though_a_label_is_named_archive() {
    for from in ["INBOX", "Work", ALL] {
        let desk = Desk::with(Profile::preset("gmail").unwrap(), 2, &["Work", "Archive"]).await;
        desk.scene.rival().copy("INBOX", &[2], "Work").unwrap();
        desk.scene.agrees("labelled").await;
        desk.core().file_under(vec![numbered(&desk, from, 1).await], MailboxRole::Archive).await.unwrap();
        comes_to(&desk, 1, &["Work", ALL]).await;
    }
}

/// An EXPUNGE there may mean for ever: what Gmail makes of it is a setting of its user's.
#[tokio::test]
async fn nothing_is_expunged_in_all_mail() {
    let desk = gmail(2).await;
    desk.core().file_under(vec![numbered(&desk, ALL, 1).await], MailboxRole::Trash).await.unwrap();
    desk.move_to(&[numbered(&desk, TRASH, 1).await], "Home").await;
    desk.scene.server.world().with(|state| state.record_commands(true));
    desk.settles("after").await;
    desk.all_done("after").await;
    assert!(labels(&desk, 1).contains("Home") && labels(&desk, 1).contains(ALL), "{:?}", labels(&desk, 1));
    let flagged = |effect: &postrider_model::world::Effect| format!("{:?}", effect.change).contains("Deleted");
    assert!(!desk.scene.server.world().effects().iter().any(flagged));
}

#[tokio::test]
async fn an_archive_whose_answer_was_lost_is_done_and_its_id_leads_to_the_mail() {
    for act in [Act::Cut, Act::CutAfter] {
        let desk = gmail(2).await;
        let id = numbered(&desk, "INBOX", 1).await;
        desk.core().file_under(vec![id], MailboxRole::Archive).await.unwrap();
        desk.breaks_off("UID MOVE", act.clone()).await;
        desk.settles("after").await;
        desk.all_done("after").await;
        assert_eq!((labels(&desk, 1), shown_in(&desk, 1).await), (set(&["Work", ALL]), set(&["Work", ALL])), "{act:?}");
        assert_eq!(desk.core().message(id).await.unwrap().row.subject, "Mail 1", "{act:?}");
    }
}

/// One mail, whatever label it is asked under: the last word is the last word.
#[tokio::test]
async fn what_is_asked_under_two_labels_goes_out_in_the_order_it_was_asked() {
    for labels_of_it in [["INBOX", "Work"], ["Work", "INBOX"]] {
        let [first, second] = labels_of_it;
        let desk = gmail(2).await;
        let (one, other) = (numbered(&desk, first, 1).await, numbered(&desk, second, 1).await);
        desk.flag(one, &["flagged"], &[]).await;
        desk.flag(other, &["seen"], &["flagged"]).await;
        desk.flag(one, &[], &["seen"]).await;
        // The one takes the other's label, which that has left.
        desk.move_to(&[one], "Home").await;
        desk.move_to(&[other], first).await;
        comes_to(&desk, 1, &[first, "Home", ALL]).await;
        let rows = desk.rows(ALL).await;
        assert!(rows.iter().any(|row| row.subject == "Mail 1" && row.flags.is_empty()), "{first}: {rows:?}");
    }
}

#[tokio::test]
async fn what_comes_back_from_the_trash_comes_back_without_its_labels_though_neither_was_sent() {
    for from in ["INBOX", "Work"] {
        let desk = gmail(2).await;
        desk.move_to(&[numbered(&desk, from, 1).await], TRASH).await;
        desk.move_to(&[numbered(&desk, TRASH, 1).await], "Home").await;
        // All Mail has it again when the server has told so.
        assert_eq!(shown_in(&desk, 1).await, set(&["Home"]));
        desk.settles("after").await;
        desk.all_done("after").await;
        assert_eq!((labels(&desk, 1), shown_in(&desk, 1).await), (set(&["Home", ALL]), set(&["Home", ALL])));
    }
}

/// What was to go to a label that the mail has already is not left behind when the mail leaves that.
#[tokio::test]
async fn a_mail_that_leaves_a_label_does_not_come_back_by_a_move_there_that_was_not_sent() {
    for archive in [true, false] {
        let desk = gmail(2).await;
        desk.move_to(&[numbered(&desk, "Work", 1).await], "INBOX").await;
        let id = numbered(&desk, "INBOX", 1).await;
        if archive {
            desk.core().file_under(vec![id], MailboxRole::Archive).await.unwrap();
            comes_to(&desk, 1, &[ALL]).await;
        } else {
            desk.move_to(&[id], "Home").await;
            comes_to(&desk, 1, &["Home", ALL]).await;
        }
    }
}

/// Elsewhere an EXPUNGE takes a label, and the mail stays.
#[tokio::test]
async fn nothing_is_deleted_for_ever_where_the_trash_is_hidden_from_mail_programs() {
    let desk = gmail(2).await;
    desk.scene.rival().delete(TRASH).unwrap();
    for _ in 0..2 {
        desk.sync(Direction::Both).await;
        desk.scene.phone.clock.forward(20 * 60);
    }
    let refused = desk.core().delete_forever(vec![numbered(&desk, "INBOX", 1).await]).await;
    assert!(matches!(refused, Err(CoreError::NotFound { .. })), "{refused:?}");
    assert_eq!(shown_in(&desk, 1).await, set(&["INBOX", "Work", ALL]));
}

#[tokio::test]
async fn a_mail_whose_deletion_waits_as_the_trash_is_hidden_is_shown_again_and_says_why() {
    let desk = gmail(2).await;
    let deleted = desk.delete(numbered(&desk, "Work", 1).await).await;
    assert_eq!(shown_in(&desk, 1).await, set(&[]));
    desk.scene.rival().delete(TRASH).unwrap();
    for _ in 0..3 {
        desk.sync(Direction::Both).await;
        desk.scene.phone.clock.forward(20 * 60);
    }
    let told = desk.operation(deleted).await;
    assert_eq!((told.state.as_str(), told.reason_code.as_deref()), ("parked", Some("no_mailbox")));
    assert_eq!(shown_in(&desk, 1).await, set(&["INBOX", "Work", ALL]));
    assert_eq!(labels(&desk, 1), set(&["INBOX", "Work", ALL]), "on the server");
}

#[tokio::test]
async fn a_refused_move_to_the_trash_shows_the_mail_under_all_its_labels_again() {
    for from in ["INBOX", "Work", ALL] {
        let desk = gmail(2).await;
        let trashed = desk.move_to(&[numbered(&desk, from, 1).await], TRASH).await;
        assert_eq!(shown_in(&desk, 1).await, set(&[TRASH]), "{from}");
        desk.once("UID MOVE", Act::Refuse("NO [CANNOT] not this one".to_owned()));
        desk.sync(Direction::Push).await;
        assert_eq!(desk.operation(trashed).await.state.as_str(), "parked", "{from}");
        assert_eq!(shown_in(&desk, 1).await, set(&["INBOX", "Work", ALL]), "{from}");
    }
}
