//! What a mailbox is for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Special use of a mailbox (RFC 6154 section 2, RFC 8457 for `Important`), or the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailboxRole {
    /// Where new mail arrives.
    Inbox,
    /// Unfinished mails.
    Drafts,
    /// Copies of what was sent.
    Sent,
    /// Mail kept out of the way.
    Archive,
    /// Spam.
    Junk,
    /// Mail that was deleted.
    Trash,
    /// A virtual mailbox with every mail of the account.
    All,
    /// A virtual mailbox with all flagged mail.
    Flagged,
    /// A virtual mailbox with what the server thinks important.
    Important,
}

impl MailboxRole {
    /// Every role, in the order in which people expect the mailboxes to be listed.
    pub const ALL: [MailboxRole; 9] = [
        Self::Inbox,
        Self::Drafts,
        Self::Sent,
        Self::Archive,
        Self::Junk,
        Self::Trash,
        Self::All,
        Self::Flagged,
        Self::Important,
    ];

    /// The role's name in the store, on the command line and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Drafts => "drafts",
            Self::Sent => "sent",
            Self::Archive => "archive",
            Self::Junk => "junk",
            Self::Trash => "trash",
            Self::All => "all",
            Self::Flagged => "flagged",
            Self::Important => "important",
        }
    }
}

impl fmt::Display for MailboxRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a mailbox role")]
pub struct UnknownRole;

impl FromStr for MailboxRole {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str().eq_ignore_ascii_case(text)).ok_or(UnknownRole)
    }
}
