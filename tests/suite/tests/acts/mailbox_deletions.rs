//! A mailbox goes only where it is certain which it is and what is in it.
#![allow(clippy::unwrap_used)]

use postrider::api::Direction;
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::Profile;
use postrider_tests::desk::Desk;

fn preset(name: &str) -> Profile {
    Profile::preset(name).unwrap()
}

/// What some servers say of the mailbox that is selected is as old as their last look at it.
#[tokio::test]
async fn mail_that_came_into_a_deleted_mailbox_while_it_was_open_is_never_destroyed() {
    for preset_name in ["dovecot", "bare"] {
        let mut profile = preset(preset_name);
        profile.quirks.old_status_of_selected = true;
        let desk = Desk::with(profile, 2, &["Work"]).await;
        desk.move_to(&[desk.id("INBOX", 0).await], "Work").await;
        desk.settles(preset_name).await;
        let (work, raw) = (desk.mailbox("Work").await.id, desk.scene.raw("Work"));
        // Read, so that it is open.
        desk.core().fetch_body(desk.id("Work", 0).await).await.unwrap();
        desk.scene.rival().deliver(&raw, postrider_tests::workload::mail(77)).unwrap();
        let deleted = desk.core().delete_mailbox(work).await.unwrap().operation;
        desk.sync(Direction::Push).await;
        desk.settles(preset_name).await;
        assert_eq!(desk.numbers("Work"), [0, 77], "{preset_name}");
        let one = desk.operation(deleted).await;
        assert_eq!((one.state.as_str(), one.reason_code.as_deref()), ("needs_user", Some("changed")), "{preset_name}");
    }
}

/// What the server refuses to look for may be there.
#[tokio::test]
async fn a_mailbox_that_the_server_does_not_tell_of_is_not_taken_for_gone() {
    for preset_name in ["dovecot", "bare", "exchange"] {
        for rename in [true, false] {
            let desk = Desk::with(preset(preset_name), 2, &["Work"]).await;
            desk.move_to(&[desk.id("INBOX", 0).await], "Work").await;
            desk.settles(preset_name).await;
            let (core, work) = (desk.core(), desk.mailbox("Work").await.id);
            if rename {
                core.rename_mailbox(work, "Office").await.unwrap();
            } else {
                core.delete_mailbox(work).await.unwrap();
            }
            let script = desk.scene.server.script();
            for command in ["LIST", "STATUS"] {
                script
                    .add(Rule::always(command, Act::Refuse("BAD User is authenticated but not connected".to_owned())));
            }
            desk.sync(Direction::Push).await;
            script.clear();
            assert_eq!(desk.left().await.len(), 1, "{preset_name}, {rename}: {:?}", desk.story().await);
            desk.settles(preset_name).await;
            desk.all_done(preset_name).await;
            assert_eq!(desk.numbers("Office").len(), usize::from(rename), "{preset_name}");
        }
    }
}

/// A mailbox that others renamed is found under its new name, and goes as the person wants.
#[tokio::test]
async fn a_mailbox_that_others_renamed_is_deleted_and_not_only_said_to_be() {
    for preset_name in ["dovecot", "exchange", "full"] {
        let desk = Desk::with(preset(preset_name), 2, &["Work"]).await;
        desk.move_to(&[desk.id("INBOX", 0).await], "Work").await;
        desk.settles(preset_name).await;
        desk.core().delete_mailbox(desk.mailbox("Work").await.id).await.unwrap();
        desk.scene.rival().rename(desk.scene.raw("Work"), desk.scene.raw("Beside")).unwrap();
        desk.settles(preset_name).await;
        desk.all_done(preset_name).await;
        assert!(!desk.names().await.contains(&"Beside".to_owned()), "{preset_name}: {:?}", desk.names().await);
    }
}

/// Where the second half of a move waits, its original lies there still.
#[tokio::test]
async fn a_mailbox_is_not_deleted_while_the_original_of_a_half_done_move_lies_in_it() {
    let desk = Desk::with(preset("bare"), 2, &["Work", "Aside"]).await;
    let id = desk.id("INBOX", 0).await;
    desk.move_to(&[id], "Work").await;
    desk.settles("moved").await;
    desk.move_to(&[id], "Aside").await;
    let script = desk.scene.server.script();
    script.add(Rule::always("UID STORE", Act::Refuse("NO [INUSE] later".to_owned())));
    desk.sync(Direction::Push).await;
    let deleted = desk.core().delete_mailbox(desk.mailbox("Work").await.id).await.unwrap().operation;
    desk.sync(Direction::Push).await;
    assert_eq!(desk.operation(deleted).await.state.as_str(), "queued", "{:?}", desk.story().await);
    script.clear();
    desk.settles("after").await;
    desk.all_done("after").await;
    assert_eq!((desk.numbers("Aside"), desk.names().await.contains(&"Work".to_owned())), (vec![0], false));
}

/// A UID names a message under one UIDVALIDITY: what the person put into a mailbox is not what lies in another of its name.
#[tokio::test]
async fn a_mailbox_that_others_made_anew_under_the_name_of_one_that_is_to_go_stays_with_its_mail() {
    for preset_name in ["bare", "dovecot", "exchange"] {
        let desk = Desk::with(preset(preset_name), 2, &["Work"]).await;
        let (core, account) = (desk.core(), desk.scene.phone.account);
        let made = core.create_mailbox(account, "Trips").await.unwrap().mailbox;
        desk.move_to(&[desk.id("INBOX", 0).await], "Trips").await;
        let deleted = core.delete_mailbox(made).await.unwrap().operation;
        let script = desk.scene.server.script();
        script.add(Rule::always("DELETE", Act::Refuse("NO [INUSE] later".to_owned())));
        desk.sync(Direction::Both).await;
        script.clear();
        let (rival, raw) = (desk.scene.rival(), desk.scene.raw("Trips"));
        rival.delete(&raw).unwrap();
        rival.create(&raw, &[]).unwrap();
        rival.deliver(&raw, postrider_tests::workload::mail(77)).unwrap();
        desk.scene.phone.clock.forward(20 * 60);
        desk.sync(Direction::Push).await;
        assert_eq!(desk.numbers("Trips"), [77], "{preset_name}: {:?}", desk.story().await);
        assert_ne!(desk.operation(deleted).await.state.as_str(), "done", "{preset_name}");
    }
}

#[tokio::test]
async fn a_deletion_that_is_refused_leaves_the_subscription() {
    let desk = Desk::with(preset("dovecot"), 1, &["Work"]).await;
    let work = desk.mailbox("Work").await.id;
    desk.core().subscribe_mailbox(work, true).await.unwrap();
    desk.settles("subscribed").await;
    desk.core().delete_mailbox(work).await.unwrap();
    desk.scene.server.script().add(Rule::always("DELETE", Act::Refuse("NO [NOPERM] not you".to_owned())));
    desk.sync(Direction::Both).await;
    desk.sync(Direction::Both).await;
    assert!(desk.mailbox("Work").await.subscribed, "{:?}", desk.story().await);
}

/// What was set aside for the person has nothing left to do once the mailbox is gone.
#[tokio::test]
async fn a_deletion_that_was_set_aside_ends_with_its_mailbox() {
    let desk = Desk::with(preset("dovecot"), 1, &["Work"]).await;
    let work = desk.mailbox("Work").await.id;
    let deleted = desk.core().delete_mailbox(work).await.unwrap().operation;
    desk.scene.rival().deliver(desk.scene.raw("Work"), postrider_tests::workload::mail(77)).unwrap();
    desk.settles("changed").await;
    assert_eq!(desk.operation(deleted).await.state.as_str(), "needs_user");
    desk.scene.rival().delete(desk.scene.raw("Work")).unwrap();
    for _ in 0..3 {
        desk.scene.phone.clock.forward(20 * 60);
        desk.sync(Direction::Both).await;
    }
    assert_eq!(desk.operation(deleted).await.state.as_str(), "moot", "{:?}", desk.story().await);
}

#[tokio::test]
async fn a_server_that_breaks_the_connection_at_a_subscription_makes_no_later_sync_fail() {
    for preset_name in ["dovecot", "bare"] {
        let desk = Desk::with(preset(preset_name), 1, &[]).await;
        let account = desk.scene.phone.account;
        desk.core().create_mailbox(account, "Trips").await.unwrap();
        desk.scene.server.script().add(Rule::always("SUBSCRIBE", Act::Cut));
        let mut ends = Vec::new();
        for _ in 0..4 {
            ends.push(desk.scene.phone.sync().await.is_ok());
            desk.scene.phone.clock.forward(20 * 60);
        }
        assert!(!ends[0] && ends[2] && ends[3], "{preset_name}: {ends:?}, {:?}", desk.story().await);
        assert!(desk.names().await.contains(&"Trips".to_owned()), "{preset_name}");
        desk.all_done(preset_name).await;
    }
}
