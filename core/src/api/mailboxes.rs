//! Mailboxes: listed and found by name.

use super::{Core, CoreError, MailboxInfo, convert};
use crate::model::{AccountId, MailboxRole};

impl Core {
    /// The mailboxes of an account, with what the user did to them: special ones first, then by name.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn mailboxes(&self, account: AccountId) -> Result<Vec<MailboxInfo>, CoreError> {
        let (rows, changes) =
            self.read(move |view| Ok((view.shown_mailboxes(account)?, view.counts_changes()?))).await?;
        Ok(rows.into_iter().map(|row| convert::mailbox(row, &changes)).collect())
    }

    /// The mailbox of that name as shown, or of that role, or of that full name on the server; in one account, or in
    /// all where none is named.
    ///
    /// # Errors
    /// [`CoreError::NotFound`]; [`CoreError::InvalidInput`] where several accounts have one.
    pub async fn find_mailbox(&self, account: Option<AccountId>, name: &str) -> Result<MailboxInfo, CoreError> {
        let wanted = name.to_owned();
        let (found, changes) = self
            .read(move |view| {
                let mut found = Vec::new();
                for row in view.accounts()? {
                    if account.is_some_and(|only| only != row.id) {
                        continue;
                    }
                    let mailboxes = view.shown_mailboxes(row.id)?;
                    let listed = || mailboxes.iter();
                    let role: Option<MailboxRole> = wanted.parse().ok();
                    let hit = listed()
                        .find(|mailbox| mailbox.naming.name == wanted)
                        .or_else(|| listed().find(|mailbox| role.is_some() && mailbox.naming.role == role))
                        .or_else(|| listed().find(|mailbox| mailbox.naming.raw_name == wanted.as_bytes()))
                        .or_else(|| listed().find(|mailbox| mailbox.naming.name.eq_ignore_ascii_case(&wanted)));
                    found.extend(hit.cloned());
                }
                Ok((found, view.counts_changes()?))
            })
            .await?;
        let mut found = found.into_iter();
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(convert::mailbox(only, &changes)),
            (None, _) => Err(CoreError::not_found("there is no such mailbox")),
            _ => Err(CoreError::invalid_input("several accounts have such a mailbox: name the account")),
        }
    }
}
