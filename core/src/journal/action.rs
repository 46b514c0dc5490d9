//! What the user asks for.

use serde::{Deserialize, Serialize};

use super::Traits;
use crate::model::{Flags, MailboxId, MailboxRole, OperationId, PlaceId, Timestamp};

/// What an operation asks of each of its messages, or of its mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// These flags and keywords are to be set, those are to be cleared.
    Flags {
        /// To be set.
        add: Flags,
        /// To be cleared.
        remove: Flags,
    },
    /// The message is to lie in this mailbox and not where it lies.
    Move {
        /// Where to.
        to: MailboxId,
    },
    /// The message is to lie in this mailbox too.
    Copy {
        /// Where to.
        to: MailboxId,
    },
    /// The message is to go from the server for ever.
    Delete,
    /// A message of the user's own is to be put into this mailbox.
    Append {
        /// Where to.
        to: MailboxId,
        /// The flags it is to have.
        flags: Flags,
        /// The date it is to be listed under.
        date: Option<Timestamp>,
    },
    /// The mailbox is to be made on the server.
    CreateMailbox {
        /// Which.
        mailbox: MailboxId,
        /// Its raw name.
        raw: Vec<u8>,
        /// What it is to be for, where that is one of the special uses.
        role: Option<MailboxRole>,
    },
    /// The mailbox is to be called otherwise, and what lies below it with it.
    RenameMailbox {
        /// Which.
        mailbox: MailboxId,
        /// The new raw name.
        to: Vec<u8>,
        /// The same as shown.
        name: String,
    },
    /// The mailbox and all mail in it are to go.
    DeleteMailbox {
        /// Which.
        mailbox: MailboxId,
        /// What was known of it when the user asked for it: what came since was not meant.
        seen: Traits,
        /// What was to be done with mail of it and was set aside when the user asked for it.
        #[serde(default)]
        aside: Vec<(OperationId, PlaceId)>,
    },
    /// The mailbox is to be among those subscribed to, or not to be.
    Subscribe {
        /// Which.
        mailbox: MailboxId,
        /// Which of the two.
        subscribed: bool,
    },
}

/// An action by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "as those of Action")]
pub enum ActionKind {
    Flags,
    Move,
    Copy,
    Delete,
    Append,
    CreateMailbox,
    RenameMailbox,
    DeleteMailbox,
    Subscribe,
}

impl ActionKind {
    /// Its name as people and scripts see it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Flags => "flag",
            Self::Move => "move",
            Self::Copy => "copy",
            Self::Delete => "delete",
            Self::Append => "append",
            Self::CreateMailbox => "mailbox_create",
            Self::RenameMailbox => "mailbox_rename",
            Self::DeleteMailbox => "mailbox_delete",
            Self::Subscribe => "mailbox_subscribe",
        }
    }
}

impl Action {
    /// Its kind.
    pub fn kind(&self) -> ActionKind {
        match self {
            Self::Flags { .. } => ActionKind::Flags,
            Self::Move { .. } => ActionKind::Move,
            Self::Copy { .. } => ActionKind::Copy,
            Self::Delete => ActionKind::Delete,
            Self::Append { .. } => ActionKind::Append,
            Self::CreateMailbox { .. } => ActionKind::CreateMailbox,
            Self::RenameMailbox { .. } => ActionKind::RenameMailbox,
            Self::DeleteMailbox { .. } => ActionKind::DeleteMailbox,
            Self::Subscribe { .. } => ActionKind::Subscribe,
        }
    }

    /// The mailbox that messages go to, or that it is about.
    pub fn mailbox(&self) -> Option<MailboxId> {
        match self {
            Self::Flags { .. } | Self::Delete => None,
            Self::Move { to } | Self::Copy { to } | Self::Append { to, .. } => Some(*to),
            Self::CreateMailbox { mailbox, .. }
            | Self::RenameMailbox { mailbox, .. }
            | Self::DeleteMailbox { mailbox, .. }
            | Self::Subscribe { mailbox, .. } => Some(*mailbox),
        }
    }

    /// Whether it is about a mailbox and not about messages.
    pub fn is_about_mailbox(&self) -> bool {
        matches!(
            self,
            Self::CreateMailbox { .. }
                | Self::RenameMailbox { .. }
                | Self::DeleteMailbox { .. }
                | Self::Subscribe { .. }
        )
    }
}
