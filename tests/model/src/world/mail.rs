//! Changes to messages: append, flags, expunge, copy, move.

use std::sync::Arc;

use super::account::Style;
use super::content::{NewMessage, message_ids};
use super::effect::{Actor, Change, Refusal};
use super::flags::{FlagChange, Flags};
use super::message::{Content, Message, Place, Uid};
use super::state::State;

/// What a change of flags did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The mailbox's mod-sequence afterwards; the one that the changed messages got, if any changed.
    pub modseq: u64,
    /// Messages whose flags are other ones now.
    pub changed: Vec<Uid>,
    /// Messages that were there and taken up, changed or not.
    pub stored: Vec<Uid>,
    /// Messages left alone since they had changed after the given mod-sequence (MODIFIED).
    pub modified: Vec<Uid>,
}

/// What a copy or a move did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// UIDVALIDITY of the target.
    pub uidvalidity: u32,
    /// Old and new UIDs, by old UID.
    pub pairs: Vec<(Uid, Uid)>,
}

impl State {
    /// Puts a message into a mailbox; gives the mailbox's UIDVALIDITY and the message's UID.
    ///
    /// # Errors
    /// If there is no such mailbox, or no room.
    pub fn append(&mut self, by: &Actor, user: &str, mailbox: &[u8], new: NewMessage) -> Result<(u32, Uid), Refusal> {
        let now = self.now();
        let serial = self.next_id();
        let account = self.owner(user)?;
        let target = account.mailbox(mailbox).filter(|mailbox| !mailbox.noselect).ok_or(Refusal::NonExistent)?;
        let (id, uidvalidity, name) = (target.id, target.uidvalidity, target.name.clone());
        if target.read_only {
            return Err(Refusal::ReadOnly);
        }
        if let Some(quota) = account.quota
            && account.used() + new.content.size() > quota
        {
            return Err(Refusal::OverQuota);
        }
        let (own_id, other_ids) = message_ids(&new.content.bytes());
        if account.style == Style::Labels
            && let Some(known) = own_id.as_ref().and_then(|id| account.threads.get(id)).cloned()
            && account.labelled.contains_key(&known.gm_msgid)
        {
            let uid = self.label(by, user, id, &known, &new.flags);
            return Ok((uidvalidity, uid));
        }
        let thread = other_ids.iter().find_map(|id| account.threads.get(id));
        let gm = 1_400_000_000_000_000_000 + serial;
        let message = Arc::new(Message {
            email_id: format!("M{serial:08}"),
            thread_id: thread.map_or_else(|| format!("T{serial:08}"), |other| other.thread_id.clone()),
            gm_msgid: gm,
            gm_thrid: thread.map_or(gm, |other| other.gm_thrid),
            internal_date: new.internal_date.unwrap_or(super::InternalDate::utc(now)),
            content: new.content,
        });
        if let Some(own_id) = own_id.clone() {
            account.threads.insert(own_id, Arc::clone(&message));
        }
        if account.style == Style::Labels {
            let uid = self.label(by, user, id, &message, &new.flags);
            return Ok((uidvalidity, uid));
        }
        let uid = self.place(user, id, &message, new.flags, now)?;
        self.note(by, user, Change::Appended { mailbox: name, uid, message_id: own_id });
        Ok((uidvalidity, uid))
    }

    /// Changes the flags of messages. With `unchanged_since`, messages that changed after it are left alone.
    ///
    /// # Errors
    /// If there is no such mailbox, or it is read-only.
    pub fn store(
        &mut self,
        by: &Actor,
        user: &str,
        mailbox: u64,
        uids: &[Uid],
        (change, flags): (FlagChange, &Flags),
        unchanged_since: Option<u64>,
    ) -> Result<Stored, Refusal> {
        let account = self.owner(user)?;
        let labels = account.style == Style::Labels;
        let found = account.by_id(mailbox).ok_or(Refusal::NonExistent)?;
        if found.read_only {
            return Err(Refusal::ReadOnly);
        }
        let places: Vec<_> = uids.iter().filter_map(|uid| found.place(*uid)).collect();
        let mut outcome =
            Stored { modseq: found.highest_modseq, changed: Vec::new(), stored: Vec::new(), modified: Vec::new() };
        let mut changes = Vec::new();
        for place in places {
            if unchanged_since.is_some_and(|limit| place.modseq > limit) {
                outcome.modified.push(place.uid);
                continue;
            }
            outcome.stored.push(place.uid);
            let wanted = change.apply(&place.flags, flags);
            if wanted != place.flags {
                outcome.changed.push(place.uid);
                changes.push((place, wanted));
            }
        }
        if changes.is_empty() {
            return Ok(outcome);
        }
        outcome.modseq = account.next_modseq(mailbox);
        for (place, wanted) in changes {
            self.set_flags(by, user, mailbox, &place, wanted.clone(), outcome.modseq);
            if labels {
                self.share_flags(by, user, mailbox, &place, &wanted);
            }
        }
        Ok(outcome)
    }

    /// Removes messages from a mailbox; gives the mod-sequence of their removal.
    ///
    /// # Errors
    /// If there is no such mailbox, or it is read-only.
    pub fn expunge(&mut self, by: &Actor, user: &str, mailbox: u64, uids: &[Uid]) -> Result<u64, Refusal> {
        let account = self.owner(user)?;
        let found = account.by_id(mailbox).ok_or(Refusal::NonExistent)?;
        if found.read_only {
            return Err(Refusal::ReadOnly);
        }
        if !uids.iter().any(|uid| found.contains(*uid)) {
            return Ok(found.highest_modseq);
        }
        let name = found.name.clone();
        if account.style == Style::Labels && found.attributes.contains("\\All") {
            return self.keep_in_all_mail(by, user, mailbox, uids);
        }
        let modseq = account.next_modseq(mailbox);
        for uid in uids {
            if self.owner(user)?.take(mailbox, *uid, modseq).is_some() {
                self.note(by, user, Change::Expunged { mailbox: name.clone(), uid: *uid });
            }
        }
        Ok(modseq)
    }

    /// Copies messages.
    ///
    /// # Errors
    /// If a mailbox is missing or read-only, or there is no room; then nothing was copied.
    pub fn copy(&mut self, by: &Actor, user: &str, from: u64, uids: &[Uid], to: &[u8]) -> Result<Copied, Refusal> {
        let now = self.now();
        let account = self.owner(user)?;
        let source = account.by_id(from).ok_or(Refusal::NonExistent)?;
        let target = account.mailbox(to).filter(|mailbox| !mailbox.noselect).ok_or(Refusal::NonExistent)?;
        let places: Vec<_> = uids.iter().filter_map(|uid| source.place(*uid)).collect();
        let (source_name, target_name, target_id) = (source.name.clone(), target.name.clone(), target.id);
        let mut copied = Copied { uidvalidity: target.uidvalidity, pairs: Vec::new() };
        if target.read_only {
            return Err(Refusal::ReadOnly);
        }
        let labels = account.style == Style::Labels;
        if let Some(quota) = account.quota
            && !labels
            && account.used() + places.iter().map(|place| place.message.content.size()).sum::<u64>() > quota
        {
            return Err(Refusal::OverQuota);
        }
        for place in places {
            let new_uid = if labels {
                self.label(by, user, target_id, &place.message, &place.flags)
            } else {
                self.place(user, target_id, &place.message, place.flags.clone(), now)?
            };
            copied.pairs.push((place.uid, new_uid));
            let change = Change::Copied { from: source_name.clone(), uid: place.uid, to: target_name.clone(), new_uid };
            self.note(by, user, change);
        }
        Ok(copied)
    }

    /// Moves messages (RFC 6851).
    ///
    /// # Errors
    /// If a mailbox is missing or read-only; then nothing was moved.
    pub fn move_messages(
        &mut self,
        by: &Actor,
        user: &str,
        from: u64,
        uids: &[Uid],
        to: &[u8],
    ) -> Result<Copied, Refusal> {
        let now = self.now();
        let account = self.owner(user)?;
        let source = account.by_id(from).ok_or(Refusal::NonExistent)?;
        let target = account.mailbox(to).filter(|mailbox| !mailbox.noselect).ok_or(Refusal::NonExistent)?;
        if source.read_only || target.read_only {
            return Err(Refusal::ReadOnly);
        }
        let places: Vec<_> = uids.iter().filter_map(|uid| source.place(*uid)).collect();
        let keep = account.style == Style::Labels && source.attributes.contains("\\All");
        let labels = account.style == Style::Labels;
        let (source_name, target_name, target_id) = (source.name.clone(), target.name.clone(), target.id);
        let mut moved = Copied { uidvalidity: target.uidvalidity, pairs: Vec::new() };
        let modseq = if places.is_empty() { 0 } else { account.next_modseq(from) };
        for place in places {
            let new_uid = if labels {
                self.label(by, user, target_id, &place.message, &place.flags)
            } else {
                self.place(user, target_id, &place.message, place.flags.clone(), now)?
            };
            if !(keep || labels && from == target_id) {
                self.owner(user)?.take(from, place.uid, modseq);
            }
            moved.pairs.push((place.uid, new_uid));
            let change = Change::Moved { from: source_name.clone(), uid: place.uid, to: target_name.clone(), new_uid };
            self.note(by, user, change);
        }
        Ok(moved)
    }

    /// Gives a message other octets under the same UID, as no server should; nobody is told.
    ///
    /// # Errors
    /// If there is no such mailbox.
    pub fn alter(&mut self, user: &str, mailbox: u64, uid: Uid, octets: &[u8]) -> Result<(), Refusal> {
        let account = self.owner(user)?;
        let place = account.by_id(mailbox).ok_or(Refusal::NonExistent)?.place(uid);
        if let Some(place) = place {
            let content = Content::Bytes(octets.into());
            let message = Arc::new(Message { content, ..Message::clone(&place.message) });
            account.put(mailbox, Place { message, ..Place::clone(&place) });
        }
        Ok(())
    }

    /// Puts a mail into a mailbox under the next UID.
    pub(super) fn place(
        &mut self,
        user: &str,
        mailbox: u64,
        message: &Arc<Message>,
        mut flags: Flags,
        now: i64,
    ) -> Result<Uid, Refusal> {
        flags.remove("\\Recent");
        let account = self.owner(user)?;
        let modseq = account.next_modseq(mailbox);
        let uid = account.by_id(mailbox).ok_or(Refusal::NonExistent)?.uidnext;
        account.put(mailbox, Place { uid, flags, modseq, saved: now, message: Arc::clone(message) });
        Ok(uid)
    }

    /// Gives a message its new flags.
    pub(super) fn set_flags(&mut self, by: &Actor, user: &str, mailbox: u64, place: &Place, flags: Flags, modseq: u64) {
        let Ok(account) = self.owner(user) else { return };
        let Some(name) = account.by_id(mailbox).map(|mailbox| mailbox.name.clone()) else { return };
        account.put(mailbox, Place { flags: flags.clone(), modseq, ..place.clone() });
        self.note(by, user, Change::Flags { mailbox: name, uid: place.uid, flags });
    }
}
