//! Messages and the places where they lie.

use std::fmt;
use std::sync::Arc;

use super::flags::Flags;

/// A message's number in a mailbox, never reused under one UIDVALIDITY.
pub type Uid = u32;

/// An internal date: seconds since 1970 and the offset from UTC it is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct InternalDate {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Minutes east of UTC.
    pub offset_minutes: i32,
}

impl InternalDate {
    /// A date written in UTC.
    pub const fn utc(seconds: i64) -> Self {
        Self { seconds, offset_minutes: 0 }
    }
}

/// Makes the messages of a very large mailbox when they are asked for, so that they cost no memory.
pub trait Generator: Send + Sync {
    /// The octets of the message with this UID; always the same ones for the same UID.
    fn bytes(&self, uid: Uid) -> Vec<u8>;

    /// The number of octets; worth overriding where it can be told without making the message.
    fn size(&self, uid: Uid) -> u64 {
        self.bytes(uid).len() as u64
    }

    /// When the message arrived: one a minute from 2000-01-01 on, unless overridden.
    fn internal_date(&self, uid: Uid) -> InternalDate {
        InternalDate::utc(946_684_800 + i64::from(uid) * 60)
    }
}

impl<F: Fn(Uid) -> Vec<u8> + Send + Sync> Generator for F {
    fn bytes(&self, uid: Uid) -> Vec<u8> {
        self(uid)
    }
}

/// The octets of a message.
#[derive(Clone)]
pub enum Content {
    /// Held in memory.
    Bytes(Arc<[u8]>),
    /// Made on demand under the UID it was made for, wherever the message is copied to.
    Generated(Arc<dyn Generator>, Uid),
}

impl Content {
    /// The octets.
    pub fn bytes(&self) -> Arc<[u8]> {
        match self {
            Self::Bytes(bytes) => Arc::clone(bytes),
            Self::Generated(generator, uid) => generator.bytes(*uid).into(),
        }
    }

    /// The number of octets (RFC822.SIZE).
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Generated(generator, uid) => generator.size(*uid),
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Generated(_, uid) => write!(f, "Generated({uid})"),
        }
    }
}

/// A mail: what all its copies have in common.
#[derive(Debug, Clone)]
pub struct Message {
    /// EMAILID (RFC 8474): the same for every copy.
    pub email_id: String,
    /// THREADID (RFC 8474): the same for all mails of a conversation.
    pub thread_id: String,
    /// X-GM-MSGID.
    pub gm_msgid: u64,
    /// X-GM-THRID.
    pub gm_thrid: u64,
    /// INTERNALDATE.
    pub internal_date: InternalDate,
    /// The octets.
    pub content: Content,
}

/// A mail as it lies in one mailbox.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its number there.
    pub uid: Uid,
    /// Its flags there.
    pub flags: Flags,
    /// Mod-sequence of its last change there.
    pub modseq: u64,
    /// When it came into the mailbox (SAVEDATE), seconds since 1970.
    pub saved: i64,
    /// The mail.
    pub message: Arc<Message>,
}
