//! What a person does to mailboxes with no network shows at once and reaches the server once, on every kind of server.
#![allow(clippy::unwrap_used)]

use postrider::api::CoreError;
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::Profile;
use postrider_tests::desk::Desk;
use postrider_tests::kinds::profiles;
use postrider_tests::phone::USER;

fn preset(name: &str) -> Profile {
    Profile::preset(name).unwrap()
}

#[tokio::test]
async fn a_mailbox_is_made_filled_renamed_and_its_mail_acted_on_before_the_server_knows_it() {
    for (name, profile) in profiles() {
        let desk = Desk::with(profile, 4, &["Work"]).await;
        let (core, account) = (desk.core(), desk.scene.phone.account);
        let inbox = desk.ids("INBOX").await;
        let made = core.create_mailbox(account, "Work/Trips").await.unwrap().mailbox;
        core.move_to(inbox[..2].to_vec(), made).await.unwrap();
        let copy = core.copy_to(vec![inbox[2]], made).await.unwrap().ids[0];
        core.rename_mailbox(made, "Journeys").await.unwrap();
        let change = postrider::api::FlagChange { add: vec!["flagged".to_owned()], remove: Vec::new() };
        core.flag(vec![inbox[0]], change).await.unwrap();
        let shown = desk.mailbox("Journeys").await;
        assert_eq!((shown.id, shown.total), (made, 3), "{name}");
        let mut expected = vec![inbox[0], inbox[1], copy];
        expected.sort();
        let mut ids = desk.ids("Journeys").await;
        ids.sort();
        assert_eq!(ids, expected, "{name}");
        desk.settles(&name).await;
        desk.all_done(&name).await;
        let shown = desk.mailbox("Journeys").await;
        let mut ids = desk.ids("Journeys").await;
        ids.sort();
        assert_eq!((shown.id, shown.total, ids), (made, 3, expected), "{name}");
        assert!(desk.list(made).await.iter().any(|row| row.id == inbox[0] && row.flags == ["flagged"]), "{name}");
    }
}

#[tokio::test]
async fn a_renamed_mailbox_takes_along_what_lies_below_it_and_all_ids_stay() {
    for (name, profile) in profiles() {
        let desk = Desk::with(profile, 3, &["Work", "Work/2026", "Workshop"]).await;
        let (work, below) = (desk.mailbox("Work").await.id, desk.mailbox("Work/2026").await.id);
        let inbox = desk.ids("INBOX").await;
        desk.core().move_to(vec![inbox[0]], below).await.unwrap();
        desk.core().rename_mailbox(work, "Office").await.unwrap();
        desk.core().move_to(vec![inbox[1]], below).await.unwrap();
        assert_eq!((desk.mailbox("Office").await.id, desk.mailbox("Office/2026").await.id), (work, below), "{name}");
        assert!(!desk.names().await.contains(&"Work".to_owned()), "{name}");
        desk.settles(&name).await;
        desk.all_done(&name).await;
        assert_eq!((desk.mailbox("Office").await.id, desk.mailbox("Office/2026").await.id), (work, below), "{name}");
        assert_eq!(desk.ids("Office/2026").await.len(), 2, "{name}");
        assert!(desk.names().await.contains(&"Workshop".to_owned()), "{name}");
    }
}

#[tokio::test]
async fn a_deleted_mailbox_is_hidden_with_its_mail_and_goes_from_the_server() {
    for (name, profile) in profiles() {
        let desk = Desk::with(profile, 3, &["Work"]).await;
        let work = desk.mailbox("Work").await.id;
        let inbox = desk.ids("INBOX").await;
        // What the person puts there before is known to them.
        desk.core().move_to(vec![inbox[0]], work).await.unwrap();
        desk.settles(&name).await;
        desk.core().move_to(vec![inbox[1]], work).await.unwrap();
        desk.core().delete_mailbox(work).await.unwrap();
        assert!(!desk.names().await.contains(&"Work".to_owned()), "{name}");
        let hidden = desk.core().message(inbox[0]).await;
        assert!(matches!(hidden, Err(CoreError::NotFound { .. })), "{name}");
        desk.core().finish_indexing().await.unwrap();
        let found = desk.core().search("subject:mail", None, 50).await.unwrap();
        let found: Vec<_> = found.into_iter().map(|row| row.id).collect();
        if !name.starts_with("gmail") {
            assert_eq!(found, [inbox[2]], "{name}");
        }
        desk.settles(&name).await;
        assert_eq!(desk.left().await, [], "{name}");
        assert!(!desk.names().await.contains(&"Work".to_owned()), "{name}");
    }
}

#[tokio::test]
async fn a_subscription_shows_at_once_and_reaches_the_server() {
    for (name, profile) in profiles() {
        let desk = Desk::with(profile, 0, &["Work"]).await;
        let work = desk.mailbox("Work").await;
        for wanted in [true, false] {
            desk.core().subscribe_mailbox(work.id, wanted).await.unwrap();
            assert_eq!(desk.mailbox("Work").await.subscribed, wanted, "{name}");
            desk.settles(&name).await;
            desk.all_done(&name).await;
            assert_eq!(desk.mailbox("Work").await.subscribed, wanted, "{name}");
            let snapshot = desk.scene.server.world().snapshot();
            let there = snapshot.accounts[USER].subscriptions.contains(desk.scene.raw("Work").as_bytes());
            assert_eq!(there, wanted, "{name}");
        }
    }
}

#[tokio::test]
async fn a_name_of_any_letters_is_made_below_any_mailbox() {
    for preset_name in Profile::PRESETS {
        let desk = Desk::with(preset(preset_name), 0, &[]).await;
        let (core, account) = (desk.core(), desk.scene.phone.account);
        let above = core.create_mailbox(account, "Größe & Maß").await.unwrap().mailbox;
        let below = core.create_mailbox(account, "Größe & Maß/旅行").await.unwrap().mailbox;
        let shown = |mailboxes: Vec<postrider::api::MailboxInfo>, id| {
            mailboxes.into_iter().find(|one| one.id == id).map(|one| one.name)
        };
        for when in ["before", "after"] {
            assert_eq!(shown(desk.mailboxes().await, above).as_deref(), Some("Größe & Maß"), "{preset_name} {when}");
            assert_eq!(shown(desk.mailboxes().await, below).as_deref(), Some("Größe & Maß/旅行"), "{preset_name}");
            let (summary, notices) = desk.scene.phone.sync().await.unwrap();
            assert!(summary.complete, "{preset_name}: {notices:?}");
        }
        desk.all_done(preset_name).await;
        let raw = desk.scene.raw("Gr&APYA3w-e &- Ma&AN8-");
        assert!(desk.on_server().contains_key(&raw), "{preset_name}: {:?}", desk.on_server());
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_at_once() {
    let desk = Desk::with(preset("courier"), 0, &["Work", "Work/2026"]).await;
    let (core, account) = (desk.core(), desk.scene.phone.account);
    let (inbox, work) = (desk.mailbox("INBOX").await.id, desk.mailbox("Work").await.id);
    for name in ["", "a//b", "/a", "a\u{7}", "a.b"] {
        let refused = core.create_mailbox(account, name).await;
        assert!(matches!(refused, Err(CoreError::InvalidInput { .. })), "{name}: {refused:?}");
    }
    for name in ["Work", "INBOX", "inbox"] {
        let refused = core.create_mailbox(account, name).await;
        assert!(matches!(refused, Err(CoreError::AlreadyExists { .. })), "{name}: {refused:?}");
    }
    let invalid = |refused: Result<_, CoreError>| matches!(refused, Err(CoreError::InvalidInput { .. }));
    assert!(invalid(core.rename_mailbox(inbox, "Old").await.map(|_| ())));
    assert!(invalid(core.rename_mailbox(work, "Work/2026/Below").await.map(|_| ())));
    assert!(invalid(core.delete_mailbox(inbox).await.map(|_| ())));
    assert!(invalid(core.delete_mailbox(work).await.map(|_| ())));
    assert_eq!(desk.story().await, []);
}

#[tokio::test]
async fn a_refused_creation_is_rolled_back_with_what_was_to_go_there() {
    let desk = Desk::with(preset("dovecot"), 3, &[]).await;
    let (core, account) = (desk.core(), desk.scene.phone.account);
    let inbox = desk.ids("INBOX").await;
    let created = core.create_mailbox(account, "Trips").await.unwrap();
    let moved = core.move_to(vec![inbox[0]], created.mailbox).await.unwrap().operation;
    let copied = core.copy_to(vec![inbox[1]], created.mailbox).await.unwrap().operation;
    desk.scene.server.script().add(Rule::always("CREATE", Act::Refuse("NO [NOPERM] no".to_owned())));
    desk.settles("refused").await;
    assert!(!desk.names().await.contains(&"Trips".to_owned()));
    assert_eq!(desk.ids("INBOX").await, inbox);
    let reason = |code: &str| ("parked", Some(code.to_owned()));
    for (id, code) in [(created.operation, "no_permission"), (moved, "no_mailbox"), (copied, "no_mailbox")] {
        let one = desk.operation(id).await;
        assert_eq!((one.state.as_str(), one.reason_code), reason(code));
    }
    // The same once more, now that the server permits it.
    desk.scene.server.script().clear();
    core.retry_operation(created.operation).await.unwrap();
    assert_eq!((desk.ids("Trips").await.len(), desk.ids("INBOX").await), (2, inbox[1..].to_vec()));
    desk.settles("tried again").await;
    desk.all_done("tried again").await;
    assert_eq!(desk.ids("Trips").await.len(), 2);
}

#[tokio::test]
async fn what_is_taken_back_is_undone_with_what_depends_on_it() {
    let desk = Desk::with(preset("dovecot"), 2, &["Work", "Work/2026"]).await;
    let (core, account) = (desk.core(), desk.scene.phone.account);
    let before = (desk.names().await, desk.ids("INBOX").await, desk.scene.server.world().effects().len());
    let created = core.create_mailbox(account, "Trips").await.unwrap();
    core.move_to(vec![before.1[0]], created.mailbox).await.unwrap();
    let renamed = core.rename_mailbox(desk.mailbox("Work").await.id, "Office").await.unwrap().operation;
    let deleted = core.delete_mailbox(desk.mailbox("Office/2026").await.id).await.unwrap().operation;
    assert_ne!(desk.names().await, before.0);
    for operation in [created.operation, renamed, deleted] {
        core.cancel_operation(operation).await.unwrap();
    }
    assert_eq!((desk.names().await, desk.ids("INBOX").await), (before.0, before.1));
    desk.settles("after").await;
    assert_eq!(desk.scene.server.world().effects().len(), before.2);
}

#[tokio::test]
async fn a_mailbox_that_somebody_else_made_meanwhile_is_the_one_that_was_wanted() {
    for (name, profile) in profiles() {
        let desk = Desk::with(profile, 2, &[]).await;
        let (core, account) = (desk.core(), desk.scene.phone.account);
        let inbox = desk.ids("INBOX").await;
        let made = core.create_mailbox(account, "Trips").await.unwrap().mailbox;
        core.move_to(vec![inbox[0]], made).await.unwrap();
        desk.scene.rival().create(desk.scene.raw("Trips"), &[]).unwrap();
        // A sync that only looks sees it first.
        let pull = postrider::api::SyncOptions {
            direction: postrider::api::Direction::Pull,
            ..postrider::api::SyncOptions::default()
        };
        desk.scene.phone.sync_with(pull).await.unwrap();
        assert_eq!(desk.mailbox("Trips").await.id, made, "{name}");
        desk.settles(&name).await;
        desk.all_done(&name).await;
        assert_eq!((desk.mailbox("Trips").await.id, desk.ids("Trips").await), (made, vec![inbox[0]]), "{name}");
    }
}

#[tokio::test]
async fn a_name_that_another_has_taken_meanwhile_is_told_and_the_rename_rolled_back() {
    for preset_name in Profile::PRESETS {
        let desk = Desk::with(preset(preset_name), 1, &["Work"]).await;
        let work = desk.mailbox("Work").await.id;
        desk.core().move_to(desk.ids("INBOX").await, work).await.unwrap();
        desk.settles(preset_name).await;
        let renamed = desk.core().rename_mailbox(work, "Office").await.unwrap().operation;
        desk.scene.rival().create(desk.scene.raw("Office"), &[]).unwrap();
        desk.settles(preset_name).await;
        let one = desk.operation(renamed).await;
        assert_eq!((one.state.as_str(), one.reason_code.as_deref()), ("parked", Some("exists")), "{preset_name}");
        assert_eq!(desk.mailbox("Work").await.id, work, "{preset_name}");
    }
}

#[tokio::test]
async fn mail_that_came_into_a_deleted_mailbox_meanwhile_is_never_destroyed() {
    for preset_name in Profile::PRESETS {
        let desk = Desk::with(preset(preset_name), 1, &["Work"]).await;
        let work = desk.mailbox("Work").await.id;
        let deleted = desk.core().delete_mailbox(work).await.unwrap().operation;
        let raw = desk.scene.raw("Work");
        desk.scene.rival().deliver(&raw, postrider_tests::workload::mail(77)).unwrap();
        desk.settles(preset_name).await;
        let one = desk.operation(deleted).await;
        assert_eq!((one.state.as_str(), one.reason_code.as_deref()), ("needs_user", Some("changed")), "{preset_name}");
        assert_eq!((desk.mailbox("Work").await.id, desk.ids("Work").await.len()), (work, 1), "{preset_name}");
        // Now the user knows of it.
        desk.core().retry_operation(deleted).await.unwrap();
        desk.settles(preset_name).await;
        desk.all_done(preset_name).await;
        assert!(!desk.on_server().contains_key(&raw), "{preset_name}");
    }
}

#[tokio::test]
async fn mail_that_is_to_leave_a_mailbox_leaves_it_before_it_is_deleted_though_its_uid_is_not_known_yet() {
    for (name, profile) in profiles() {
        let desk = Desk::with(profile, 2, &["Work", "Aside"]).await;
        let (core, inbox) = (desk.core(), desk.ids("INBOX").await);
        let (work, aside) = (desk.mailbox("Work").await.id, desk.mailbox("Aside").await.id);
        let copy = core.copy_to(vec![inbox[0]], work).await.unwrap().ids[0];
        // It stands between the two, so that the copy is there and goes on under a UID that no answer told.
        core.flag(vec![copy], postrider::api::FlagChange { add: vec!["seen".to_owned()], remove: Vec::new() })
            .await
            .unwrap();
        core.move_to(vec![copy], aside).await.unwrap();
        core.delete_mailbox(work).await.unwrap();
        desk.settles(&name).await;
        desk.settles(&name).await;
        assert_eq!((desk.numbers("INBOX").len(), desk.numbers("Aside").len()), (2, 1), "{name}");
        desk.all_done(&name).await;
        assert!(!desk.names().await.contains(&"Work".to_owned()), "{name}");
    }
}

#[tokio::test]
async fn a_mailbox_whose_mail_could_not_be_moved_out_is_not_deleted_until_the_person_wants_it_all_the_same() {
    for (name, profile) in profiles() {
        let desk = Desk::with(profile.clone(), 1, &["Work", "Aside"]).await;
        desk.scene.rival().copy("INBOX", &[1], desk.scene.raw("Work")).unwrap();
        desk.scene.agrees("with mail to be moved").await;
        let core = desk.core();
        let (work, aside) = (desk.mailbox("Work").await.id, desk.mailbox("Aside").await.id);
        core.move_to(desk.ids("Work").await, aside).await.unwrap();
        let deleted = core.delete_mailbox(work).await.unwrap().operation;
        for command in ["UID MOVE", "UID COPY"] {
            desk.scene.server.script().add(Rule::always(command, Act::Refuse("NO [NOPERM] not there".to_owned())));
        }
        desk.settles(&name).await;
        assert_eq!(desk.numbers("Work").len(), 1, "{name}");
        let one = desk.operation(deleted).await;
        assert_eq!((one.state.as_str(), one.reason_code.as_deref()), ("needs_user", Some("not_moved")), "{name}");
        assert!(desk.names().await.contains(&"Work".to_owned()), "{name}: it is shown again");
        core.retry_operation(deleted).await.unwrap();
        desk.settles(&name).await;
        assert!(!desk.names().await.contains(&"Work".to_owned()), "{name}");
        assert_eq!(desk.operation(deleted).await.state.as_str(), "done", "{name}");
    }
}

#[tokio::test]
async fn a_mailbox_taken_back_takes_with_it_the_copies_of_what_was_to_be_copied_there() {
    let desk = Desk::new(Profile::dovecot(), 1).await;
    let plans = desk.core().create_mailbox(desk.scene.phone.account, "Plans").await.unwrap();
    let (_, copy) = desk.copy_to(desk.id("INBOX", 0).await, "Plans").await;
    desk.move_to(&[copy], "INBOX").await;
    desk.copy_to(copy, "Aside").await;
    assert_eq!((desk.rows("INBOX").await.len(), desk.rows("Aside").await.len()), (2, 1));
    desk.core().cancel_operation(plans.operation).await.unwrap();
    assert_eq!((desk.rows("INBOX").await.len(), desk.rows("Aside").await.len()), (1, 0));
}
