//! Accounts: listed, added, changed, removed, tried out.

use super::{AccountInfo, Core, CoreError, LastError, ServerReport};
use crate::account::AccountSettings;
use crate::model::AccountId;
use crate::store::{Account, StoreError};

impl Core {
    /// All accounts, in the order in which they were added.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn accounts(&self) -> Result<Vec<AccountInfo>, CoreError> {
        let rows = self.read(|view| view.accounts()).await?;
        Ok(rows.into_iter().map(info).collect())
    }

    /// The account of that name or address; the only one where none is named.
    ///
    /// # Errors
    /// [`CoreError::NotFound`]; [`CoreError::InvalidInput`] where none is named and there are several.
    pub async fn find_account(&self, name_or_email: Option<&str>) -> Result<AccountInfo, CoreError> {
        let mut accounts = self.accounts().await?;
        match name_or_email {
            Some(wanted) => accounts
                .into_iter()
                .find(|account| account.name == wanted || account.email.eq_ignore_ascii_case(wanted))
                .ok_or_else(|| CoreError::not_found("there is no such account")),
            None if accounts.len() > 1 => Err(CoreError::invalid_input("there are several accounts: name one")),
            None => accounts.pop().ok_or_else(|| CoreError::not_found("there is no account yet")),
        }
    }

    /// What an account is set to.
    ///
    /// # Errors
    /// [`CoreError::NotFound`].
    pub async fn account_settings(&self, id: AccountId) -> Result<AccountSettings, CoreError> {
        let row = self.read(move |view| view.account(id)).await?;
        let row = row.ok_or_else(|| CoreError::not_found("there is no such account"))?;
        Ok(serde_json::from_str(&row.settings).map_err(|_| StoreError::Damaged)?)
    }

    /// Adds an account. Nothing is connected: see [`Core::test_account`].
    ///
    /// # Errors
    /// [`CoreError::AlreadyExists`] where the name is taken; [`CoreError::InvalidInput`] where name or server are missing.
    pub async fn add_account(&self, settings: AccountSettings) -> Result<AccountId, CoreError> {
        let json = checked(&settings)?;
        Ok(self.store().config(move |tx| tx.add_account(&settings.name, &settings.email, &json)).await?)
    }

    /// Changes what an account is set to. To be called for a new password too, even where the settings stay: after a refused
    /// login none is tried for a minute otherwise.
    ///
    /// # Errors
    /// As [`Core::add_account`], and [`CoreError::NotFound`].
    pub async fn update_account(&self, id: AccountId, settings: AccountSettings) -> Result<(), CoreError> {
        let json = checked(&settings)?;
        self.store().config(move |tx| tx.update_account(id, &settings.name, &settings.email, &json)).await?;
        self.engine().settings_changed(id);
        Ok(())
    }

    /// Removes an account with all its mail from this device. The server is not told.
    ///
    /// # Errors
    /// [`CoreError::NotFound`].
    pub async fn remove_account(&self, id: AccountId) -> Result<(), CoreError> {
        let _barred = self.engine().end(id).await;
        Ok(self.store().config(move |tx| tx.remove_account(id)).await?)
    }

    /// Connects and logs in with these settings, and nothing more.
    ///
    /// # Errors
    /// What connecting and logging in may meet.
    pub async fn test_account(&self, settings: AccountSettings) -> Result<ServerReport, CoreError> {
        let server = settings.imap.as_ref().map(ToString::to_string).unwrap_or_default();
        let tested = self.engine().test(settings).await?;
        Ok(ServerReport {
            server,
            capabilities: tested.capabilities,
            secure: tested.secure,
            elapsed_ms: tested.elapsed_ms,
        })
    }
}

fn checked(settings: &AccountSettings) -> Result<String, CoreError> {
    if settings.name.trim().is_empty() || settings.email.trim().is_empty() {
        return Err(CoreError::invalid_input("an account needs a name and an address"));
    }
    if settings.imap.is_none() && settings.pop.is_none() {
        return Err(CoreError::invalid_input("an account needs a server that its mail comes from"));
    }
    serde_json::to_string(settings).map_err(|_| CoreError::internal("settings that cannot be written"))
}

fn info(row: Account) -> AccountInfo {
    let failed = !row.sync.outcome.is_empty();
    let (kind, message) = row.sync.outcome.split_once(": ").unwrap_or(("internal", &row.sync.outcome));
    AccountInfo {
        id: row.id,
        name: row.name,
        email: row.email,
        last_sync: row.sync.completed,
        needs_user: CoreError::kind_needs_user(kind),
        last_error: failed.then(|| LastError { kind: kind.to_owned(), message: message.to_owned() }),
    }
}
