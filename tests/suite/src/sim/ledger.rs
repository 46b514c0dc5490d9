//! The truth: which mail lies where on the server, followed by the log of what was done there and by whom. A mail is known by
//! the number in its Message-ID.

use std::collections::{BTreeMap, BTreeSet};

use postrider_model::world::{Change, Flags};

use super::folders::FolderWish;
use super::names::Names;
use super::world::MAILBOXES;

/// A place on the server.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub(super) mail: u32,
    pub(super) flags: BTreeSet<String>,
    /// Whether the phone marked it deleted.
    pub(super) marked: bool,
    /// Whether the phone's own command put it there: not a copy of that.
    pub(super) is_own: bool,
}

/// What happened to one mail, wherever it lies.
#[derive(Clone, Debug, Default)]
pub(super) struct Story {
    /// Where it was delivered.
    pub(super) origin: String,
    /// Whether others moved, copied or removed it, or changed its UIDs.
    pub(super) meddled: bool,
    /// Flags that others changed.
    pub(super) foreign: BTreeSet<String>,
    /// How often the phone's commands appended it.
    pub(super) appended: u32,
    /// How often the phone's commands copied it, to which mailboxes.
    pub(super) copied: BTreeMap<String, u32>,
    /// How often they expunged it.
    pub(super) expunged: u32,
    /// Whether they ever marked it deleted.
    pub(super) was_marked: bool,
    /// The mailboxes in which it ever lay.
    pub(super) lay_in: BTreeSet<String>,
}

/// What the phone's commands did, to be held against what the user asked for.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    Flag {
        mail: u32,
        flag: String,
        set: bool,
    },
    Appended {
        mail: u32,
        to: String,
    },
    Copied {
        mail: u32,
        to: String,
    },
    Moved {
        mail: u32,
        to: String,
    },
    Expunged {
        mail: u32,
    },
    /// With what was in it.
    Mailbox {
        label: String,
        wish: FolderWish,
        mails: BTreeSet<u32>,
    },
    Other(String),
}

/// The whole account, by labels of mailboxes.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) places: BTreeMap<(String, u32), Place>,
    pub(super) stories: BTreeMap<u32, Story>,
    pub(super) names: Names,
    /// Whether UIDs of any mailbox ever changed.
    pub(super) renumbered: bool,
    /// Mailboxes that others made, renamed or deleted.
    pub(super) touched: BTreeSet<String>,
}

/// The number of a mail, by its Message-ID.
fn number(message_id: &str) -> Option<u32> {
    message_id.strip_prefix('m')?.split('@').next()?.parse().ok()
}

/// A flag as a phone shows it.
fn shown(flag: &str) -> String {
    match flag.strip_prefix('\\') {
        Some(system) => system.to_ascii_lowercase(),
        None => flag.to_owned(),
    }
}

fn shown_flags(flags: &Flags) -> BTreeSet<String> {
    flags.iter().filter(|flag| *flag != "\\Recent").map(shown).collect()
}

impl Ledger {
    pub(super) fn new(delimiter: char, prefix: &str) -> Self {
        let mut names = Names::new(delimiter, prefix);
        for name in MAILBOXES {
            names.made(names.raw_of(name).as_bytes(), None);
        }
        Self { names, ..Self::default() }
    }

    /// UIDs of a mailbox.
    pub(super) fn uids(&self, mailbox: &str) -> Vec<u32> {
        self.places.keys().filter(|(name, _)| name == mailbox).map(|(_, uid)| *uid).collect()
    }

    /// A mailbox that others touched is known by another label from now on.
    pub(super) fn relabel(&mut self, old: &str, new: &str) {
        self.names.relabel(old, new);
        self.touched.insert(new.to_owned());
        for uid in self.uids(old) {
            if let Some(place) = self.places.remove(&(old.to_owned(), uid)) {
                self.stories.entry(place.mail).or_default().meddled = true;
                self.places.insert((new.to_owned(), uid), place);
            }
        }
    }

    /// Takes in a change; returns what it was, where this phone made it. `label` is that of a new mailbox, where the phone knows it.
    pub(super) fn follow(&mut self, change: &Change, ours: bool, label: Option<String>) -> Vec<Deed> {
        let others = if ours { Vec::new() } else { self.touches(change) };
        let deeds = match self.mailboxes(change, label) {
            Some(deed) => vec![deed],
            None => self.apply(change, ours),
        };
        match deeds.first() {
            Some(Deed::Mailbox { label, wish, .. }) if !ours && *wish != FolderWish::Subscribe => {
                self.touched.insert(label.clone());
            }
            _ => {}
        }
        self.touched.extend(others);
        if ours { deeds } else { Vec::new() }
    }

    /// Others rename or delete a mailbox: whatever lies in it or below it is no longer the user's alone.
    fn touches(&mut self, change: &Change) -> Vec<String> {
        let labels = match change {
            Change::Renamed { from, .. } => self.names.with_below(from),
            Change::Deleted(raw) => vec![self.names.label(raw)],
            _ => return Vec::new(),
        };
        for (_, place) in self.places.iter().filter(|((mailbox, _), _)| labels.contains(mailbox)) {
            self.stories.entry(place.mail).or_default().meddled = true;
        }
        labels
    }

    /// What happened to a mailbox.
    fn mailboxes(&mut self, change: &Change, label: Option<String>) -> Option<Deed> {
        let mut mails = BTreeSet::new();
        let (label, wish) = match change {
            Change::Created(raw) => {
                let (label, name) = self.names.made(raw, label);
                (label, FolderWish::Create { name })
            }
            Change::Renamed { from, to } => {
                let (label, name) = self.names.renamed(from, to);
                (label, FolderWish::Rename { name })
            }
            Change::Deleted(raw) => {
                let label = self.names.deleted(raw);
                let gone: Vec<_> = self.places.keys().filter(|(known, _)| *known == label).cloned().collect();
                let gone = gone.iter().filter_map(|key| self.places.remove(key));
                // What the phone had marked is elsewhere by then, or nowhere.
                mails.extend(gone.filter(|place| !place.marked).map(|place| place.mail));
                (label, FolderWish::Delete)
            }
            Change::Subscribed(raw) | Change::Unsubscribed(raw) => (self.names.label_ever(raw), FolderWish::Subscribe),
            _ => return None,
        };
        Some(Deed::Mailbox { label, wish, mails })
    }

    fn apply(&mut self, change: &Change, ours: bool) -> Vec<Deed> {
        match change {
            Change::Appended { mailbox, uid, message_id } => {
                let Some(mail) = message_id.as_deref().and_then(number) else {
                    return vec![Deed::Other("an append of another mail".to_owned())];
                };
                let to = self.names.label(mailbox);
                let story = self.stories.entry(mail).or_default();
                if story.lay_in.is_empty() {
                    story.origin.clone_from(&to);
                }
                story.lay_in.insert(to.clone());
                story.appended += u32::from(ours);
                self.places.insert((to.clone(), *uid), Place { mail, is_own: ours, ..Place::default() });
                vec![Deed::Appended { mail, to }]
            }
            Change::Flags { mailbox, uid, flags } => self.flags((self.names.label(mailbox), *uid), flags, ours),
            Change::Expunged { mailbox, uid } => {
                let Some(place) = self.places.remove(&(self.names.label(mailbox), *uid)) else { return Vec::new() };
                let story = self.stories.entry(place.mail).or_default();
                story.meddled |= !ours;
                story.expunged += u32::from(ours);
                vec![Deed::Expunged { mail: place.mail }]
            }
            Change::Copied { from, uid, to, new_uid } => {
                let (from, to) = ((self.names.label(from), *uid), self.names.label(to));
                let Some(place) = self.places.get(&from).cloned() else { return Vec::new() };
                let story = self.stories.entry(place.mail).or_default();
                story.meddled |= !ours;
                if ours {
                    *story.copied.entry(to.clone()).or_default() += 1;
                }
                // A copy carries the mark along.
                story.lay_in.insert(to.clone());
                self.places.insert(
                    (to.clone(), *new_uid),
                    Place { marked: ours && place.marked, is_own: false, ..place.clone() },
                );
                vec![Deed::Copied { mail: place.mail, to }]
            }
            Change::Moved { from, uid, to, new_uid } => {
                let (from, to) = ((self.names.label(from), *uid), self.names.label(to));
                let Some(mut place) = self.places.remove(&from) else { return Vec::new() };
                // Where others take it to, the phone does not look for what it appended.
                place.is_own &= ours;
                let story = self.stories.entry(place.mail).or_default();
                story.meddled |= !ours;
                story.lay_in.insert(to.clone());
                let mail = place.mail;
                self.places.insert((to.clone(), *new_uid), place);
                vec![Deed::Moved { mail, to }]
            }
            Change::UidValidity { mailbox, .. } => {
                self.renumbered = true;
                let name = self.names.label(mailbox);
                let moved: Vec<_> = self.places.keys().filter(|(known, _)| *known == name).cloned().collect();
                let places: Vec<Place> = moved.iter().filter_map(|key| self.places.remove(key)).collect();
                for (uid, place) in (1..).zip(places) {
                    self.stories.entry(place.mail).or_default().meddled = true;
                    self.places.insert((name.clone(), uid), place);
                }
                vec![Deed::Other("a change of UIDVALIDITY".to_owned())]
            }
            other => vec![Deed::Other(format!("{other:?}"))],
        }
    }

    fn flags(&mut self, key: (String, u32), flags: &Flags, ours: bool) -> Vec<Deed> {
        let now = shown_flags(flags);
        let Some(place) = self.places.get_mut(&key) else { return Vec::new() };
        let before = std::mem::replace(&mut place.flags, now.clone());
        let changed: Vec<String> = before.symmetric_difference(&now).cloned().collect();
        if ours && changed.iter().any(|flag| flag == "deleted") {
            place.marked = now.contains("deleted");
            self.stories.entry(place.mail).or_default().was_marked = true;
        }
        if !ours {
            self.stories.entry(place.mail).or_default().foreign.extend(changed.iter().cloned());
        }
        let mail = place.mail;
        changed.into_iter().map(|flag| Deed::Flag { mail, set: now.contains(&flag), flag }).collect()
    }
}
