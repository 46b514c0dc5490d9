//! What a person wants of their mail: many random acts on a phone that has no network, and what they must come to.
#![allow(clippy::expect_used, reason = "a test cannot go on without its scene")]

use std::collections::{BTreeMap, BTreeSet};

use postrider::api::{FlagChange, ListFilter, MailSource, MailboxId, PlaceId};

use crate::phone::{Phone, USER};
use crate::workload::Dice;

/// What lies in each mailbox: how often a mail lies there with these flags.
pub type Held = BTreeMap<String, BTreeMap<(String, BTreeSet<String>), usize>>;

/// Flags that are set and cleared.
const FLAGS: [&str; 5] = ["seen", "flagged", "answered", "$Work", "$Forwarded"];

/// One mail in one mailbox.
#[derive(Clone)]
struct Wish {
    /// Its Message-ID, which copies share.
    mail: String,
    mailbox: usize,
    flags: BTreeSet<String>,
}

/// What the person's acts add up to, by our ids.
pub struct Wishes {
    dice: Dice,
    mailboxes: Vec<(String, MailboxId)>,
    places: BTreeMap<PlaceId, Wish>,
    appended: u64,
}

/// A mail with this Message-ID, without the angle brackets.
pub fn mail(id: &str) -> Vec<u8> {
    let text = "Not a soul on the road. ".repeat(id.len() * 7 % 31);
    format!("From: Ann <ann@example.org>\r\nTo: {USER}\r\nSubject: {id}\r\nMessage-ID: <{id}>\r\n\r\n{text}\r\n")
        .into_bytes()
}

impl Wishes {
    /// What a synced phone shows in these mailboxes; every mail there has its Message-ID for a subject.
    ///
    /// # Panics
    /// Where the phone cannot be read, as everything here.
    pub async fn of(phone: &Phone, names: &[String], seed: u64) -> Self {
        let listed = phone.core.mailboxes(phone.account).await.expect("mailboxes");
        let id = |name: &String| listed.iter().find(|mailbox| mailbox.name == *name).expect("a mailbox").id;
        let mailboxes: Vec<_> = names.iter().map(|name| (name.clone(), id(name))).collect();
        let mut wishes = Self { dice: Dice::new(seed), mailboxes, places: BTreeMap::new(), appended: 0 };
        wishes.places = wishes.shown(phone).await;
        wishes
    }

    /// What the phone shows now.
    async fn shown(&self, phone: &Phone) -> BTreeMap<PlaceId, Wish> {
        let mut shown = BTreeMap::new();
        for (index, (_, id)) in self.mailboxes.iter().enumerate() {
            let mut after = None;
            loop {
                let page = phone.core.messages(*id, ListFilter::default(), after, 500).await.expect("a page");
                for row in page.messages {
                    let wish = Wish { mail: row.subject, mailbox: index, flags: row.flags.into_iter().collect() };
                    assert!(shown.insert(row.id, wish).is_none(), "{:?} is shown twice", row.id);
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        shown
    }

    /// How many mails there are to be.
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// What is to lie where.
    pub fn expected(&self) -> Held {
        let mut held: Held = self.mailboxes.iter().map(|(name, _)| (name.clone(), BTreeMap::new())).collect();
        for wish in self.places.values() {
            let mailbox = held.get_mut(&self.mailboxes[wish.mailbox].0).expect("a mailbox");
            *mailbox.entry((wish.mail.clone(), wish.flags.clone())).or_default() += 1;
        }
        held
    }

    /// The phone shows each mail where it is to be, as it is to be, under its id.
    pub async fn are_shown(&self, phone: &Phone, when: &str) {
        let shown = self.shown(phone).await;
        let told = |wish: Option<&Wish>| {
            wish.map(|wish| (wish.mail.clone(), self.mailboxes[wish.mailbox].0.clone(), wish.flags.clone()))
        };
        let ids: BTreeSet<&PlaceId> = shown.keys().chain(self.places.keys()).collect();
        let both = ids.into_iter().map(|id| (id, told(shown.get(id)), told(self.places.get(id))));
        let differ: Vec<_> = both.filter(|(_, shown, wanted)| shown != wanted).collect();
        assert!(differ.is_empty(), "{when}, shown and wanted: {differ:#?}");
    }

    /// Does one thing.
    pub async fn act(&mut self, phone: &Phone) {
        let core = &phone.core;
        match self.dice.below(20) {
            0..=6 => {
                let ids = self.some(3);
                let mut change = FlagChange::default();
                for flag in FLAGS {
                    match self.dice.below(4) {
                        0 => change.add.push(flag.to_owned()),
                        1 => change.remove.push(flag.to_owned()),
                        _ => {}
                    }
                }
                if change == FlagChange::default() {
                    change.add.push("seen".to_owned());
                }
                for id in &ids {
                    let wish = self.places.get_mut(id).expect("a mail");
                    wish.flags.retain(|flag| !change.remove.contains(flag));
                    wish.flags.extend(change.add.iter().cloned());
                }
                core.flag(ids, change).await.expect("flags");
            }
            7..=12 => {
                let ids = self.some(6);
                let to = self.mailbox();
                ids.iter().for_each(|id| self.places.get_mut(id).expect("a mail").mailbox = to);
                core.move_to(ids, self.mailboxes[to].1).await.expect("a move");
            }
            13..=14 => {
                let ids = self.some(2);
                let to = self.mailbox();
                let made = core.copy_to(ids.clone(), self.mailboxes[to].1).await.expect("a copy").ids;
                assert_eq!(made.len(), ids.len());
                for (source, copy) in ids.iter().zip(made) {
                    let wish = Wish { mailbox: to, ..self.places[source].clone() };
                    self.places.insert(copy, wish);
                }
            }
            15..=16 => {
                self.appended += 1;
                let (to, id) = (self.mailbox(), format!("own.{}@example.org", self.appended));
                let source = MailSource::Bytes { bytes: mail(&id) };
                let flags = vec!["seen".to_owned()];
                let made = core.append(self.mailboxes[to].1, source, flags.clone(), None).await.expect("an append").ids;
                let wish = Wish { mail: id, mailbox: to, flags: flags.into_iter().collect() };
                self.places.insert(*made.first().expect("a mail"), wish);
            }
            _ => {
                let ids = self.some(2);
                ids.iter().for_each(|id| drop(self.places.remove(id)));
                core.delete_forever(ids).await.expect("a deletion");
            }
        }
    }

    /// One to so many mails.
    fn some(&mut self, most: u64) -> Vec<PlaceId> {
        let all: Vec<PlaceId> = self.places.keys().copied().collect();
        let count = 1 + self.dice.below(most);
        let picked: BTreeSet<PlaceId> = (0..count).filter_map(|_| self.dice.pick(&all).copied()).collect();
        picked.into_iter().collect()
    }

    fn mailbox(&mut self) -> usize {
        usize::try_from(self.dice.below(self.mailboxes.len() as u64)).unwrap_or(0)
    }
}
