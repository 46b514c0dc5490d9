//! What the user did and the server does not know yet: what an operation means, how it shows, in which order it goes out,
//! and what is to be believed when an answer is lost. Pure: no store, no network, no clock.
//!
//! An operation has a step for each message. A message's steps keep their order; steps of different messages do not wait for
//! each other. Flags and placement are wanted states: what several steps ask of one message is asked of the server once.

mod action;
mod backoff;
mod evidence;
mod mailboxes;
mod overlay;
mod pending;
mod plan;
mod plan_mailboxes;
mod refusal;
mod state;

pub use action::{Action, ActionKind};
pub use backoff::{MAX_DELAY, delay};
pub use evidence::{Copied, Evidence, Found, Resolution, Source, Target, resolve_copy, resolve_move};
pub use mailboxes::{Deletion, Renaming, ShownMailbox, Traits, may_delete, resolve_rename, show_mailboxes};
pub use overlay::{Effect, Overlay};
pub use pending::{Expunged, Location, PendingStep, StepKey};
pub use plan::{Batch, FlagWish, Item, Plan, Then, plan};
pub use refusal::{BREAKS, MISSED, MOST_BREAKS, Reason, Refusal, breaks, classify, in_both, is_missing};
pub use state::StepState;
