//! What a person does with no network shows at once and reaches the server once, on every kind of server.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use postrider::api::{FlagChange, ListFilter, MailboxId, MessageRow, OperationState, PlaceId};
use postrider_model::profile::{Extension, Profile};
use postrider_tests::office::profiles;
use postrider_tests::scene::Scene;

struct Desk {
    scene: Scene,
    mailboxes: BTreeMap<String, MailboxId>,
}

impl Desk {
    async fn new(profile: Profile, mails: u64) -> Self {
        let marks = !profile.has(Extension::UidPlus);
        let mut scene = Scene::with_mail(profile, mails).await;
        scene.hides_marked = marks;
        for name in ["Work", "Aside"] {
            scene.rival().create(scene.raw(name), &[]).unwrap();
        }
        scene.agrees("with mailboxes").await;
        let listed = scene.phone.core.mailboxes(scene.phone.account).await.unwrap();
        let mailboxes = listed.into_iter().map(|mailbox| (mailbox.name, mailbox.id)).collect();
        Self { scene, mailboxes }
    }

    async fn list(&self, mailbox: &str) -> Vec<MessageRow> {
        let id = self.mailboxes[mailbox];
        self.scene.phone.core.messages(id, ListFilter::default(), None, 100).await.unwrap().messages
    }

    async fn ids(&self, mailbox: &str) -> Vec<PlaceId> {
        self.list(mailbox).await.into_iter().map(|row| row.id).collect()
    }

    async fn counts(&self, mailbox: &str) -> (u64, u64) {
        let listed = self.scene.phone.core.mailboxes(self.scene.phone.account).await.unwrap();
        listed.iter().find(|one| one.name == mailbox).map(|one| (one.total, one.unread)).unwrap()
    }

    async fn flag(&self, id: PlaceId, add: &[&str], remove: &[&str]) {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let change = FlagChange { add: words(add), remove: words(remove) };
        self.scene.phone.core.flag(vec![id], change).await.unwrap();
    }

    async fn move_to(&self, ids: &[PlaceId], mailbox: &str) {
        self.scene.phone.core.move_to(ids.to_vec(), self.mailboxes[mailbox]).await.unwrap();
    }

    /// Nothing is pending, and what is done is done.
    async fn all_done(&self, when: &str) {
        let left = self.scene.phone.core.operations(self.scene.phone.account, false).await.unwrap();
        assert_eq!(left, [], "{when}");
        let all = self.scene.phone.core.operations(self.scene.phone.account, true).await.unwrap();
        assert!(all.iter().all(|one| one.state == OperationState::Done), "{when}: {all:?}");
    }
}

#[tokio::test]
async fn flags_show_at_once_and_reach_the_server() {
    for (name, profile) in profiles() {
        let desk = Desk::new(profile, 3).await;
        let ids = desk.ids("INBOX").await;
        let before = desk.counts("INBOX").await;
        desk.flag(ids[0], &["seen", "flagged"], &[]).await;
        desk.flag(ids[1], &["seen"], &[]).await;
        desk.flag(ids[1], &["answered"], &["seen"]).await;
        let shown = desk.list("INBOX").await;
        assert_eq!(shown[0].flags, ["seen", "flagged"], "{name}");
        assert_eq!(shown[0].pending, ["flag"], "{name}");
        assert_eq!(shown[1].flags, ["answered"], "{name}");
        assert_eq!(desk.counts("INBOX").await, (before.0, before.1 - 1), "{name}");
        desk.scene.agrees(&name).await;
        desk.all_done(&name).await;
        let shown = desk.list("INBOX").await;
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
        let copied = desk.scene.phone.core.copy_to(vec![ids[1]], desk.mailboxes["Work"]).await.unwrap().ids;
        desk.flag(copied[0], &["seen"], &[]).await;
        desk.scene.phone.core.move_to(copied.clone(), desk.mailboxes["Aside"]).await.unwrap();
        desk.scene.phone.core.delete_forever(vec![ids[2]]).await.unwrap();
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
    let core = &desk.scene.phone.core;
    let moved = core.move_to(vec![ids[0]], desk.mailboxes["Work"]).await.unwrap().operation;
    let copied = core.copy_to(vec![ids[1]], desk.mailboxes["Work"]).await.unwrap().operation;
    for operation in [moved, copied] {
        assert_eq!(core.cancel_operation(operation).await.unwrap().state, OperationState::Cancelled);
    }
    assert_eq!((desk.ids("INBOX").await, desk.ids("Work").await), (ids, vec![]));
    desk.scene.agrees("after").await;
    assert_eq!(desk.scene.server.world().effects().len(), before);
}
