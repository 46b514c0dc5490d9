//! The journal as the user sees it: what is pending, what became of it, and what can be done about it.

use serde::Serialize;

use super::{Core, CoreError};
use crate::journal::{Reason, StepState};
use crate::model::{AccountId, MailboxId, OperationId, PlaceId, Timestamp};
use crate::store::{self, Operation, Snapshot, StoreError};

/// How far an operation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "as those of StepState")]
pub enum OperationState {
    Queued,
    InFlight,
    Unknown,
    Probing,
    Retry,
    Parked,
    NeedsUser,
    Done,
    Moot,
    Cancelled,
}

impl OperationState {
    /// Its name in one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::InFlight => "in_flight",
            Self::Unknown => "unknown",
            Self::Probing => "probing",
            Self::Retry => "retry",
            Self::Parked => "parked",
            Self::NeedsUser => "needs_user",
            Self::Done => "done",
            Self::Moot => "moot",
            Self::Cancelled => "cancelled",
        }
    }
}

impl From<StepState> for OperationState {
    fn from(state: StepState) -> Self {
        match state {
            StepState::Queued => Self::Queued,
            StepState::InFlight => Self::InFlight,
            StepState::Unknown => Self::Unknown,
            StepState::Probing => Self::Probing,
            StepState::Retry => Self::Retry,
            StepState::Parked => Self::Parked,
            StepState::NeedsUser => Self::NeedsUser,
            StepState::Done => Self::Done,
            StepState::Moot => Self::Moot,
            StepState::Cancelled => Self::Cancelled,
        }
    }
}

/// One operation of the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OperationInfo {
    /// Its id.
    pub id: OperationId,
    /// The account it belongs to.
    pub account: AccountId,
    /// What was asked for: `flag`, `move`, `copy`, `delete`, …
    pub kind: String,
    /// How far it has come.
    pub state: OperationState,
    /// The messages it is about, or those it makes.
    pub message_ids: Vec<PlaceId>,
    /// The mailbox it is about, as shown.
    pub mailbox: Option<String>,
    /// How often it was refused for now, or broke the connection.
    pub attempts: u32,
    /// Why it is not done, for people.
    pub reason: Option<String>,
    /// The same in one word, for programs.
    pub reason_code: Option<String>,
    /// When the user asked for it.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

/// What became of one message of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepInfo {
    /// The message; `None` where the operation is about a mailbox.
    pub message_id: Option<PlaceId>,
    /// How far it has come.
    pub state: OperationState,
    /// Why it is not done, for people.
    pub reason: Option<String>,
}

impl Core {
    /// The operations of an account that are not at their end, oldest first; with `all`, the others too.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn operations(&self, account: AccountId, all: bool) -> Result<Vec<OperationInfo>, CoreError> {
        self.read(move |view| view.operations(account, all)?.into_iter().map(|one| info(view, one)).collect()).await
    }

    /// One operation.
    ///
    /// # Errors
    /// [`CoreError::NotFound`].
    pub async fn operation(&self, id: OperationId) -> Result<OperationInfo, CoreError> {
        self.read(move |view| info(view, view.operation(id)?.ok_or(StoreError::NotFound("operation"))?)).await
    }

    /// What became of each message of an operation.
    ///
    /// # Errors
    /// [`CoreError::NotFound`].
    pub async fn operation_steps(&self, id: OperationId) -> Result<Vec<StepInfo>, CoreError> {
        let steps = self.read(move |view| {
            view.operation(id)?.ok_or(StoreError::NotFound("operation"))?;
            view.steps(id)
        });
        let step = |step: store::StepInfo| StepInfo {
            message_id: step.made.or(step.place),
            state: step.state.into(),
            reason: step.reason.map(|reason| reason.text),
        };
        Ok(steps.await?.into_iter().map(step).collect())
    }

    /// Takes an operation back, as far as nothing of it has left: its effect is undone in the view. What a deletion has marked as
    /// deleted before it was refused is unmarked, by an operation of its own.
    ///
    /// # Errors
    /// [`CoreError::NotFound`]; [`CoreError::InvalidInput`] where nothing of it can be taken back any more.
    pub async fn cancel_operation(&self, id: OperationId) -> Result<OperationInfo, CoreError> {
        if self.store().journal(move |tx| tx.cancel(id)).await? == 0 {
            return Err(CoreError::invalid_input("it is under way or at its end, and cannot be taken back"));
        }
        self.operation(id).await
    }

    /// Has an operation tried again that was refused, or that waits for its time.
    ///
    /// # Errors
    /// [`CoreError::NotFound`], also where the mailbox is not there to which it was to bring mail; [`CoreError::InvalidInput`] where
    /// there is nothing to be tried again.
    pub async fn retry_operation(&self, id: OperationId) -> Result<OperationInfo, CoreError> {
        if self.store().journal(move |tx| tx.retry(id)).await? == 0 {
            return Err(CoreError::invalid_input("nothing of it waits to be tried again"));
        }
        self.operation(id).await
    }

    /// To be called when the device has another network than before, or one again: what waits for its time goes out with the next
    /// sync, and no connection of the old network is used any more. It begins no sync.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn network_changed(&self) -> Result<(), CoreError> {
        self.engine().network_changed();
        self.store().journal(|tx| tx.due_now(None)).await?;
        Ok(())
    }
}

fn info(view: &Snapshot<'_>, operation: Operation) -> Result<OperationInfo, StoreError> {
    let steps = view.steps(operation.id)?;
    // Of several reasons, that of what is not done.
    let of_note = steps.iter().filter(|step| step.reason.is_some()).min_by_key(|step| step.state.is_final());
    let reason: Option<Reason> = of_note.and_then(|step| step.reason.clone());
    let mailbox = operation
        .mailbox
        .map(|id: MailboxId| Ok::<_, StoreError>(view.shown_mailbox(id)?.or(view.mailbox(id)?)))
        .transpose()?
        .flatten();
    Ok(OperationInfo {
        id: operation.id,
        account: operation.account,
        kind: operation.kind,
        state: operation.state.into(),
        message_ids: steps.iter().filter_map(|step| step.made.or(step.place)).collect(),
        mailbox: mailbox.map(|mailbox| mailbox.naming.name),
        attempts: steps.iter().map(|step| step.attempts).max().unwrap_or(0),
        reason: reason.as_ref().map(|reason| reason.text.clone()),
        reason_code: reason.map(|reason| reason.code),
        created: operation.created,
        updated: operation.updated,
    })
}
