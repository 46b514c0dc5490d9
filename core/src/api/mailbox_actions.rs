//! What the user does to mailboxes: written down and shown at once, network or not; a sync carries it out.

use serde::Serialize;

use super::{Core, CoreError};
use crate::model::{AccountId, MailboxId, MailboxRole, OperationId, PlaceId};
use crate::store::{JournalTx, Mailbox, MailboxActed, NewMailbox, Snapshot, StoreError};
use crate::sync::plan::mailbox_list::MAX_NAME;
use crate::sync::plan::names::{Naming, is_inbox};

/// What an action on a mailbox became.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MailboxActionDone {
    /// The operation that the journal keeps.
    pub operation: OperationId,
    /// The mailbox acted on, or the one newly made.
    pub mailbox: MailboxId,
}

/// Why an action is none, in words.
type Refused = &'static str;

impl Core {
    /// Makes a mailbox, among the user's own, by its name as shown: `/` between levels. It is there at once, and can be filled.
    ///
    /// # Errors
    /// [`CoreError::AlreadyExists`]; [`CoreError::NotFound`]; [`CoreError::InvalidInput`] where it cannot be a name.
    pub async fn create_mailbox(&self, account: AccountId, name: &str) -> Result<MailboxActionDone, CoreError> {
        let name = name.to_owned();
        self.act_on_mailbox(move |tx| match new_mailbox(tx, account, &name)? {
            Ok(new) => Ok(Ok(tx.create_mailbox(account, &new)?)),
            Err(refused) => Ok(Err(refused)),
        })
        .await
    }

    /// Gives a mailbox another name, as shown, and what lies below it with it. All ids stay.
    ///
    /// # Errors
    /// [`CoreError::AlreadyExists`]; [`CoreError::NotFound`]; [`CoreError::InvalidInput`] where it cannot be a name, or the
    /// mailbox is the inbox.
    pub async fn rename_mailbox(&self, mailbox: MailboxId, name: &str) -> Result<MailboxActionDone, CoreError> {
        let name = name.to_owned();
        self.act_on_mailbox(move |tx| {
            let known = tx.shown_mailbox(mailbox)?.ok_or(StoreError::NotFound("mailbox"))?;
            if is_the_inbox(&known) {
                return Ok(Err("the inbox cannot be renamed"));
            }
            let new = match new_mailbox(tx, known.account, &name)? {
                Ok(new) => new,
                Err(refused) => return Ok(Err(refused)),
            };
            if new.name.strip_prefix(&known.naming.name).is_some_and(|rest| rest.starts_with('/')) {
                return Ok(Err("a mailbox cannot lie below itself"));
            }
            Ok(Ok(tx.rename_mailbox(mailbox, &new.raw, &new.name)?))
        })
        .await
    }

    /// Deletes a mailbox with all mail in it. What comes into it until that reaches the server is not deleted: the operation
    /// then waits for the user, who may have it tried again.
    ///
    /// # Errors
    /// [`CoreError::NotFound`]; [`CoreError::InvalidInput`] where others lie below it, or it is the inbox.
    pub async fn delete_mailbox(&self, mailbox: MailboxId) -> Result<MailboxActionDone, CoreError> {
        self.act_on_mailbox(move |tx| {
            let known = tx.shown_mailbox(mailbox)?.ok_or(StoreError::NotFound("mailbox"))?;
            if is_the_inbox(&known) {
                return Ok(Err("the inbox cannot be deleted"));
            }
            let below = format!("{}/", known.naming.name);
            if tx.shown_mailboxes(known.account)?.iter().any(|other| other.naming.name.starts_with(&below)) {
                return Ok(Err("other mailboxes lie below it: delete them first"));
            }
            Ok(Ok(tx.delete_mailbox(mailbox)?))
        })
        .await
    }

    /// Subscribes to a mailbox, or ends that.
    ///
    /// # Errors
    /// [`CoreError::NotFound`].
    pub async fn subscribe_mailbox(
        &self,
        mailbox: MailboxId,
        subscribed: bool,
    ) -> Result<MailboxActionDone, CoreError> {
        self.act_on_mailbox(move |tx| Ok(Ok(tx.subscribe_mailbox(mailbox, subscribed)?))).await
    }

    async fn act_on_mailbox(
        &self,
        act: impl FnOnce(&mut JournalTx<'_>) -> Result<Result<MailboxActed, Refused>, StoreError> + Send + 'static,
    ) -> Result<MailboxActionDone, CoreError> {
        let acted = self.store().journal(act).await?.map_err(CoreError::invalid_input)?;
        Ok(MailboxActionDone { operation: acted.operation, mailbox: acted.mailbox })
    }
}

/// Makes a mailbox of a role, in the account of a message, under its usual name.
pub(super) fn create_for_role(tx: &mut JournalTx<'_>, of: PlaceId, role: MailboxRole) -> Result<MailboxId, StoreError> {
    let name = match role {
        MailboxRole::Archive => "Archive",
        MailboxRole::Junk => "Junk",
        MailboxRole::Trash => "Trash",
        _ => return Err(StoreError::NotFound("mailbox")),
    };
    let message = tx.message(of)?.ok_or(StoreError::NotFound("message"))?;
    let account = tx.mailbox(message.row.mailbox)?.ok_or(StoreError::NotFound("mailbox"))?.account;
    let there = |one: &Mailbox| one.naming.name == name && one.missing_since.is_none();
    if let Some(there) = tx.shown_mailboxes(account)?.into_iter().find(there) {
        return Ok(there.id);
    }
    match new_mailbox(tx, account, name)? {
        Ok(new) => Ok(tx.create_mailbox(account, &NewMailbox { role: Some(role), ..new })?.mailbox),
        Err(_) => Err(StoreError::NotFound("mailbox")),
    }
}

fn is_the_inbox(mailbox: &Mailbox) -> bool {
    mailbox.naming.role == Some(MailboxRole::Inbox) || is_inbox(&mailbox.naming.raw_name)
}

/// The mailbox that a name as shown stands for: below one that is there, else among the user's own.
fn new_mailbox(view: &Snapshot<'_>, account: AccountId, name: &str) -> Result<Result<NewMailbox, Refused>, StoreError> {
    let mailboxes = view.shown_mailboxes(account)?;
    let told = view.personal_namespace(account)?;
    let any_delimiter = || mailboxes.iter().find_map(|mailbox| mailbox.naming.delimiter);
    let naming = match told {
        Some((prefix, delimiter)) => Naming { prefix, delimiter: delimiter.or_else(any_delimiter) },
        None => Naming { prefix: Vec::new(), delimiter: any_delimiter() },
    };
    let levels: Vec<&str> = name.split('/').collect();
    if levels.iter().any(|level| level.trim().is_empty()) || name.contains(char::is_control) {
        return Ok(Err("a name has no empty levels and no control characters"));
    }
    let above = mailboxes
        .iter()
        .filter(|mailbox| name.strip_prefix(&mailbox.naming.name).is_some_and(|rest| rest.starts_with('/')))
        .max_by_key(|mailbox| mailbox.naming.name.len());
    let delimiter = above.and_then(|above| above.naming.delimiter).or(naming.delimiter);
    if levels.len() > 1 && delimiter.is_none() {
        return Ok(Err("mailboxes have no levels on this server"));
    }
    if delimiter.is_some_and(|delimiter| delimiter != '/' && name.contains(delimiter)) {
        return Ok(Err("the name holds what separates levels on this server"));
    }
    let raw = match above {
        Some(above) => {
            let rest = name.get(above.naming.name.len()..).unwrap_or_default();
            let below = Naming { prefix: Vec::new(), delimiter };
            let mut raw = above.naming.raw_name.clone();
            raw.extend(below.raw(rest));
            raw
        }
        None => naming.raw(name),
    };
    if raw.len() > MAX_NAME {
        return Ok(Err("the name is too long"));
    }
    if is_inbox(&raw) {
        return Err(StoreError::Exists("mailbox"));
    }
    Ok(Ok(NewMailbox { name: naming.display(&raw, delimiter), raw, delimiter, role: None }))
}
