//! Accounts whose mailboxes are labels, as with Gmail.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::account::Account;
use super::content::message_ids;
use super::effect::{Actor, Change, Refusal};
use super::flags::Flags;
use super::message::{Message, Place, Uid};
use super::state::State;

/// Attributes of mailboxes that exclude every other label.
const EXCLUSIVE: [&str; 2] = ["\\Trash", "\\Junk"];

impl Account {
    /// The labels of a mail: the names of all mailboxes it lies in, without All Mail, Trash and Spam.
    /// INBOX and mailboxes with a special use give their system label (`\Inbox`, `\Sent`).
    pub fn labels_of(&self, message: &Message) -> BTreeSet<Vec<u8>> {
        let places = self.labelled.get(&message.gm_msgid).into_iter().flat_map(|places| places.keys());
        places.filter_map(|id| self.label_of(*id)).collect()
    }

    /// The label that a mailbox stands for.
    pub fn label_of(&self, mailbox: u64) -> Option<Vec<u8>> {
        let mailbox = self.by_id(mailbox)?;
        if mailbox.name == b"INBOX" {
            return Some(b"\\Inbox".to_vec());
        }
        for (attribute, label) in [
            ("\\Sent", &b"\\Sent"[..]),
            ("\\Drafts", b"\\Draft"),
            ("\\Flagged", b"\\Starred"),
            ("\\Important", b"\\Important"),
        ] {
            if mailbox.attributes.contains(attribute) {
                return Some(label.to_vec());
            }
        }
        let hidden = ["\\All", "\\Trash", "\\Junk"].iter().any(|known| mailbox.attributes.contains(*known));
        (!hidden).then(|| mailbox.name.clone())
    }

    /// The mailbox behind a label.
    pub fn labelled_mailbox(&self, label: &[u8]) -> Option<u64> {
        self.mailboxes().find(|mailbox| self.label_of(mailbox.id).as_deref() == Some(label)).map(|mailbox| mailbox.id)
    }

    fn is_exclusive(&self, mailbox: u64) -> bool {
        self.by_id(mailbox).is_some_and(|found| EXCLUSIVE.iter().any(|known| found.attributes.contains(*known)))
    }
}

impl State {
    /// Puts a label on a mail; gives its UID in the label's mailbox. A mail with a label lies in All Mail too,
    /// except in Trash and Spam, which take it out of everywhere else.
    pub(super) fn label(&mut self, by: &Actor, user: &str, mailbox: u64, message: &Arc<Message>, flags: &Flags) -> Uid {
        let Ok(account) = self.owner(user) else { return 0 };
        let places = account.labelled.get(&message.gm_msgid).cloned().unwrap_or_default();
        let exclusive = account.is_exclusive(mailbox);
        let leave: Vec<(u64, Uid)> = places
            .iter()
            .filter(|(id, _)| **id != mailbox && (exclusive || account.is_exclusive(**id)))
            .map(|(id, uid)| (*id, *uid))
            .collect();
        for (id, uid) in leave {
            self.unlabel(by, user, id, uid);
        }
        let Ok(account) = self.owner(user) else { return 0 };
        let all_mail = account.with_attribute("\\All").map(|all| all.id);
        if let Some(all_mail) = all_mail
            && !exclusive
            && all_mail != mailbox
            && !places.contains_key(&all_mail)
        {
            self.lay(by, user, all_mail, message, flags);
        }
        match places.get(&mailbox) {
            Some(uid) => *uid,
            None => self.lay(by, user, mailbox, message, flags),
        }
    }

    /// Takes a mail out of one mailbox.
    pub(crate) fn unlabel(&mut self, by: &Actor, user: &str, mailbox: u64, uid: Uid) {
        let Ok(account) = self.owner(user) else { return };
        let Some(name) = account.by_id(mailbox).map(|mailbox| mailbox.name.clone()) else { return };
        let modseq = account.next_modseq(mailbox);
        if account.take(mailbox, uid, modseq).is_some() {
            self.note(by, user, Change::Expunged { mailbox: name, uid });
        }
    }

    /// Adds a label to a message or takes it off (STORE X-GM-LABELS); an unknown label is created.
    ///
    /// # Errors
    /// If the label's mailbox cannot be created.
    pub fn relabel(&mut self, by: &Actor, user: &str, place: &Place, label: &[u8], on: bool) -> Result<(), Refusal> {
        let mut target = self.owner(user)?.labelled_mailbox(label);
        if target.is_none() && on {
            self.create(by, user, label, &[])?;
            target = self.owner(user)?.labelled_mailbox(label);
        }
        let Some(target) = target else { return Ok(()) };
        let places = self.owner(user)?.labelled.get(&place.message.gm_msgid).cloned().unwrap_or_default();
        match (on, places.get(&target)) {
            (true, None) => {
                self.label(by, user, target, &place.message, &place.flags);
            }
            (false, Some(uid)) => self.unlabel(by, user, target, *uid),
            _ => {}
        }
        Ok(())
    }

    /// Flags belong to the mail, not to the label, but for `\Deleted`; `\Flagged` is membership in Starred.
    pub(super) fn share_flags(&mut self, by: &Actor, user: &str, mailbox: u64, place: &Place, wanted: &Flags) {
        let Ok(account) = self.owner(user) else { return };
        let places = account.labelled.get(&place.message.gm_msgid).cloned().unwrap_or_default();
        let starred = account.with_attribute("\\Flagged").map(|mailbox| mailbox.id);
        for (id, uid) in &places {
            let Ok(account) = self.owner(user) else { return };
            let Some(other) = account.by_id(*id).filter(|_| *id != mailbox).and_then(|found| found.place(*uid)) else {
                continue;
            };
            let mut flags = wanted.clone();
            flags.remove("\\Deleted");
            if other.flags.contains("\\Deleted") {
                flags.insert("\\Deleted");
            }
            if flags != other.flags {
                let modseq = account.next_modseq(*id);
                self.set_flags(by, user, *id, &other, flags, modseq);
            }
        }
        if let Some(starred) = starred {
            match (wanted.contains("\\Flagged"), places.get(&starred)) {
                (true, None) => {
                    self.lay(by, user, starred, &place.message, wanted);
                }
                (false, Some(uid)) => self.unlabel(by, user, starred, *uid),
                _ => {}
            }
        }
    }

    /// Expunging from All Mail leaves the mail where it is, without its `\Deleted`.
    pub(super) fn keep_in_all_mail(
        &mut self,
        by: &Actor,
        user: &str,
        mailbox: u64,
        uids: &[Uid],
    ) -> Result<u64, Refusal> {
        let modseq = self.owner(user)?.next_modseq(mailbox);
        for uid in uids {
            let Some(place) = self.owner(user)?.by_id(mailbox).and_then(|found| found.place(*uid)) else { continue };
            let mut flags = place.flags.clone();
            if flags.remove("\\Deleted") {
                self.set_flags(by, user, mailbox, &place, flags, modseq);
            }
        }
        Ok(modseq)
    }

    fn lay(&mut self, by: &Actor, user: &str, mailbox: u64, message: &Arc<Message>, flags: &Flags) -> Uid {
        let now = self.now();
        let mut flags = flags.clone();
        flags.remove("\\Deleted");
        let Ok(uid) = self.place(user, mailbox, message, flags, now) else { return 0 };
        let name = self.owner(user).ok().and_then(|account| account.by_id(mailbox)).map(|found| found.name.clone());
        if let Some(name) = name {
            let (message_id, _) = message_ids(&message.content.bytes());
            self.note(by, user, Change::Appended { mailbox: name, uid, message_id });
        }
        uid
    }
}
