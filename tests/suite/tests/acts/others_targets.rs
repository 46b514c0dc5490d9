//! Mail on its way to a mailbox to which other clients gave another name.
#![allow(clippy::unwrap_used)]

use postrider::api::{Direction, MailSource};
use postrider_model::fault::Act;
use postrider_model::profile::{Extension, Profile};
use postrider_tests::desk::Desk;
use postrider_tests::kinds::kinds;

/// A desk with two mails in Work and three on their way there: one moved, one copied, one to be appended.
async fn on_their_way(desk: &Desk, when: &str) {
    desk.move_to(&[desk.id("INBOX", 0).await, desk.id("INBOX", 1).await], "Work").await;
    desk.settles(when).await;
    desk.move_to(&[desk.id("INBOX", 2).await], "Work").await;
    desk.copy_to(desk.id("INBOX", 3).await, "Work").await;
    let work = desk.mailbox("Work").await.id;
    let own = MailSource::Bytes { bytes: b"Subject: Mail 4\nMessage-ID: <4@example.org>\n\nown\n".to_vec() };
    desk.core().append(work, own, Vec::new(), None).await.unwrap();
}

#[tokio::test]
async fn mail_goes_along_with_the_mailbox_that_others_renamed() {
    let mut known_again = 0;
    for (name, profile) in kinds() {
        let desk = Desk::new(profile, 4).await;
        on_their_way(&desk, &name).await;
        desk.scene.rival().rename(desk.scene.raw("Work"), desk.scene.raw("Labour")).unwrap();
        desk.sync(Direction::Push).await;
        assert_eq!(desk.left().await.len(), 3, "{name}: {:?}", desk.story().await);
        assert!(desk.left().await.iter().all(|(_, state, _)| *state == "queued"), "{name}: {:?}", desk.left().await);
        desk.sync(Direction::Both).await;
        if desk.names().await.contains(&"Work".to_owned()) {
            // Nothing ties the new name to the old one.
            continue;
        }
        known_again += 1;
        assert_eq!(desk.left().await, [], "{name}");
        assert_eq!(desk.numbers("Labour"), [0, 1, 2, 3, 4], "{name}: {:?}", desk.story().await);
        desk.agrees(&name).await;
    }
    assert!(known_again >= 4, "{known_again} kinds of servers");
}

#[tokio::test]
async fn mail_does_not_go_to_the_mailbox_that_others_made_under_the_old_name() {
    let mut known_again = 0;
    for (name, profile) in kinds() {
        let desk = Desk::new(profile, 4).await;
        on_their_way(&desk, &name).await;
        let rival = desk.scene.rival();
        rival.rename(desk.scene.raw("Work"), desk.scene.raw("Labour")).unwrap();
        rival.create(desk.scene.raw("Work"), &[]).unwrap();
        desk.sync(Direction::Push).await;
        assert_eq!(desk.numbers("Work"), [0_u64; 0], "{name}: {:?}", desk.story().await);
        desk.sync(Direction::Both).await;
        desk.settles(&name).await;
        let (old, new) = (desk.numbers("Labour"), desk.numbers("Work"));
        if old.len() == 2 {
            // Nothing ties the new name to the old one: what has the old one is the mailbox.
            assert_eq!(new, [2, 3, 4], "{name}");
            continue;
        }
        known_again += 1;
        assert_eq!((old, new), (vec![0, 1, 2, 3, 4], vec![]), "{name}: {:?}", desk.story().await);
    }
    assert!(known_again >= 3, "{known_again} kinds of servers");
}

/// That it was renamed between the look before and the command is as good as before both.
#[tokio::test]
async fn a_refusal_for_want_of_the_target_waits_for_the_next_list() {
    for (name, profile) in kinds() {
        let moves = if profile.has(Extension::Move) { "UID MOVE" } else { "UID COPY" };
        for (command, code) in [(moves, "TRYCREATE"), ("UID COPY", "NONEXISTENT"), ("APPEND", "TRYCREATE")] {
            let when = format!("{name}, {command}, {code}");
            let desk = Desk::new(profile.clone(), 4).await;
            on_their_way(&desk, &when).await;
            desk.once(command, Act::Refuse(format!("NO [{code}] no such mailbox")));
            desk.sync(Direction::Push).await;
            assert!(
                desk.left().await.iter().all(|(_, state, _)| *state == "queued"),
                "{when}: {:?}",
                desk.left().await
            );
            desk.settles(&when).await;
            assert_eq!(desk.numbers("Work"), [0, 1, 2, 3, 4], "{when}: {:?}", desk.story().await);
        }
    }
}

/// Where names went round, MAILBOXID (RFC 8474) tells which mailbox is which.
#[tokio::test]
async fn mail_goes_along_though_each_mailbox_has_the_name_of_another() {
    let mut told = 0;
    for (name, profile) in kinds().into_iter().filter(|(_, profile)| profile.has(Extension::ObjectId)) {
        for is_swapped in [false, true] {
            let when = format!("{name}, swapped: {is_swapped}");
            let desk = Desk::new(profile.clone(), 4).await;
            desk.move_to(&[desk.id("INBOX", 0).await], "Work").await;
            desk.move_to(&[desk.id("INBOX", 1).await], "Aside").await;
            desk.settles(&when).await;
            desk.move_to(&[desk.id("INBOX", 2).await], "Work").await;
            desk.move_to(&[desk.id("INBOX", 3).await], "Aside").await;
            let (work, aside) = (desk.mailbox("Work").await.id, desk.mailbox("Aside").await.id);
            let rename = |from: &str, to: &str| desk.scene.rival().rename(desk.scene.raw(from), desk.scene.raw(to));
            rename("Work", "Labour").unwrap();
            rename("Aside", "Work").unwrap();
            if is_swapped {
                rename("Labour", "Aside").unwrap();
            }
            desk.settles(&when).await;
            let was_work = if is_swapped { "Aside" } else { "Labour" };
            let ids = (desk.mailbox(was_work).await.id, desk.mailbox("Work").await.id);
            assert_eq!(ids, (work, aside), "{when}: {:?}", desk.story().await);
            let there = (desk.numbers(was_work), desk.numbers("Work"));
            assert_eq!(there, (vec![0, 2], vec![1, 3]), "{when}: {:?}", desk.story().await);
            told += 1;
        }
    }
    assert!(told >= 4, "{told} kinds of servers");
}

/// With labels, what is deleted for ever goes through the trash.
#[tokio::test]
async fn a_deletion_that_waits_for_the_trash_holds_up_nothing_else_under_its_label() {
    let desk = Desk::with(Profile::preset("gmail").unwrap(), 2, &["Work"]).await;
    let (deleted, flagged) = (desk.id("INBOX", 0).await, desk.id("INBOX", 1).await);
    let trash = desk.scene.raw("[Gmail]/Trash");
    desk.move_to(&[deleted], "[Gmail]/Trash").await;
    desk.settles("trashed").await;
    let back = desk.move_to(&[desk.id("[Gmail]/Trash", 0).await], "INBOX").await;
    desk.settles("back").await;
    assert_eq!(desk.operation(back).await.state.as_str(), "done");
    let waits = desk.delete(desk.id("INBOX", 0).await).await;
    desk.flag(flagged, &["flagged"], &[]).await;
    desk.scene.rival().delete(&trash).unwrap();
    desk.scene.rival().create(&trash, &["\\Trash"]).unwrap();
    desk.sync(Direction::Push).await;
    assert_eq!(desk.left().await, [("delete".to_owned(), "queued", None)], "{:?}", desk.story().await);
    desk.settles("after").await;
    assert_eq!((desk.operation(waits).await.state.as_str(), desk.numbers("INBOX")), ("done", vec![1]));
}
