//! What a commit touched, told to whoever shows it.

use std::collections::BTreeSet;

use crate::model::{AccountId, MailboxId, MessageId};

/// What one commit touched. Sent after it, never before; several transactions may share one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Accounts that were added, removed or whose settings or sync state changed.
    pub accounts: BTreeSet<AccountId>,
    /// Mailboxes whose messages, counts, name or state changed, and those that came or went.
    pub mailboxes: BTreeSet<MailboxId>,
    /// Messages of which text or bytes arrived.
    pub messages: BTreeSet<MessageId>,
}

impl Change {
    /// Whether nothing was touched.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.mailboxes.is_empty() && self.messages.is_empty()
    }

    /// Adds what another touched.
    pub fn merge(&mut self, other: Self) {
        self.accounts.extend(other.accounts);
        self.mailboxes.extend(other.mailboxes);
        self.messages.extend(other.messages);
    }
}
