//! The mailboxes an account starts with.

use crate::world::{Actor, Refusal, Rival, Style, World};

/// Mailboxes, and how their names are built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Hierarchy delimiter.
    pub delimiter: Option<u8>,
    /// What every personal mailbox but INBOX starts with (`INBOX.`).
    pub prefix: Vec<u8>,
    /// Folders or labels.
    pub style: Style,
    /// A mailbox that is created below nothing leaves mere names above it, that cannot be selected.
    pub shells: bool,
    /// Names (in wire octets) and attributes of the mailboxes besides INBOX; all are subscribed.
    pub mailboxes: Vec<(String, Vec<String>)>,
}

impl Layout {
    /// A layout with these mailboxes and special uses.
    pub fn new(delimiter: u8, prefix: &str, mailboxes: &[(&str, &str)]) -> Self {
        let mailboxes = mailboxes
            .iter()
            .map(|(name, uses)| ((*name).to_owned(), uses.split_whitespace().map(str::to_owned).collect()))
            .collect();
        Self { delimiter: Some(delimiter), prefix: prefix.into(), style: Style::Folders, shells: false, mailboxes }
    }

    /// Makes an account of this layout.
    ///
    /// # Errors
    /// If a name of the layout cannot be a mailbox.
    pub fn furnish(&self, world: &World, user: &str, password: &str) -> Result<Rival, Refusal> {
        world.with(|state| {
            state.add_account(user, password);
            if let Some(account) = state.account_mut(user) {
                account.delimiter = self.delimiter;
                account.style = self.style;
                account.shells = self.shells;
            }
            for (name, attributes) in &self.mailboxes {
                let attributes: Vec<&str> = attributes.iter().map(String::as_str).collect();
                let id = state.create(&Actor::Rival, user, name.as_bytes(), &attributes)?;
                if let Some(mailbox) = state.account_mut(user).and_then(|account| account.by_id_mut(id))
                    && mailbox.attributes.remove("\\Noselect")
                {
                    mailbox.noselect = true;
                }
                state.subscribe(&Actor::Rival, user, name.as_bytes(), true)?;
            }
            Ok(())
        })?;
        Ok(world.rival(user))
    }
}
