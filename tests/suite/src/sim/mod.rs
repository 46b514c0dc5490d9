//! The simulation: the whole engine on one thread, in a world of its own whose time, network, server, other clients and deaths
//! come from tapes, and whose truth is known. A seed makes the tapes; the same tapes make the same run.
//!
//! What is real: everything in the core from its API down, and SQLite on real files. What is not: TLS, threads, the disk's own
//! lies, and the servers, which are as the model server has them.

mod acts;
mod around;
mod checks;
mod chronicle;
mod cuts;
mod doom;
mod finale;
mod fold;
mod folder_checks;
mod folders;
mod generate;
mod ghost;
mod hash;
mod ledger;
mod minimise;
mod names;
mod net;
mod rival_mailboxes;
mod run;
mod situations;
mod stories;
mod tape;
mod world;

pub use cuts::{CUT_KINDS, cut};
pub use minimise::minimise;
pub use run::{Verdict, play, play_traced};
pub use situations::{Situations, all as situations};
pub use tape::{Deed, Fault, MailboxAct, Reply, RivalAct, Schedule, ServerSpec, Tape, Then, UserAct};
