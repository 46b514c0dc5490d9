//! A synced phone on which somebody does things to mail, by the numbers that the mails carry, whatever the network is; and both
//! sides compared by these numbers.
#![allow(clippy::expect_used, reason = "a test cannot go on without its scene")]

use std::collections::BTreeMap;

use postrider::api::{
    Core, Direction, FlagChange, ListFilter, MailboxId, MailboxInfo, MessageRow, OperationId, OperationInfo,
    OperationState, PlaceId, SyncOptions,
};
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile};

use crate::phone::USER;
use crate::scene::Scene;

/// What lies where: by mailbox as shown, the mails' numbers with their flags, in order.
pub type Laid = BTreeMap<String, Vec<(u64, Vec<String>)>>;

/// Seconds after which everything that was refused for now is due again.
const LATER: i64 = 16 * 60;

/// A server, and a phone at which somebody works.
pub struct Desk {
    /// Both.
    pub scene: Scene,
    /// Whether what the phone moves or deletes stays on the server, marked deleted, for want of UIDPLUS.
    marks: bool,
}

impl Desk {
    /// Synced, with so many mails in the inbox, numbered from 0, and the mailboxes `Work` and `Aside`.
    ///
    /// # Panics
    /// Where the scene cannot be set, as everything here.
    pub async fn new(profile: Profile, mails: u64) -> Self {
        Self::with(profile, mails, &["Work", "Aside"]).await
    }

    /// The same with other mailboxes beside those that the kind of server has.
    pub async fn with(profile: Profile, mails: u64, mailboxes: &[&str]) -> Self {
        let marks = !profile.has(Extension::UidPlus);
        Self::around(Scene::with_mail(profile, mails).await, marks, mailboxes).await
    }

    /// The same with a phone that is cheap: [`crate::phone::Phone::inline`].
    pub async fn inline(profile: Profile, mails: u64, mailboxes: &[&str]) -> Self {
        let marks = !profile.has(Extension::UidPlus);
        Self::around(Scene::inline(profile, mails).await, marks, mailboxes).await
    }

    async fn around(mut scene: Scene, marks: bool, mailboxes: &[&str]) -> Self {
        scene.hides_marked = marks;
        for name in mailboxes {
            scene.rival().create(scene.raw(name), &[]).expect("a mailbox");
        }
        scene.agrees("with mailboxes").await;
        Self { scene, marks }
    }

    /// What acts.
    pub fn core(&self) -> &Core {
        &self.scene.phone.core
    }

    /// The mailboxes as shown.
    pub async fn mailboxes(&self) -> Vec<MailboxInfo> {
        self.core().mailboxes(self.scene.phone.account).await.expect("mailboxes")
    }

    /// Their names.
    pub async fn names(&self) -> Vec<String> {
        self.mailboxes().await.into_iter().map(|mailbox| mailbox.name).collect()
    }

    /// A mailbox by its name.
    pub async fn mailbox(&self, name: &str) -> MailboxInfo {
        let found = self.mailboxes().await.into_iter().find(|mailbox| mailbox.name == name);
        found.unwrap_or_else(|| panic!("no mailbox {name}"))
    }

    /// The next such command meets this fault.
    pub fn once(&self, command: &str, act: Act) {
        self.scene.server.script().add(Rule::once(command, act));
    }

    /// The newest messages of a mailbox.
    pub async fn list(&self, mailbox: MailboxId) -> Vec<MessageRow> {
        self.core().messages(mailbox, ListFilter::default(), None, 500).await.expect("a page").messages
    }

    /// The same of the mailbox of this name.
    pub async fn rows(&self, mailbox: &str) -> Vec<MessageRow> {
        self.list(self.mailbox(mailbox).await.id).await
    }

    /// Their ids.
    pub async fn ids(&self, mailbox: &str) -> Vec<PlaceId> {
        self.rows(mailbox).await.into_iter().map(|row| row.id).collect()
    }

    /// The id of the mail of this number in a mailbox.
    pub async fn id(&self, mailbox: &str, number: u64) -> PlaceId {
        let row = self.rows(mailbox).await.into_iter().find(|row| row.subject == format!("Mail {number}"));
        row.expect("a mail of that number").id
    }

    /// Total and unread mails of a mailbox, as counted.
    pub async fn counts(&self, mailbox: &str) -> (u64, u64) {
        let mailbox = self.mailbox(mailbox).await;
        (mailbox.total, mailbox.unread)
    }

    /// Flags set and cleared.
    pub async fn flag(&self, id: PlaceId, add: &[&str], remove: &[&str]) -> OperationId {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let change = FlagChange { add: words(add), remove: words(remove) };
        self.core().flag(vec![id], change).await.expect("flags").operation
    }

    /// Moved.
    pub async fn move_to(&self, ids: &[PlaceId], mailbox: &str) -> OperationId {
        self.core().move_to(ids.to_vec(), self.mailbox(mailbox).await.id).await.expect("a move").operation
    }

    /// Copied; gives the copy too.
    pub async fn copy_to(&self, id: PlaceId, mailbox: &str) -> (OperationId, PlaceId) {
        let done = self.core().copy_to(vec![id], self.mailbox(mailbox).await.id).await.expect("a copy");
        (done.operation, *done.ids.first().expect("one copy"))
    }

    /// Deleted for ever.
    pub async fn delete(&self, id: PlaceId) -> OperationId {
        self.core().delete_forever(vec![id]).await.expect("a delete").operation
    }

    /// An operation as it is now.
    pub async fn operation(&self, id: OperationId) -> OperationInfo {
        self.core().operation(id).await.expect("an operation")
    }

    /// Syncs in one direction, whatever comes of it.
    pub async fn sync(&self, direction: Direction) {
        let _ = self.scene.phone.sync_with(SyncOptions { direction, ..SyncOptions::default() }).await;
    }

    /// Sends out what was done, over the connection that is open; the next such command meets this fault, which breaks it, and no
    /// other connection can be made. What was under way is unknown then.
    pub async fn breaks_off(&self, command: &str, act: Act) {
        let script = self.scene.server.script();
        script.add(Rule::once(command, act));
        script.add(Rule::always("GREETING", Act::Cut));
        let sent = self.scene.phone.sync_with(SyncOptions { direction: Direction::Push, ..SyncOptions::default() });
        assert!(sent.await.is_err(), "{command}");
        assert_eq!(script.waiting(), 0, "{command} came");
        script.clear();
    }

    /// Syncs, through errors and waiting times, until nothing is left, or for ten rounds; then compares both sides.
    pub async fn settles(&self, when: &str) {
        let mut last = None;
        for _ in 0..10 {
            let synced = self.scene.phone.sync().await;
            let settled = matches!(&synced, Ok((summary, _)) if summary.complete && summary.operations_left == 0);
            last = Some(synced);
            if settled {
                break;
            }
            self.scene.phone.clock.forward(LATER);
        }
        self.agrees(&format!("{when}; last sync: {last:?}")).await;
    }

    /// Both sides hold the same.
    pub async fn agrees(&self, when: &str) {
        assert_eq!(self.scene.same().await, Ok(()), "{when}");
        let story = self.story().await;
        assert_eq!(self.shown().await, self.held(), "{when}; {story:?}");
    }

    /// All operations in words.
    pub async fn story(&self) -> Vec<(String, &'static str, Option<String>)> {
        self.told(true).await
    }

    /// The same of those that are not at their end.
    pub async fn left(&self) -> Vec<(String, &'static str, Option<String>)> {
        self.told(false).await
    }

    async fn told(&self, all: bool) -> Vec<(String, &'static str, Option<String>)> {
        let told = self.core().operations(self.scene.phone.account, all).await.expect("operations");
        told.into_iter().map(|one| (one.kind, one.state.as_str(), one.reason_code)).collect()
    }

    /// Every operation came to the end that is hoped for.
    pub async fn all_done(&self, when: &str) {
        let story = self.story().await;
        assert!(story.iter().all(|(_, state, _)| *state == OperationState::Done.as_str()), "{when}: {story:?}");
    }

    /// What the phone shows.
    pub async fn shown(&self) -> Laid {
        let mut laid = Laid::new();
        for mailbox in self.mailboxes().await {
            for row in self.list(mailbox.id).await {
                let mut flags = row.flags;
                flags.sort();
                laid.entry(mailbox.name.clone()).or_default().push((number(&row.subject), flags));
            }
        }
        laid.values_mut().for_each(|mails| mails.sort());
        laid
    }

    /// What the server holds; without what is only marked deleted, where the server has no way to expunge that alone.
    pub fn held(&self) -> Laid {
        let mut laid = Laid::new();
        self.scene.server.world().with(|state| {
            let account = state.account(USER).expect("the account");
            for mailbox in account.mailboxes() {
                for place in mailbox.uids().into_iter().filter_map(|uid| mailbox.place(uid)) {
                    let text = String::from_utf8_lossy(&place.message.content.bytes()).into_owned();
                    let subject = text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default();
                    let words = place.flags.iter().filter(|flag| *flag != "\\Recent");
                    let mut flags: Vec<String> = words
                        .map(|flag| match flag.strip_prefix('\\') {
                            Some(system) => system.to_ascii_lowercase(),
                            None => flag.to_owned(),
                        })
                        .collect();
                    flags.sort();
                    if !(self.marks && flags.iter().any(|flag| flag == "deleted")) {
                        let name = self.scene.shown(&mailbox.name);
                        laid.entry(name).or_default().push((number(subject), flags));
                    }
                }
            }
        });
        laid.values_mut().for_each(|mails| mails.sort());
        laid
    }

    /// The mails' numbers that the server holds in a mailbox.
    pub fn numbers(&self, mailbox: &str) -> Vec<u64> {
        self.held().remove(mailbox).unwrap_or_default().into_iter().map(|(number, _)| number).collect()
    }

    /// How many mails the server holds, by mailboxes with their raw names.
    pub fn on_server(&self) -> BTreeMap<String, usize> {
        let snapshot = self.scene.server.world().snapshot();
        let account = snapshot.accounts.get(USER).expect("the account");
        let count = |(raw, mailbox): (&Vec<u8>, &postrider_model::world::MailboxSnapshot)| {
            (String::from_utf8_lossy(raw).into_owned(), mailbox.messages.len())
        };
        account.mailboxes.iter().filter(|(_, mailbox)| !mailbox.noselect).map(count).collect()
    }

    /// UIDs of a mailbox on the server, by the mails' numbers.
    pub fn uid(&self, mailbox: &str, wanted: u64) -> u32 {
        let raw = self.scene.raw(mailbox);
        let found = self.scene.server.world().with(|state| {
            let mailbox = state.account(USER)?.mailbox(raw.as_bytes())?;
            let subject = format!("\r\nSubject: Mail {wanted}\r\n");
            mailbox.uids().into_iter().find(|uid| {
                mailbox
                    .place(*uid)
                    .is_some_and(|place| String::from_utf8_lossy(&place.message.content.bytes()).contains(&subject))
            })
        });
        found.expect("a mail of that number")
    }
}

fn number(subject: &str) -> u64 {
    subject.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(u64::MAX)
}
