//! A person at work: a synced phone, and what they see on it.

use std::collections::BTreeMap;

use postrider::api::{Core, ListFilter, MailboxId, MailboxInfo, MessageRow, OperationId, OperationInfo, PlaceId};
use postrider_model::profile::{Extension, Profile};

use crate::phone::USER;
use crate::scene::Scene;

/// Every kind of server, each also without what makes answers provable.
///
/// # Panics
/// Where a preset is missing.
#[allow(clippy::expect_used, reason = "a test cannot go on without its servers")]
pub fn profiles() -> Vec<(String, Profile)> {
    let mut profiles = Vec::new();
    for name in Profile::PRESETS {
        let preset = || Profile::preset(name).expect("a preset");
        profiles.push((name.to_owned(), preset()));
        profiles.push((format!("{name} without MOVE"), preset().without(Extension::Move)));
        profiles.push((format!("{name} without UIDPLUS"), preset().without(Extension::UidPlus)));
        profiles.push((
            format!("{name} without MOVE, UIDPLUS"),
            preset().without(Extension::Move).without(Extension::UidPlus),
        ));
    }
    profiles
}

/// A phone that was synced with a server.
pub struct Office {
    /// Both.
    pub scene: Scene,
}

#[allow(clippy::expect_used, reason = "a test cannot go on without its scene")]
impl Office {
    /// With so many mails in the inbox, and these mailboxes beside those that the kind of server has.
    ///
    /// # Panics
    /// Where the scene cannot be set.
    pub async fn new(profile: Profile, mails: u64, mailboxes: &[&str]) -> Self {
        let marks = !profile.has(Extension::UidPlus);
        let mut scene = Scene::with_mail(profile, mails).await;
        scene.hides_marked = marks;
        for name in mailboxes {
            scene.rival().create(scene.raw(name), &[]).expect("a mailbox");
        }
        scene.agrees("with mailboxes").await;
        Self { scene }
    }

    /// What acts.
    pub fn core(&self) -> &Core {
        &self.scene.phone.core
    }

    /// The mailboxes as shown.
    ///
    /// # Panics
    /// Where they cannot be read.
    pub async fn mailboxes(&self) -> Vec<MailboxInfo> {
        self.core().mailboxes(self.scene.phone.account).await.expect("mailboxes")
    }

    /// Their names.
    pub async fn names(&self) -> Vec<String> {
        self.mailboxes().await.into_iter().map(|mailbox| mailbox.name).collect()
    }

    /// The mailbox of this name.
    ///
    /// # Panics
    /// Where none is shown.
    pub async fn mailbox(&self, name: &str) -> MailboxInfo {
        let found = self.mailboxes().await.into_iter().find(|mailbox| mailbox.name == name);
        found.unwrap_or_else(|| panic!("no mailbox {name}"))
    }

    /// Its messages, newest first.
    ///
    /// # Panics
    /// Where it cannot be read.
    pub async fn list(&self, mailbox: MailboxId) -> Vec<MessageRow> {
        self.core().messages(mailbox, ListFilter::default(), None, 100).await.expect("a page").messages
    }

    /// Their ids.
    pub async fn ids(&self, mailbox: &str) -> Vec<PlaceId> {
        let id = self.mailbox(mailbox).await.id;
        self.list(id).await.into_iter().map(|row| row.id).collect()
    }

    /// One operation.
    ///
    /// # Panics
    /// Where there is none of this id.
    pub async fn operation(&self, id: OperationId) -> OperationInfo {
        self.core().operation(id).await.expect("an operation")
    }

    /// Syncs until nothing is left to be done now, and looks at both sides.
    ///
    /// # Panics
    /// Where they differ.
    pub async fn settles(&self, when: &str) {
        for _ in 0..4 {
            let (summary, _) = self.scene.phone.sync().await.expect("a sync");
            if summary.operations_left == 0 {
                break;
            }
        }
        assert_eq!(self.scene.same().await, Ok(()), "{when}");
    }

    /// All operations, with their states and reasons.
    ///
    /// # Panics
    /// Where they cannot be read.
    pub async fn story(&self, all: bool) -> Vec<(String, &'static str, Option<String>)> {
        let operations = self.core().operations(self.scene.phone.account, all).await.expect("operations");
        operations.into_iter().map(|one| (one.kind, one.state.as_str(), one.reason_code)).collect()
    }

    /// Nothing is pending, and what is done is done.
    ///
    /// # Panics
    /// Where it is not so.
    pub async fn all_done(&self, when: &str) {
        let story = self.story(true).await;
        assert!(story.iter().all(|(_, state, _)| *state == "done"), "{when}: {story:?}");
    }

    /// The subjects that the server holds, by mailboxes with their raw names.
    ///
    /// # Panics
    /// Where the account is missing.
    pub fn on_server(&self) -> BTreeMap<String, usize> {
        let snapshot = self.scene.server.world().snapshot();
        let account = snapshot.accounts.get(USER).expect("the account");
        let count = |(raw, mailbox): (&Vec<u8>, &postrider_model::world::MailboxSnapshot)| {
            (String::from_utf8_lossy(raw).into_owned(), mailbox.messages.len())
        };
        account.mailboxes.iter().filter(|(_, mailbox)| !mailbox.noselect).map(count).collect()
    }
}
