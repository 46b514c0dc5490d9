//! What pending operations make mailboxes look like, and what is to be believed of one whose answer was lost.

use serde::{Deserialize, Serialize};

use super::Action;
use crate::model::{MailboxId, Uid, UidValidity};
use crate::mutants::mutant;

/// By what a mailbox is known again under another name, and what tells that something was added to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traits {
    /// MAILBOXID (RFC 8474).
    pub object_id: Option<String>,
    /// UIDVALIDITY.
    pub validity: Option<UidValidity>,
    /// UIDNEXT.
    pub uid_next: Option<Uid>,
    /// How many messages it holds.
    pub messages: Option<u32>,
}

impl Traits {
    /// Whether it is certain that two are not one mailbox, or that its UIDs mean others now.
    pub fn is_another(&self, other: &Self) -> bool {
        self.has_same_id(other) == Some(false)
            || self.validity.zip(other.validity).is_some_and(|(one, other)| one != other)
    }

    /// Whether it is certain that two are not one mailbox: by their ids, and by UIDVALIDITY, which a server may also give anew, only
    /// where those are not both known.
    pub fn is_other_mailbox(&self, other: &Self) -> bool {
        self.has_same_id(other).map_or_else(|| self.is_another(other), |same| !same)
    }

    /// Whether two have one id; `None` where not both are known.
    fn has_same_id(&self, other: &Self) -> Option<bool> {
        self.object_id.as_ref().zip(other.object_id.as_ref()).map(|(one, other)| one == other)
    }

    /// Whether two are one mailbox; `None` where that cannot be told.
    fn is_same(&self, other: &Self) -> Option<bool> {
        if let Some(same) = self.has_same_id(other) {
            return Some(same);
        }
        let validity = self.validity.zip(other.validity)?;
        let next = self.uid_next.zip(other.uid_next)?;
        // UIDs only grow, so that one with a lower UIDNEXT is another.
        Some(validity.0 == validity.1 && next.0 <= next.1)
    }
}

/// What became of a RENAME whose answer was lost, or that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renaming {
    /// The server did not do it.
    Again,
    /// The server did it.
    Done,
    /// Another mailbox has the new name.
    Taken,
    /// The mailbox is under neither name.
    Gone,
    /// It cannot be told which of two is the one.
    Unclear,
}

/// A RENAME, by what was known of the mailbox before and what is under the old and the new name now.
pub fn resolve_rename(before: &Traits, old: Option<&Traits>, new: Option<&Traits>) -> Renaming {
    match (old, new) {
        (None, None) => Renaming::Gone,
        (Some(_), None) => Renaming::Again,
        (None, Some(new)) => match before.is_same(new) {
            Some(false) => Renaming::Gone,
            _ => Renaming::Done,
        },
        (Some(old), Some(new)) => match (before.is_same(old), before.is_same(new)) {
            (Some(true), Some(false)) => Renaming::Taken,
            (Some(false), Some(true)) => Renaming::Done,
            // Alike in all that is known.
            _ => Renaming::Unclear,
        },
    }
}

/// Whether a mailbox may be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It is as the user knew it.
    Same,
    /// Messages came that the user may not know of: these UIDs and those after them.
    Grown(Uid),
    /// It is another mailbox, or it cannot be told whether it is the one.
    Other,
}

/// Compares a mailbox with what was known of it when the user asked to delete it.
pub fn may_delete(seen: &Traits, now: &Traits) -> Deletion {
    if seen.is_another(now) {
        return Deletion::Other;
    }
    match (seen.uid_next, now.uid_next, seen.messages.zip(now.messages)) {
        (Some(seen), Some(now), _) if seen == now => Deletion::Same,
        (Some(seen), Some(now), _) if seen < now => Deletion::Grown(seen),
        (Some(_), Some(_), _) => Deletion::Other,
        // Nothing can be lost.
        _ if now.messages == Some(0) => Deletion::Same,
        // As many as before, or fewer, may be others.
        (Some(seen), None, _) => Deletion::Grown(seen),
        (None, _, Some((seen, now))) if now <= seen => Deletion::Same,
        _ => Deletion::Other,
    }
}

/// A mailbox as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownMailbox {
    /// Which.
    pub mailbox: MailboxId,
    /// Its raw name.
    pub raw: Vec<u8>,
    /// Its name.
    pub name: String,
    /// The server's hierarchy delimiter.
    pub delimiter: Option<char>,
    /// Whether the user is subscribed to it.
    pub subscribed: bool,
    /// Whether it is not shown: what is not on the server is not, until its making says so.
    pub removed: bool,
}

/// Brings mailboxes from what the mirror says to what pending actions, in their order, make of them.
pub fn show_mailboxes<'a>(mailboxes: &mut [ShownMailbox], actions: impl IntoIterator<Item = &'a Action>) {
    for action in actions {
        let Some(at) = action.mailbox().and_then(|id| mailboxes.iter().position(|one| one.mailbox == id)) else {
            continue;
        };
        match action {
            Action::CreateMailbox { raw, .. } => {
                mailboxes[at].raw.clone_from(raw);
                mailboxes[at].removed = false;
            }
            Action::RenameMailbox { to, name, .. } => rename(mailboxes, at, to, name),
            Action::DeleteMailbox { .. } => mailboxes[at].removed = true,
            Action::Subscribe { subscribed, .. } => mailboxes[at].subscribed = *subscribed,
            _ => {}
        }
    }
}

/// What lies below goes along (RFC 3501 section 6.3.5).
fn rename(mailboxes: &mut [ShownMailbox], at: usize, to: &[u8], name: &str) {
    let (old_raw, old_name) = (mailboxes[at].raw.clone(), format!("{}/", mailboxes[at].name));
    let mut below = old_raw.clone();
    let mut delimiter = [0; 4];
    below.extend(mailboxes[at].delimiter.map_or(&[] as &[u8], |char| char.encode_utf8(&mut delimiter).as_bytes()));
    for one in mailboxes.iter_mut() {
        let tail = if one.raw == old_raw { Some(&[] as &[u8]) } else { one.raw.get(old_raw.len()..) };
        let is_below = below.len() > old_raw.len() && one.raw.starts_with(&below) && !mutant!("child_keeps_its_name");
        if one.raw != old_raw && !is_below {
            continue;
        }
        let raw = [to, tail.unwrap_or_default()].concat();
        one.name = match one.name.strip_prefix(&old_name) {
            Some(tail) if is_below => format!("{name}/{tail}"),
            _ => name.to_owned(),
        };
        one.raw = raw;
    }
}

#[cfg(test)]
#[path = "mailboxes_tests.rs"]
mod tests;
