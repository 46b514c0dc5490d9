//! Changes to mailboxes: create, delete, rename, subscribe, UIDVALIDITY.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::effect::{Actor, Change, Refusal};
use super::message::{Generator, Uid};
use super::name;
use super::state::State;

impl State {
    /// Creates a mailbox with these attributes, and those above it that are missing; gives its identity.
    ///
    /// # Errors
    /// If it is there already, or the name cannot be one.
    pub fn create(&mut self, by: &Actor, user: &str, raw: &[u8], attributes: &[&str]) -> Result<u64, Refusal> {
        let account = self.owner(user)?;
        let delimiter = account.delimiter;
        let mut wanted = name::canonical(raw, delimiter);
        if wanted.last().copied() == delimiter {
            wanted.pop();
        }
        if wanted.is_empty() || delimiter.is_some_and(|byte| wanted.windows(2).any(|pair| pair == [byte, byte])) {
            return Err(Refusal::Cannot);
        }
        if account.mailbox(&wanted).is_some_and(|found| !found.noselect) {
            return Err(Refusal::AlreadyExists);
        }
        self.create_above(by, user, &wanted)?;
        self.owner(user)?.remove(&wanted);
        let mut mailbox = self.new_mailbox(wanted.clone());
        mailbox.attributes = attributes.iter().map(|attribute| (*attribute).to_owned()).collect::<BTreeSet<_>>();
        let id = mailbox.id;
        self.owner(user)?.insert(mailbox);
        self.note(by, user, Change::Created(wanted));
        Ok(id)
    }

    /// Creates what is missing above a name.
    fn create_above(&mut self, by: &Actor, user: &str, below: &[u8]) -> Result<(), Refusal> {
        let account = self.owner(user)?;
        let shells = account.shells;
        let Some(above) = name::parent(below, account.delimiter).filter(|above| account.mailbox(above).is_none())
        else {
            return Ok(());
        };
        let above = above.to_vec();
        let id = self.create(by, user, &above, &[])?;
        if let Some(mailbox) = self.owner(user)?.by_id_mut(id) {
            mailbox.noselect = shells;
        }
        Ok(())
    }

    /// Deletes a mailbox; where others lie below it, its name stays and cannot be selected.
    ///
    /// # Errors
    /// If there is no such mailbox, or it is INBOX.
    pub fn delete(&mut self, by: &Actor, user: &str, raw: &[u8]) -> Result<(), Refusal> {
        let account = self.owner(user)?;
        let found = account.mailbox(raw).ok_or(Refusal::NonExistent)?;
        let (wanted, id, noselect) = (found.name.clone(), found.id, found.noselect);
        let children = account.has_children(&wanted);
        if wanted == b"INBOX" || (noselect && children) {
            return Err(Refusal::Cannot);
        }
        account.remove(&wanted);
        for places in account.labelled.values_mut() {
            places.remove(&id);
        }
        if account.shells {
            account.drop_empty_shells(&wanted);
        }
        if children {
            let mut shell = self.new_mailbox(wanted.clone());
            shell.noselect = true;
            self.owner(user)?.insert(shell);
        }
        self.note(by, user, Change::Deleted(wanted));
        Ok(())
    }

    /// Renames a mailbox and all below it. Renaming INBOX moves its mail into a new mailbox.
    ///
    /// # Errors
    /// If the one is missing, or the other is there.
    pub fn rename(&mut self, by: &Actor, user: &str, from: &[u8], to: &[u8]) -> Result<(), Refusal> {
        let account = self.owner(user)?;
        let delimiter = account.delimiter;
        let old = account.mailbox(from).ok_or(Refusal::NonExistent)?.name.clone();
        let new = name::canonical(to, delimiter);
        if account.mailbox(&new).is_some() {
            return Err(Refusal::AlreadyExists);
        }
        if name::is_below(&new, &old, delimiter) && old != b"INBOX" {
            return Err(Refusal::Cannot);
        }
        if old == b"INBOX" {
            self.create(by, user, &new, &[])?;
            let account = self.owner(user)?;
            let Some(inbox) = account.mailbox(&old).map(|inbox| (inbox.id, inbox.uids())) else { return Ok(()) };
            self.move_messages(by, user, inbox.0, &inbox.1, &new)?;
            return Ok(());
        }
        self.create_above(by, user, &new)?;
        let account = self.owner(user)?;
        let mut moving: Vec<Vec<u8>> = account.below(&old).map(<[u8]>::to_vec).collect();
        moving.push(old.clone());
        for name in moving {
            let Some(mut mailbox) = account.remove(&name) else { continue };
            let tail = name.get(old.len()..).unwrap_or_default();
            mailbox.name = [new.as_slice(), tail].concat();
            account.insert(mailbox);
        }
        if account.shells {
            account.drop_empty_shells(&old);
        }
        self.note(by, user, Change::Renamed { from: old, to: new });
        Ok(())
    }

    /// Subscribes or unsubscribes a name.
    ///
    /// # Errors
    /// If there is no such user.
    pub fn subscribe(&mut self, by: &Actor, user: &str, raw: &[u8], on: bool) -> Result<(), Refusal> {
        let account = self.owner(user)?;
        let wanted = name::canonical(raw, account.delimiter);
        if on {
            account.subscriptions.insert(wanted.clone());
        } else {
            account.subscriptions.remove(&wanted);
        }
        self.note(by, user, if on { Change::Subscribed(wanted) } else { Change::Unsubscribed(wanted) });
        Ok(())
    }

    /// Gives a mailbox another UIDVALIDITY (the next free one where `None`) and its messages new UIDs from `first`.
    ///
    /// # Errors
    /// If there is no such mailbox.
    pub fn change_uidvalidity(
        &mut self,
        by: &Actor,
        user: &str,
        raw: &[u8],
        value: Option<u32>,
        first: Uid,
    ) -> Result<u32, Refusal> {
        let value = value.unwrap_or_else(|| self.next_uidvalidity());
        let account = self.owner(user)?;
        let mailbox = account.mailbox_mut(raw).ok_or(Refusal::NonExistent)?;
        mailbox.renumber(value, first);
        let (id, name) = (mailbox.id, mailbox.name.clone());
        let moved: Vec<_> =
            mailbox.uids().into_iter().filter_map(|uid| Some((mailbox.place(uid)?.message.gm_msgid, uid))).collect();
        for (message, uid) in moved {
            if let Some(places) = account.labelled.get_mut(&message) {
                places.insert(id, uid);
            }
        }
        self.note(by, user, Change::UidValidity { mailbox: name, value });
        Ok(value)
    }

    /// Fills a mailbox with `count` messages that are made on demand, of which the newest `unseen` are unseen.
    ///
    /// # Errors
    /// If there is no such mailbox.
    pub fn generate(
        &mut self,
        user: &str,
        raw: &[u8],
        count: Uid,
        unseen: Uid,
        generator: Arc<dyn Generator>,
    ) -> Result<(), Refusal> {
        self.owner(user)?.mailbox_mut(raw).ok_or(Refusal::NonExistent)?.set_generated(count, unseen, generator);
        self.touch();
        Ok(())
    }
}
