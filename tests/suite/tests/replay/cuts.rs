//! The connection is cut while what the person did goes out, at every place in turn: in the end it was done once, on the right
//! messages, and both sides agree.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use postrider::api::{FlagChange, ListFilter, MailboxId, OperationState, PlaceId};
use postrider_model::profile::{Extension, Profile};
use postrider_tests::scene::Scene;

const MAILS: u64 = 6;

/// Kinds of servers that differ in what they prove.
fn profiles() -> Vec<(String, Profile)> {
    let mut profiles = Vec::new();
    for name in ["bare", "dovecot", "cyrus", "exchange"] {
        let preset = || Profile::preset(name).unwrap();
        profiles.push((name.to_owned(), preset()));
        profiles.push((format!("{name} without MOVE"), preset().without(Extension::Move)));
        profiles.push((format!("{name} without UIDPLUS"), preset().without(Extension::UidPlus)));
    }
    profiles
}

struct Offline {
    scene: Scene,
    ids: Vec<PlaceId>,
    copy: PlaceId,
    mailboxes: BTreeMap<String, MailboxId>,
    marks: bool,
}

impl Offline {
    /// A phone that was synced, and on which things were done since.
    async fn new(profile: &Profile) -> Self {
        let marks = !profile.has(Extension::UidPlus);
        let mut scene = Scene::with_mail(profile.clone(), MAILS).await;
        scene.hides_marked = marks;
        for name in ["Work", "Aside"] {
            scene.rival().create(scene.raw(name), &[]).unwrap();
        }
        scene.agrees("with mailboxes").await;
        let core = &scene.phone.core;
        let listed = core.mailboxes(scene.phone.account).await.unwrap();
        let mailboxes: BTreeMap<String, MailboxId> =
            listed.into_iter().map(|mailbox| (mailbox.name, mailbox.id)).collect();
        let page = core.messages(mailboxes["INBOX"], ListFilter::default(), None, 100).await.unwrap();
        let ids: Vec<PlaceId> = page.messages.into_iter().map(|row| row.id).collect();
        let words = |word: &str| vec![word.to_owned()];
        let flag = |add: &str| FlagChange { add: words(add), remove: Vec::new() };
        core.flag(vec![ids[0], ids[1]], flag("flagged")).await.unwrap();
        core.move_to(vec![ids[1], ids[2]], mailboxes["Work"]).await.unwrap();
        core.flag(vec![ids[2]], flag("seen")).await.unwrap();
        let copy = core.copy_to(vec![ids[3]], mailboxes["Aside"]).await.unwrap().ids[0];
        core.flag(vec![copy], flag("answered")).await.unwrap();
        core.delete_forever(vec![ids[4]]).await.unwrap();
        Self { scene, ids, copy, mailboxes, marks }
    }

    async fn shown(&self, mailbox: &str) -> Vec<(PlaceId, Vec<String>)> {
        let id = self.mailboxes[mailbox];
        let page = self.scene.phone.core.messages(id, ListFilter::default(), None, 100).await.unwrap();
        page.messages.into_iter().map(|row| (row.id, row.flags)).collect()
    }

    /// What the person sees is what they did, always.
    async fn shows_what_was_done(&self, when: &str) {
        let has = |rows: &[(PlaceId, Vec<String>)], id: PlaceId, flag: &str| {
            rows.iter().any(|(row, flags)| *row == id && flags.iter().any(|there| there == flag))
        };
        let ids = |rows: &[(PlaceId, Vec<String>)]| {
            let mut ids: Vec<PlaceId> = rows.iter().map(|(id, _)| *id).collect();
            ids.sort();
            ids
        };
        let sorted = |mut ids: Vec<PlaceId>| {
            ids.sort();
            ids
        };
        let (inbox, work, aside) = (self.shown("INBOX").await, self.shown("Work").await, self.shown("Aside").await);
        assert_eq!(ids(&inbox), sorted(vec![self.ids[0], self.ids[3], self.ids[5]]), "{when}: INBOX");
        assert_eq!(ids(&work), sorted(vec![self.ids[1], self.ids[2]]), "{when}: Work");
        assert_eq!(ids(&aside), [self.copy], "{when}: Aside");
        assert!(has(&inbox, self.ids[0], "flagged") && has(&work, self.ids[1], "flagged"), "{when}");
        assert!(has(&work, self.ids[2], "seen") && has(&aside, self.copy, "answered"), "{when}");
    }

    /// Syncs until nothing is left, and looks at both sides.
    async fn comes_to_its_end(&self, when: &str) {
        for _ in 0..3 {
            let (summary, _) = self.scene.phone.sync().await.unwrap();
            if summary.operations_left == 0 {
                break;
            }
        }
        self.shows_what_was_done(when).await;
        assert_eq!(self.scene.same().await, Ok(()), "{when}");
        let all = self.scene.phone.core.operations(self.scene.phone.account, true).await.unwrap();
        assert!(all.iter().all(|one| one.state == OperationState::Done), "{when}: {all:?}");
        // Nothing lost, nothing doubled: each mail is there once, and the copied one twice.
        let snapshot = self.scene.server.world().snapshot();
        let held = postrider_tests::workload::held(self.scene.server.world(), '/', "");
        let live = |flags: &Vec<String>| !self.marks || !flags.contains(&"deleted".to_owned());
        let count: usize = held.values().flat_map(BTreeMap::values).filter(|(flags, _)| live(flags)).count();
        assert_eq!(count as u64, MAILS, "{when}: one deleted, one copied; {snapshot:?}");
    }
}

/// Cuts after so many bytes, towards the phone or from it. Returns whether the sync was cut.
async fn cut(profile: &Profile, name: &str, after: u64, received: bool) -> bool {
    let offline = Offline::new(profile).await;
    let (down, up) = if received { (after, u64::MAX) } else { (u64::MAX, after) };
    offline.scene.allowed.set(down, up);
    let cut = offline.scene.phone.sync().await.is_err();
    offline.scene.allowed.set(u64::MAX, u64::MAX);
    let when = format!("{name}, cut after {after} bytes {}", if received { "received" } else { "sent" });
    offline.shows_what_was_done(&format!("{when}, before the next sync")).await;
    offline.comes_to_its_end(&when).await;
    cut
}

#[tokio::test]
async fn what_was_done_reaches_the_server_once_wherever_the_connection_is_cut() {
    let step: u64 = std::env::var("POSTRIDER_CUT_STEP").ok().and_then(|step| step.parse().ok()).unwrap_or(389);
    let mut cuts = 0;
    for (index, (name, profile)) in profiles().into_iter().enumerate() {
        for received in [true, false] {
            let mut after = 1 + index as u64 % step;
            while cut(&profile, &name, after, received).await {
                cuts += 1;
                after += if received { step * 3 } else { step };
            }
        }
    }
    assert!(cuts > 60, "only {cuts} cuts");
}
