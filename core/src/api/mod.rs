//! The one front door: what the command line and the bindings use, and all that they use.
//!
//! A [`Core`] is an open store and the engine over it. Every function can fail, with one closed error; every long call
//! has a handle that cancels it. Values are plain data.

mod accounts;
mod actions;
mod append;
mod bodies;
mod compare;
mod convert;
mod core;
mod error;
mod health;
mod mailbox_actions;
mod mailboxes;
mod messages;
mod observe;
mod operations;
mod parts;
mod search;
mod simulated;
mod sync;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod testing;
mod values;

pub use self::core::{Core, CoreOptions};
pub use actions::{ActionDone, FlagChange};
pub use append::MailSource;
pub use bodies::RawMail;
pub use error::{CoreError, ErrorFacts};
pub use health::{Health, Problem, ProblemKind, Salvaged, ServerCheck};
pub use mailbox_actions::MailboxActionDone;
pub use observe::{ListDiff, ListObserver, Subscription};
pub use operations::{OperationInfo, OperationState, StepInfo};
pub use parts::PartContent;
pub use sync::{Canceller, SyncHandle};
pub use values::*;

pub use crate::engine::Direction;

pub use crate::account::{
    AccountSettings, Auth, BodyPolicy, CredentialError, InvalidServer, InvalidSetting, Protocol, SecretStore, Server,
    Setting, TokenProvider,
};
pub use crate::model::{
    AccountId, Address, Clock, Disposition, MailboxId, MailboxRole, MessageId, OperationId, PlaceId, Secret,
    SystemClock, ThreadId, Timestamp,
};
pub use crate::wire::{BoxStream, Network, Security, TcpNetwork, WireError};
