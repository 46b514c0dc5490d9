//! Rounds that all do the same, for tests that let something happen at every place of a replay in turn.
#![allow(clippy::expect_used, reason = "a test cannot go on without its scene")]

use std::collections::BTreeMap;

use postrider::api::{MailSource, MailboxId, PlaceId};
use postrider_model::profile::{Extension, Profile};

use crate::desk::{Desk, Laid};

/// Servers that prove more or less of an outcome.
pub fn servers() -> [(&'static str, Profile); 4] {
    [
        ("dovecot", Profile::dovecot()),
        ("dovecot without MOVE", Profile::dovecot().without(Extension::Move)),
        ("cyrus without UIDPLUS", Profile::cyrus().without(Extension::UidPlus)),
        ("bare", Profile::bare()),
    ]
}

/// Mails by their part in each round.
const FLAGGED: u64 = 0;
const MOVED: u64 = 1;
const COPIED: u64 = 2;
const OWN: u64 = 3;

/// A person who keeps changing the same few mails over and over, so that each round sends the same: flags, a move, a copy, a deletion, an
/// appended mail and a renamed mailbox.
pub struct Rounds {
    /// Where.
    pub desk: Desk,
    number: u64,
    ids: [PlaceId; 3],
    work: MailboxId,
    aside: MailboxId,
    turn: MailboxId,
    /// What the round before made.
    copy: Option<PlaceId>,
    own: Option<PlaceId>,
    /// What is to be shown and held.
    pub expected: Laid,
}

impl Rounds {
    /// A cheap desk ([`Desk::inline`]) before its first round.
    ///
    /// # Panics
    /// Where the desk cannot be set.
    pub async fn new(profile: &Profile) -> Self {
        let desk = Desk::inline(profile.clone(), 3, &["Work", "Aside", "Turn 0"]).await;
        let id = |number| desk.id("INBOX", number);
        let ids = [id(FLAGGED).await, id(MOVED).await, id(COPIED).await];
        let mailbox = |name| desk.mailbox(name);
        let (work, aside, turn) = (mailbox("Work").await.id, mailbox("Aside").await.id, mailbox("Turn 0").await.id);
        Self { desk, number: 0, ids, work, aside, turn, copy: None, own: None, expected: Laid::new() }
    }

    fn is_even(&self) -> bool {
        self.number.is_multiple_of(2)
    }

    /// Does what is to be done in a round.
    ///
    /// # Panics
    /// Where something is refused.
    pub async fn act(&mut self) {
        self.number += 1;
        let (flag, even) = (vec!["flagged"], self.is_even());
        let core = self.desk.core();
        let (add, remove) = if even { (vec![], flag) } else { (flag, vec![]) };
        self.desk.flag(self.ids[0], &add, &remove).await;
        let inbox = self.desk.mailbox("INBOX").await.id;
        core.move_to(vec![self.ids[1]], if even { inbox } else { self.work }).await.expect("an act");
        for old in [self.copy.take(), self.own.take()].into_iter().flatten() {
            self.desk.delete(old).await;
        }
        self.copy = Some(core.copy_to(vec![self.ids[2]], self.aside).await.expect("an act").ids[0]);
        let bytes = format!("Subject: Mail {OWN}\nMessage-ID: <own{}@example.org>\n\nown\n", 1000 + self.number);
        let own = MailSource::Bytes { bytes: bytes.into_bytes() };
        self.own = Some(core.append(self.aside, own, vec!["seen".to_owned()], None).await.expect("an act").ids[0]);
        core.rename_mailbox(self.turn, &format!("Turn {}", self.number % 2)).await.expect("an act");
        let mail = |number, flags: &[&str]| (number, flags.iter().map(|flag| (*flag).to_owned()).collect::<Vec<_>>());
        let flagged = mail(FLAGGED, if even { &[] } else { &["flagged"] });
        let mut inbox = vec![flagged, mail(COPIED, &[])];
        self.expected = BTreeMap::new();
        if even {
            inbox.insert(1, mail(MOVED, &[]));
        } else {
            self.expected.insert("Work".to_owned(), vec![mail(MOVED, &[])]);
        }
        self.expected.insert("INBOX".to_owned(), inbox);
        self.expected.insert("Aside".to_owned(), vec![mail(COPIED, &[]), mail(OWN, &["seen"])]);
    }

    /// The phone shows what is expected.
    ///
    /// # Panics
    /// Where it does not.
    pub async fn show(&self, when: &str) {
        assert_eq!(self.desk.shown().await, self.expected, "{when}");
    }

    /// Whatever became of a sync, everything is shown as expected, is done by the next ones, and once.
    ///
    /// # Panics
    /// Where it is not so.
    pub async fn end_well(&self, when: &str) {
        self.show(&format!("{when}, between")).await;
        self.desk.settles(when).await;
        self.show(&format!("{when}, after")).await;
        assert_eq!(self.desk.left().await, [], "{when}");
    }
}
