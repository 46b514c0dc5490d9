//! What the user does to messages: written down and shown at once, network or not; a sync carries it out.

use serde::Serialize;

use super::{Core, CoreError, mailbox_actions};
use crate::journal::Action;
use crate::model::{AccountId, Flags, Keyword, MailboxId, MailboxRole, OperationId, PlaceId, SystemFlag};
use crate::store::{Acted, StoreError};

/// Which flags are to be set and which cleared: `seen`, `flagged`, `answered`, `draft`, `deleted`, and keywords as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlagChange {
    /// To be set.
    pub add: Vec<String>,
    /// To be cleared.
    pub remove: Vec<String>,
}

/// What an action became.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActionDone {
    /// The operation that the journal keeps.
    pub operation: OperationId,
    /// The messages acted on, or those newly made.
    pub ids: Vec<PlaceId>,
}

impl Core {
    /// Sets and clears flags of messages.
    ///
    /// # Errors
    /// [`CoreError::NotFound`], [`CoreError::InvalidInput`] where a word is no flag, stands on both sides, or there is none;
    /// those of storage. Nothing is changed then.
    pub async fn flag(&self, ids: Vec<PlaceId>, change: FlagChange) -> Result<ActionDone, CoreError> {
        let (add, remove) = (flags(&change.add)?, flags(&change.remove)?);
        if !add.common(&remove).is_empty() {
            return Err(CoreError::invalid_input("a flag cannot be set and cleared at once"));
        }
        if add.is_empty() && remove.is_empty() {
            return Err(CoreError::invalid_input("no flag is named"));
        }
        self.act(Action::Flags { add, remove }, ids).await
    }

    /// Moves messages to another mailbox of their account. Their ids stay.
    ///
    /// # Errors
    /// [`CoreError::NotFound`]; [`CoreError::InvalidInput`] where a server with labels shows them in a mailbox that holds all
    /// mail; those of storage.
    pub async fn move_to(&self, ids: Vec<PlaceId>, mailbox: MailboxId) -> Result<ActionDone, CoreError> {
        if ids.is_empty() {
            return Err(CoreError::invalid_input("no message is named"));
        }
        let acted = self.store().journal(move |tx| {
            let takes_all = tx.mailbox(mailbox)?.and_then(|row| row.naming.role);
            if !matches!(takes_all, Some(MailboxRole::Trash | MailboxRole::Junk)) {
                for id in &ids {
                    if tx.is_in_label_view(*id)? {
                        return Ok(None);
                    }
                }
            }
            tx.act(&Action::Move { to: mailbox }, &ids).map(Some)
        });
        let refused = "mail stays where all mail is shown: copy it, or archive it out of the inbox";
        acted.await?.map(done).ok_or_else(|| CoreError::invalid_input(refused))
    }

    /// Copies messages to a mailbox of their account. The copies have ids of their own at once: those that are returned.
    ///
    /// # Errors
    /// [`CoreError::NotFound`]; those of storage.
    pub async fn copy_to(&self, ids: Vec<PlaceId>, mailbox: MailboxId) -> Result<ActionDone, CoreError> {
        self.act(Action::Copy { to: mailbox }, ids).await
    }

    /// Moves messages to the mailbox of a role: archive, trash, junk. Where the account has none of that role, it is made.
    ///
    /// # Errors
    /// [`CoreError::NotFound`], also where a mailbox of another role is missing; [`CoreError::InvalidInput`] where a server with
    /// labels is to archive what is not in the inbox; those of storage.
    pub async fn file_under(&self, ids: Vec<PlaceId>, role: MailboxRole) -> Result<ActionDone, CoreError> {
        let first = *ids.first().ok_or_else(|| CoreError::invalid_input("no message is named"))?;
        let acted = self.store().journal(move |tx| {
            if role == MailboxRole::Archive
                && let Some((all_mail, in_inbox)) = tx.labelled_in_inbox(&ids)?
            {
                let archived = in_inbox.is_empty();
                return if archived { Ok(None) } else { tx.act(&Action::Move { to: all_mail }, &in_inbox).map(Some) };
            }
            let to = match tx.role_mailbox_of(first, role)? {
                Some(to) => to,
                None => mailbox_actions::create_for_role(tx, first, role)?,
            };
            tx.act(&Action::Move { to }, &ids).map(Some)
        });
        acted.await?.map(done).ok_or_else(|| CoreError::invalid_input("they are archived already"))
    }

    /// Deletes messages for ever, wherever they lie.
    ///
    /// # Errors
    /// [`CoreError::NotFound`]; those of storage.
    pub async fn delete_forever(&self, ids: Vec<PlaceId>) -> Result<ActionDone, CoreError> {
        self.act(Action::Delete, ids).await
    }

    /// The account that a message belongs to.
    ///
    /// # Errors
    /// [`CoreError::NotFound`].
    pub async fn account_of(&self, id: PlaceId) -> Result<AccountId, CoreError> {
        self.read(move |view| {
            let mailbox = view.message(id)?.ok_or(StoreError::NotFound("message"))?.row.mailbox;
            Ok(view.mailbox(mailbox)?.ok_or(StoreError::NotFound("mailbox"))?.account)
        })
        .await
    }

    /// Deletes for ever all that is shown in the trash of an account.
    ///
    /// # Errors
    /// [`CoreError::NotFound`] where it has no trash; [`CoreError::InvalidInput`] where that is empty; those of storage.
    pub async fn empty_trash(&self, account: AccountId) -> Result<ActionDone, CoreError> {
        let acted = self.store().journal(move |tx| {
            let mut mailboxes = tx.shown_mailboxes(account)?.into_iter();
            let trash = mailboxes.find(|mailbox| mailbox.naming.role == Some(MailboxRole::Trash));
            let ids = tx.places_shown_in(trash.ok_or(StoreError::NotFound("mailbox"))?.id)?;
            if ids.is_empty() { Ok(None) } else { tx.act(&Action::Delete, &ids).map(Some) }
        });
        acted.await?.map(done).ok_or_else(|| CoreError::invalid_input("the trash is empty"))
    }

    async fn act(&self, action: Action, ids: Vec<PlaceId>) -> Result<ActionDone, CoreError> {
        if ids.is_empty() {
            return Err(CoreError::invalid_input("no message is named"));
        }
        Ok(done(self.store().journal(move |tx| tx.act(&action, &ids)).await?))
    }
}

pub(super) fn done(acted: Acted) -> ActionDone {
    ActionDone { operation: acted.operation, ids: acted.places }
}

/// Flags by their names.
pub(super) fn flags(words: &[String]) -> Result<Flags, CoreError> {
    let mut flags = Flags::new();
    for word in words {
        if let Some(flag) = SystemFlag::ALL.into_iter().find(|flag| flag.as_str().eq_ignore_ascii_case(word)) {
            flags.insert(flag);
        } else if let Some(keyword) = Keyword::new(word) {
            flags.insert_keyword(keyword);
        } else {
            return Err(CoreError::invalid_input(
                "a keyword may hold no blanks, brackets, quotes, backslashes, % or *",
            ));
        }
    }
    Ok(flags)
}
