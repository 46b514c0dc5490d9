//! Plain data that every other module speaks: ids, UIDs, flags, addresses, roles, time. No I/O, no policy.

mod address;
mod digest;
mod envelope;
mod flags;
mod identity;
mod ids;
mod modseq;
mod part;
mod role;
mod secret;
mod time;
mod uid_set;

pub use address::Address;
pub use digest::Digest;
pub use envelope::Envelope;
pub use flags::{Flags, Keyword, SystemFlag};
pub use identity::Identity;
pub use ids::{AccountId, MailboxId, MessageId, OperationId, PlaceId, ThreadId};
pub use modseq::{ModSeq, Uid, UidValidity};
pub use part::{Disposition, Part};
pub use role::{MailboxRole, UnknownRole};
pub use secret::Secret;
pub use time::{Clock, SystemClock, Timestamp};
pub use uid_set::UidSet;
