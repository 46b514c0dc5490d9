//! What the user does to mailboxes: one transaction, on disk when it is answered.

use rusqlite::params;

use super::mailbox_overlay::refresh_mailboxes;
use super::settle::to_json;
use crate::journal::{Action, Reason, StepState, Traits};
use crate::model::{AccountId, MailboxId, MailboxRole, OperationId, PlaceId, Uid};
use crate::mutants::mutant;
use crate::store::{JournalTx, StoreError};

/// A mailbox that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMailbox {
    /// Its raw name.
    pub raw: Vec<u8>,
    /// The same as shown.
    pub name: String,
    /// The server's hierarchy delimiter.
    pub delimiter: Option<char>,
    /// What it is to be for.
    pub role: Option<MailboxRole>,
}

/// What an action on a mailbox became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailboxActed {
    /// The operation.
    pub operation: OperationId,
    /// The mailbox.
    pub mailbox: MailboxId,
}

impl JournalTx<'_> {
    /// Makes a mailbox: it is there at once, and can be filled.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where one of this name is shown; [`StoreError::NotFound`] where there is no such account.
    pub fn create_mailbox(&mut self, account: AccountId, new: &NewMailbox) -> Result<MailboxActed, StoreError> {
        if self.account(account)?.is_none() {
            return Err(StoreError::NotFound("account"));
        }
        self.require_free_name(account, None, &new.raw, &new.name)?;
        // The raw name may still be another's, which is to be renamed or to go: a name that no server can list stands in.
        let sql =
            "INSERT INTO mailboxes (account, raw_name, name, delimiter, role, selectable, subscribed, provisional)
                   VALUES (?1, CAST(x'00' || randomblob(12) AS BLOB), ?2, ?3, ?4, 1, 1, 1)";
        self.prepare(sql)?.execute(params![
            account.0,
            new.name,
            new.delimiter.map(String::from),
            new.role.map(MailboxRole::as_str)
        ])?;
        let mailbox = MailboxId(self.conn().last_insert_rowid());
        self.prepare("UPDATE mailboxes SET raw_name = CAST(x'00' || id AS BLOB) WHERE id = ?1")?
            .execute([mailbox.0])?;
        self.act_on_mailbox(account, &Action::CreateMailbox { mailbox, raw: new.raw.clone(), role: new.role })
    }

    /// Gives a mailbox another name, and what lies below it with it.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where one of the new name is shown; [`StoreError::NotFound`].
    pub fn rename_mailbox(&mut self, mailbox: MailboxId, raw: &[u8], name: &str) -> Result<MailboxActed, StoreError> {
        let account = self.shown_mailbox(mailbox)?.ok_or(StoreError::NotFound("mailbox"))?.account;
        self.require_free_name(account, Some(mailbox), raw, name)?;
        self.act_on_mailbox(account, &Action::RenameMailbox { mailbox, to: raw.to_vec(), name: name.to_owned() })
    }

    /// Deletes a mailbox with all mail in it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn delete_mailbox(&mut self, mailbox: MailboxId) -> Result<MailboxActed, StoreError> {
        let account = self.shown_mailbox(mailbox)?.ok_or(StoreError::NotFound("mailbox"))?.account;
        let action = self.deletion(mailbox)?;
        self.act_on_mailbox(account, &action)
    }

    /// Subscribes to a mailbox, or ends that.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn subscribe_mailbox(&mut self, mailbox: MailboxId, subscribed: bool) -> Result<MailboxActed, StoreError> {
        let account = self.shown_mailbox(mailbox)?.ok_or(StoreError::NotFound("mailbox"))?.account;
        self.act_on_mailbox(account, &Action::Subscribe { mailbox, subscribed })
    }

    fn act_on_mailbox(&mut self, account: AccountId, action: &Action) -> Result<MailboxActed, StoreError> {
        let mailbox = action.mailbox().ok_or_else(|| StoreError::Internal("no action on a mailbox".to_owned()))?;
        let operation = self.insert_operation(account, action)?;
        self.insert_step(operation, PlaceId(0), None, None)?;
        refresh_mailboxes(self.inner(), account)?;
        self.change().mailboxes.insert(mailbox);
        self.change().accounts.insert(account);
        Ok(MailboxActed { operation, mailbox })
    }

    fn require_free_name(
        &self,
        account: AccountId,
        except: Option<MailboxId>,
        raw: &[u8],
        name: &str,
    ) -> Result<(), StoreError> {
        let taken = self.shown_mailboxes(account)?.into_iter().any(|mailbox| {
            let is_other = Some(mailbox.id) != except && mailbox.missing_since.is_none();
            is_other && (mailbox.naming.raw_name == raw || mailbox.naming.name == name)
        });
        if taken { Err(StoreError::Exists("mailbox")) } else { Ok(()) }
    }

    /// What is tried again and refused again is news to who wanted mailboxes to go before.
    fn may_be_set_aside_anew(&self, operation: OperationId) -> Result<(), StoreError> {
        let sql = "SELECT id FROM operations WHERE kind = 'mailbox_delete' AND state < 7";
        let mut statement = self.prepare(sql)?;
        let rows = statement.query_map([], |row| row.get(0).map(OperationId))?;
        for deletion in rows.collect::<Result<Vec<_>, _>>()? {
            if let Some(Action::DeleteMailbox { mailbox, seen, mut aside }) = self.action(deletion)? {
                aside.retain(|(other, _)| *other != operation);
                self.set_action(deletion, &Action::DeleteMailbox { mailbox, seen, aside })?;
            }
        }
        Ok(())
    }

    fn set_action(&self, operation: OperationId, action: &Action) -> Result<(), StoreError> {
        let sql = "UPDATE operations SET action = ?2 WHERE id = ?1";
        self.prepare(sql)?.execute(params![operation.0, to_json(action)?])?;
        Ok(())
    }

    /// To delete a mailbox as the user knows it now.
    fn deletion(&self, mailbox: MailboxId) -> Result<Action, StoreError> {
        Ok(Action::DeleteMailbox { mailbox, seen: self.traits_seen(mailbox)?, aside: self.set_aside_in(mailbox)? })
    }

    /// What the user knows of a mailbox.
    fn traits_seen(&self, mailbox: MailboxId) -> Result<Traits, StoreError> {
        let row = self.mailbox(mailbox)?.ok_or(StoreError::NotFound("mailbox"))?;
        // In one that is not made yet, or that nobody has looked into, is nothing that they know but what they put there.
        let knows_own =
            row.provisional || row.total > 0 && self.places_put_there(mailbox, Uid::MIN)?.len() as u64 >= row.total;
        let uid_next = row.state.uid_next.or(knows_own.then_some(Uid::MIN));
        Ok(Traits { uid_next, messages: row.server_total, ..row.traits() })
    }

    /// An operation is to be tried again: what waited for it waits again. Where it was `set_aside`, its mailbox in sight, what the user
    /// knows now is what they knew when they asked.
    pub(super) fn renew(
        &mut self,
        operation: OperationId,
        action: Option<Action>,
        set_aside: bool,
    ) -> Result<(), StoreError> {
        match action {
            Some(Action::Move { .. } | Action::Copy { .. } | Action::Append { .. }) => {
                self.may_be_set_aside_anew(operation)?;
            }
            Some(Action::DeleteMailbox { mailbox, .. }) if set_aside || mutant!("hidden_is_seen") => {
                self.set_action(operation, &self.deletion(mailbox)?)?;
            }
            Some(Action::CreateMailbox { mailbox, .. }) => {
                let sql =
                    "UPDATE steps SET state = ?3, reason = NULL WHERE state = ?4 AND reason = ?2 AND operation IN (
                             SELECT id FROM operations WHERE state < 7 AND mailbox = ?1)
                           RETURNING operation, place, made";
                let (queued, parked) = (StepState::Queued as u8, StepState::Parked as u8);
                let mut statement = self.prepare(sql)?;
                let reason = to_json(&Reason::no_mailbox())?;
                let rows = statement.query_map(params![mailbox.0, reason, queued, parked], |row| {
                    let made = row.get::<_, Option<i64>>(2)?.map(PlaceId);
                    Ok((OperationId(row.get(0)?), PlaceId(row.get(1)?), made))
                })?;
                let renewed: Vec<(OperationId, PlaceId, Option<PlaceId>)> = rows.collect::<Result<_, _>>()?;
                let places = renewed.iter().flat_map(|(_, place, made)| [Some(*place), *made]).flatten();
                let operations = renewed.iter().map(|(operation, ..)| *operation);
                self.steps_changed(operations.collect::<Vec<_>>(), places.collect::<Vec<_>>())?;
            }
            _ => {}
        }
        Ok(())
    }
}
