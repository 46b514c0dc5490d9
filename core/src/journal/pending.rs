//! What is left to be done, as far as planning looks at it.

use super::{Action, StepState};
use crate::model::{MailboxId, MessageId, OperationId, PlaceId, Uid};

/// Names one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepKey {
    /// The operation it belongs to.
    pub operation: OperationId,
    /// The message it is about; 0 where it is about a mailbox.
    pub place: PlaceId,
}

/// Where the mirror has a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// In which mailbox.
    pub mailbox: MailboxId,
    /// Under which UID.
    pub uid: Uid,
}

/// A step that is neither at its end nor refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingStep {
    /// Which.
    pub key: StepKey,
    /// What is to be done.
    pub action: Action,
    /// How far it has come.
    pub state: StepState,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// Whether that was for want of its message, and no refusal.
    pub missed: bool,
    /// In how many flights it was that ended with the connection.
    pub suspected: u32,
    /// Whether its time has come.
    pub is_due: bool,
    /// The message that it brings into being.
    pub made: Option<PlaceId>,
    /// Where its message is; `None` where the server has it not yet, or under a UID that is not known yet.
    pub location: Option<Location>,
    /// In which mailbox its message is, also where its UID there is not known yet.
    pub lies_in: Option<MailboxId>,
    /// Of a move whose message was copied: the mailbox in which its original lies still.
    pub original_in: Option<MailboxId>,
    /// Where its message is to be expunged.
    pub expunged: Expunged,
    /// The mail that it is about, where that has labels: what is asked of it under one label and under another is asked of one mail.
    pub mail: Option<MessageId>,
    /// Whether it takes all labels of the mail: a move to the trash or the spam.
    pub takes_labels: bool,
}

/// Where a message is expunged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expunged {
    /// Where it lies.
    Here,
    /// In the trash: with labels, what is expunged elsewhere loses one only.
    In(MailboxId),
    /// Nowhere: with labels, and the trash is not shown.
    Nowhere,
}

impl PendingStep {
    pub(super) fn was_refused(&self) -> bool {
        self.attempts > 0 && !self.missed
    }

    /// Its turn among those of one message. What was asked of a message while its deletion was set aside is done before it goes after
    /// all.
    pub(super) fn turn(&self) -> (bool, OperationId) {
        (matches!(self.action, Action::Delete), self.key.operation)
    }
}
