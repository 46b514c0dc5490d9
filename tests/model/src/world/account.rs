//! An account: who may log in, and its mailboxes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::mailbox::Mailbox;
use super::message::{Message, Place, Uid};
use super::name;

/// What a mailbox is to the account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Style {
    /// A mail lies in one mailbox; copies are mails of their own with the same content.
    #[default]
    Folders,
    /// A mail exists once and mailboxes are labels on it, as with Gmail: flags are shared, expunging takes a label
    /// off, and the mailboxes with the attributes `\All`, `\Trash`, `\Junk` and `\Flagged` have their special part.
    Labels,
}

/// A user's account.
#[derive(Clone)]
pub struct Account {
    /// Password for LOGIN, PLAIN and USER/PASS.
    pub password: String,
    /// Access tokens for XOAUTH2 and OAUTHBEARER.
    pub tokens: BTreeSet<String>,
    /// Hierarchy delimiter; `None` for a flat name space.
    pub delimiter: Option<u8>,
    /// Folders or labels.
    pub style: Style,
    /// Creating a mailbox below nothing leaves mere names above it, which go when nothing is below them any more.
    pub shells: bool,
    /// Most octets the account may hold.
    pub quota: Option<u64>,
    /// Subscribed names; a name may be subscribed without being there.
    pub subscriptions: BTreeSet<Vec<u8>>,
    mailboxes: BTreeMap<Vec<u8>, Mailbox>,
    names: BTreeMap<u64, Vec<u8>>,
    pub(crate) threads: BTreeMap<String, Arc<Message>>,
    /// Where each mail lies; kept with labels only.
    pub(crate) labelled: BTreeMap<u64, BTreeMap<u64, Uid>>,
}

impl Account {
    pub(crate) fn new(password: &str) -> Self {
        Self {
            password: password.to_owned(),
            tokens: BTreeSet::new(),
            delimiter: Some(b'/'),
            style: Style::Folders,
            shells: false,
            quota: None,
            subscriptions: BTreeSet::new(),
            mailboxes: BTreeMap::new(),
            names: BTreeMap::new(),
            threads: BTreeMap::new(),
            labelled: BTreeMap::new(),
        }
    }

    /// The mailboxes by name.
    pub fn mailboxes(&self) -> impl Iterator<Item = &Mailbox> {
        self.mailboxes.values()
    }

    /// A mailbox by name; INBOX in any spelling.
    pub fn mailbox(&self, name: &[u8]) -> Option<&Mailbox> {
        self.mailboxes.get(&name::canonical(name, self.delimiter))
    }

    /// A mailbox by name, to change what a test wants different about it.
    pub fn mailbox_mut(&mut self, name: &[u8]) -> Option<&mut Mailbox> {
        self.mailboxes.get_mut(&name::canonical(name, self.delimiter))
    }

    /// A mailbox by its lasting identity.
    pub fn by_id(&self, id: u64) -> Option<&Mailbox> {
        self.mailboxes.get(self.names.get(&id)?)
    }

    /// A mailbox by its lasting identity, to change.
    pub fn by_id_mut(&mut self, id: u64) -> Option<&mut Mailbox> {
        self.mailboxes.get_mut(self.names.get(&id)?)
    }

    /// The mailbox with a special use or other attribute.
    pub fn with_attribute(&self, attribute: &str) -> Option<&Mailbox> {
        self.mailboxes.values().find(|mailbox| mailbox.attributes.contains(attribute))
    }

    /// Whether a mailbox lies below this name.
    pub fn has_children(&self, name: &[u8]) -> bool {
        self.below(name).next().is_some()
    }

    /// Names of all mailboxes below this one.
    pub fn below(&self, name: &[u8]) -> impl Iterator<Item = &[u8]> {
        let owned = name.to_vec();
        let delimiter = self.delimiter;
        self.mailboxes
            .range(owned.clone()..)
            .map(|(name, _)| name.as_slice())
            .take_while({
                let owned = owned.clone();
                move |name| name.starts_with(&owned)
            })
            .filter(move |name| name::is_below(name, &owned, delimiter))
    }

    /// Octets held by all mailboxes together; with labels each mail counts once.
    pub fn used(&self) -> u64 {
        match (self.style, self.with_attribute("\\All")) {
            (Style::Labels, Some(all)) => all.size(),
            _ => self.mailboxes.values().map(Mailbox::size).sum(),
        }
    }

    pub(crate) fn insert(&mut self, mailbox: Mailbox) {
        self.names.insert(mailbox.id, mailbox.name.clone());
        self.mailboxes.insert(mailbox.name.clone(), mailbox);
    }

    pub(crate) fn remove(&mut self, name: &[u8]) -> Option<Mailbox> {
        let mailbox = self.mailboxes.remove(name)?;
        self.names.remove(&mailbox.id);
        Some(mailbox)
    }

    /// Removes the mere names above a mailbox that is gone, as far as nothing lies below them.
    pub(crate) fn drop_empty_shells(&mut self, gone: &[u8]) {
        let mut name = gone.to_vec();
        while let Some(above) = name::parent(&name, self.delimiter).map(<[u8]>::to_vec) {
            if self.has_children(&above) || self.mailbox(&above).is_none_or(|mailbox| !mailbox.noselect) {
                return;
            }
            self.remove(&above);
            name = above;
        }
    }

    /// Puts a message into a mailbox, keeping track of labels.
    pub(crate) fn put(&mut self, mailbox: u64, place: Place) {
        if self.style == Style::Labels {
            self.labelled.entry(place.message.gm_msgid).or_default().insert(mailbox, place.uid);
        }
        if let Some(mailbox) = self.by_id_mut(mailbox) {
            mailbox.put(place);
        }
    }

    /// Takes a message out of a mailbox, keeping track of labels.
    pub(crate) fn take(&mut self, mailbox: u64, uid: Uid, modseq: u64) -> Option<Arc<Place>> {
        let place = self.by_id_mut(mailbox)?.take(uid, modseq)?;
        if let Some(places) = self.labelled.get_mut(&place.message.gm_msgid) {
            places.remove(&mailbox);
        }
        Some(place)
    }

    /// Raises a mailbox's HIGHESTMODSEQ by one and gives it.
    pub(crate) fn next_modseq(&mut self, mailbox: u64) -> u64 {
        self.by_id_mut(mailbox).map_or(0, |mailbox| {
            mailbox.highest_modseq += 1;
            mailbox.highest_modseq
        })
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("mailboxes", &self.mailboxes.len()).finish_non_exhaustive()
    }
}
