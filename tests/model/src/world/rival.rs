//! Somebody who acts on an account outside of every session: another client, a delivery, an administrator.

use std::sync::Arc;

use super::content::NewMessage;
use super::effect::{Actor, Refusal};
use super::flags::{FlagChange, Flags};
use super::message::{Generator, Uid};
use super::state::State;
use super::{Copied, World};

/// Acts on one user's account.
#[derive(Debug, Clone)]
pub struct Rival {
    world: World,
    user: String,
}

impl Rival {
    pub(super) fn new(world: World, user: &str) -> Self {
        Self { world, user: user.to_owned() }
    }

    /// Puts a message into a mailbox; gives its UID.
    ///
    /// # Errors
    /// As [`State::append`].
    pub fn deliver(&self, mailbox: impl AsRef<[u8]>, message: NewMessage) -> Result<Uid, Refusal> {
        let mailbox = mailbox.as_ref();
        self.act(|state, user| state.append(&Actor::Rival, user, mailbox, message)).map(|(_, uid)| uid)
    }

    /// Changes the flags of messages; gives the mailbox's mod-sequence.
    ///
    /// # Errors
    /// As [`State::store`].
    pub fn set_flags(
        &self,
        mailbox: impl AsRef<[u8]>,
        uids: &[Uid],
        change: FlagChange,
        flags: &[&str],
    ) -> Result<u64, Refusal> {
        let flags = Flags::of(flags);
        self.on(mailbox.as_ref(), |state, user, id| {
            state.store(&Actor::Rival, user, id, uids, (change, &flags), None).map(|stored| stored.modseq)
        })
    }

    /// Removes messages, flagged `\Deleted` or not.
    ///
    /// # Errors
    /// As [`State::expunge`].
    pub fn expunge(&self, mailbox: impl AsRef<[u8]>, uids: &[Uid]) -> Result<u64, Refusal> {
        self.on(mailbox.as_ref(), |state, user, id| state.expunge(&Actor::Rival, user, id, uids))
    }

    /// Copies messages.
    ///
    /// # Errors
    /// As [`State::copy`].
    pub fn copy(&self, from: impl AsRef<[u8]>, uids: &[Uid], to: impl AsRef<[u8]>) -> Result<Copied, Refusal> {
        self.on(from.as_ref(), |state, user, id| state.copy(&Actor::Rival, user, id, uids, to.as_ref()))
    }

    /// Moves messages.
    ///
    /// # Errors
    /// As [`State::move_messages`].
    pub fn move_to(&self, from: impl AsRef<[u8]>, uids: &[Uid], to: impl AsRef<[u8]>) -> Result<Copied, Refusal> {
        self.on(from.as_ref(), |state, user, id| state.move_messages(&Actor::Rival, user, id, uids, to.as_ref()))
    }

    /// Creates a mailbox with special-use or other attributes (`\Sent`).
    ///
    /// # Errors
    /// As [`State::create`].
    pub fn create(&self, mailbox: impl AsRef<[u8]>, attributes: &[&str]) -> Result<(), Refusal> {
        self.act(|state, user| state.create(&Actor::Rival, user, mailbox.as_ref(), attributes)).map(|_| ())
    }

    /// Deletes a mailbox.
    ///
    /// # Errors
    /// As [`State::delete`].
    pub fn delete(&self, mailbox: impl AsRef<[u8]>) -> Result<(), Refusal> {
        self.act(|state, user| state.delete(&Actor::Rival, user, mailbox.as_ref()))
    }

    /// Renames a mailbox and all below it.
    ///
    /// # Errors
    /// As [`State::rename`].
    pub fn rename(&self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Result<(), Refusal> {
        self.act(|state, user| state.rename(&Actor::Rival, user, from.as_ref(), to.as_ref()))
    }

    /// Subscribes or unsubscribes a name.
    ///
    /// # Errors
    /// As [`State::subscribe`].
    pub fn subscribe(&self, mailbox: impl AsRef<[u8]>, on: bool) -> Result<(), Refusal> {
        self.act(|state, user| state.subscribe(&Actor::Rival, user, mailbox.as_ref(), on))
    }

    /// Gives a mailbox a new UIDVALIDITY and its messages new UIDs from 1; gives the new UIDVALIDITY.
    ///
    /// # Errors
    /// As [`State::change_uidvalidity`].
    pub fn change_uidvalidity(&self, mailbox: impl AsRef<[u8]>) -> Result<u32, Refusal> {
        self.act(|state, user| state.change_uidvalidity(&Actor::Rival, user, mailbox.as_ref(), None, 1))
    }

    /// Gives a message other octets under the same UID, as no server should.
    ///
    /// # Errors
    /// As [`State::alter`].
    pub fn alter(&self, mailbox: impl AsRef<[u8]>, uid: Uid, octets: impl AsRef<[u8]>) -> Result<(), Refusal> {
        self.on(mailbox.as_ref(), |state, user, id| state.alter(user, id, uid, octets.as_ref()))
    }

    /// Fills a mailbox with messages made on demand, the newest `unseen` of them unseen.
    ///
    /// # Errors
    /// As [`State::generate`].
    pub fn generate(
        &self,
        mailbox: impl AsRef<[u8]>,
        count: Uid,
        unseen: Uid,
        generator: impl Generator + 'static,
    ) -> Result<(), Refusal> {
        self.act(|state, user| state.generate(user, mailbox.as_ref(), count, unseen, Arc::new(generator)))
    }

    fn act<T>(&self, act: impl FnOnce(&mut State, &str) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.world.with(|state| act(state, &self.user))
    }

    fn on<T>(
        &self,
        mailbox: &[u8],
        act: impl FnOnce(&mut State, &str, u64) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.act(|state, user| {
            let id = state.mailbox(user, mailbox).ok_or(Refusal::NonExistent)?.id;
            act(state, user, id)
        })
    }
}
