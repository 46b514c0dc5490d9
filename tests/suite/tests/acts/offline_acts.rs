//! What a person does with no network shows at once and reaches the server once, on every kind of server.
#![allow(clippy::unwrap_used)]

use postrider::api::OperationState;
use postrider_model::profile::Profile;
use postrider_tests::desk::Desk;
use postrider_tests::kinds::profiles;

#[tokio::test]
async fn flags_show_at_once_and_reach_the_server() {
    for (name, profile) in profiles() {
        let desk = Desk::new(profile, 3).await;
        let ids = desk.ids("INBOX").await;
        let before = desk.counts("INBOX").await;
        desk.flag(ids[0], &["seen", "flagged"], &[]).await;
        desk.flag(ids[1], &["seen"], &[]).await;
        desk.flag(ids[1], &["answered"], &["seen"]).await;
        let shown = desk.rows("INBOX").await;
        assert_eq!(shown[0].flags, ["seen", "flagged"], "{name}");
        assert_eq!(shown[0].pending, ["flag"], "{name}");
        assert_eq!(shown[1].flags, ["answered"], "{name}");
        assert_eq!(desk.counts("INBOX").await, (before.0, before.1 - 1), "{name}");
        desk.scene.agrees(&name).await;
        desk.all_done(&name).await;
        let shown = desk.rows("INBOX").await;
        assert_eq!(
            (shown[0].flags.clone(), shown[0].pending.len()),
            (vec!["seen".to_owned(), "flagged".to_owned()], 0)
        );
        assert_eq!(desk.counts("INBOX").await, (before.0, before.1 - 1), "{name}");
    }
}

#[tokio::test]
async fn a_move_shows_at_once_keeps_the_id_and_reaches_the_server() {
    for (name, profile) in profiles() {
        let desk = Desk::new(profile, 4).await;
        let ids = desk.ids("INBOX").await;
        desk.move_to(&ids[..2], "Work").await;
        assert_eq!(desk.ids("INBOX").await, ids[2..], "{name}");
        assert_eq!(desk.ids("Work").await, ids[..2], "{name}");
        desk.scene.agrees(&name).await;
        desk.all_done(&name).await;
        assert_eq!(desk.ids("Work").await, ids[..2], "{name}");
        assert_eq!(desk.ids("INBOX").await, ids[2..], "{name}");
    }
}

#[tokio::test]
async fn hard_problem_13_a_second_and_third_action_on_a_message_just_work() {
    for (name, profile) in profiles() {
        let desk = Desk::new(profile, 3).await;
        let ids = desk.ids("INBOX").await;
        desk.move_to(&ids[..1], "Work").await;
        desk.flag(ids[0], &["flagged"], &[]).await;
        desk.move_to(&ids[..1], "Aside").await;
        let copied = desk.core().copy_to(vec![ids[1]], desk.mailbox("Work").await.id).await.unwrap().ids;
        desk.flag(copied[0], &["seen"], &[]).await;
        desk.core().move_to(copied.clone(), desk.mailbox("Aside").await.id).await.unwrap();
        desk.core().delete_forever(vec![ids[2]]).await.unwrap();
        let mut expected = vec![ids[0], copied[0]];
        expected.sort();
        let mut shown = desk.ids("Aside").await;
        shown.sort();
        assert_eq!((shown, desk.ids("INBOX").await), (expected.clone(), vec![ids[1]]), "{name}");
        desk.scene.agrees(&name).await;
        desk.all_done(&name).await;
        let mut shown = desk.ids("Aside").await;
        shown.sort();
        assert_eq!((shown, desk.ids("Work").await.len()), (expected, 0), "{name}");
    }
}

#[tokio::test]
async fn what_is_taken_back_before_it_left_is_undone_and_never_sent() {
    let desk = Desk::new(Profile::preset("dovecot").unwrap(), 2).await;
    let ids = desk.ids("INBOX").await;
    let before = desk.scene.server.world().effects().len();
    let core = &desk.core();
    let moved = core.move_to(vec![ids[0]], desk.mailbox("Work").await.id).await.unwrap().operation;
    let copied = core.copy_to(vec![ids[1]], desk.mailbox("Work").await.id).await.unwrap().operation;
    for operation in [moved, copied] {
        assert_eq!(core.cancel_operation(operation).await.unwrap().state, OperationState::Cancelled);
    }
    assert_eq!((desk.ids("INBOX").await, desk.ids("Work").await), (ids, vec![]));
    desk.scene.agrees("after").await;
    assert_eq!(desk.scene.server.world().effects().len(), before);
}
