//! A copy of all that a client could learn, for comparisons.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher as _};

use super::account::Account;
use super::flags::Flags;
use super::mailbox::Mailbox;
use super::message::{InternalDate, Place, Uid};
use super::state::State;

/// The world at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Accounts by user.
    pub accounts: BTreeMap<String, AccountSnapshot>,
}

/// An account at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountSnapshot {
    /// Mailboxes by name in wire octets.
    pub mailboxes: BTreeMap<Vec<u8>, MailboxSnapshot>,
    /// Subscribed names.
    pub subscriptions: BTreeSet<Vec<u8>>,
}

/// A mailbox at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxSnapshot {
    /// Lasting identity.
    pub id: u64,
    /// UIDVALIDITY.
    pub uidvalidity: u32,
    /// UIDNEXT.
    pub uidnext: Uid,
    /// HIGHESTMODSEQ.
    pub highest_modseq: u64,
    /// Attributes that are kept.
    pub attributes: BTreeSet<String>,
    /// Cannot be selected.
    pub noselect: bool,
    /// Messages by UID.
    pub messages: BTreeMap<Uid, MessageSnapshot>,
}

/// A message at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageSnapshot {
    /// Flags.
    pub flags: Flags,
    /// Mod-sequence.
    pub modseq: u64,
    /// EMAILID.
    pub email_id: String,
    /// INTERNALDATE.
    pub internal_date: InternalDate,
    /// Octets.
    pub size: u64,
    /// A hash of the octets: equal octets, equal hash.
    pub hash: u64,
}

impl State {
    /// A copy of all that a client could learn. Reads every message, also those that are made on demand.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { accounts: self.accounts().map(|(user, account)| (user.to_owned(), account.into())).collect() }
    }
}

impl From<&Account> for AccountSnapshot {
    fn from(account: &Account) -> Self {
        let mailboxes = account.mailboxes().map(|mailbox| (mailbox.name.clone(), mailbox.into())).collect();
        Self { mailboxes, subscriptions: account.subscriptions.clone() }
    }
}

impl From<&Mailbox> for MailboxSnapshot {
    fn from(mailbox: &Mailbox) -> Self {
        let places = mailbox.uids().into_iter().filter_map(|uid| mailbox.place(uid));
        Self {
            id: mailbox.id,
            uidvalidity: mailbox.uidvalidity,
            uidnext: mailbox.uidnext,
            highest_modseq: mailbox.highest_modseq,
            attributes: mailbox.attributes.clone(),
            noselect: mailbox.noselect,
            messages: places.map(|place| (place.uid, (&*place).into())).collect(),
        }
    }
}

impl From<&Place> for MessageSnapshot {
    fn from(place: &Place) -> Self {
        let bytes = place.message.content.bytes();
        let mut hasher = DefaultHasher::new();
        hasher.write(&bytes);
        Self {
            flags: place.flags.clone(),
            modseq: place.modseq,
            email_id: place.message.email_id.clone(),
            internal_date: place.message.internal_date,
            size: bytes.len() as u64,
            hash: hasher.finish(),
        }
    }
}
