//! What was done to the world, by whom: the truth that an oracle compares a client's belief with.

use super::flags::Flags;
use super::message::Uid;

/// Who changed something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// A command of a session.
    Session {
        /// Number of the connection, from 1, in the order of acceptance.
        connection: u64,
        /// The command's tag; for a protocol without tags the command's number on its connection.
        tag: String,
    },
    /// Somebody outside of every session: another client, a delivery, an administrator.
    Rival,
}

/// One applied change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Running number over the whole world, from 1.
    pub number: u64,
    /// When, by the world's clock, in seconds since 1970.
    pub at: i64,
    /// Who did it.
    pub by: Actor,
    /// The user whose account it is.
    pub user: String,
    /// What was done.
    pub change: Change,
}

/// What a change did. Mailboxes are named as they were named then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new message came in.
    Appended {
        /// Where.
        mailbox: Vec<u8>,
        /// Its UID.
        uid: Uid,
        /// Its Message-ID, without the brackets.
        message_id: Option<String>,
    },
    /// A message's flags became these.
    Flags {
        /// Where.
        mailbox: Vec<u8>,
        /// Which.
        uid: Uid,
        /// All its flags now.
        flags: Flags,
    },
    /// A message was removed for good from a mailbox.
    Expunged {
        /// Where.
        mailbox: Vec<u8>,
        /// Which.
        uid: Uid,
    },
    /// A message was copied.
    Copied {
        /// From where.
        from: Vec<u8>,
        /// Its UID there.
        uid: Uid,
        /// To where.
        to: Vec<u8>,
        /// The copy's UID.
        new_uid: Uid,
    },
    /// A message was moved.
    Moved {
        /// From where.
        from: Vec<u8>,
        /// Its UID there.
        uid: Uid,
        /// To where.
        to: Vec<u8>,
        /// Its UID now.
        new_uid: Uid,
    },
    /// A mailbox was created.
    Created(Vec<u8>),
    /// A mailbox was deleted.
    Deleted(Vec<u8>),
    /// A mailbox was renamed.
    Renamed {
        /// Old name.
        from: Vec<u8>,
        /// New name.
        to: Vec<u8>,
    },
    /// A name was subscribed.
    Subscribed(Vec<u8>),
    /// A name was unsubscribed.
    Unsubscribed(Vec<u8>),
    /// A mailbox got another UIDVALIDITY.
    UidValidity {
        /// Where.
        mailbox: Vec<u8>,
        /// The new value.
        value: u32,
    },
}

/// A command as a server received it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Number of the connection, from 1.
    pub connection: u64,
    /// The command without its final line break; literals are left out (`{n}` stands) and so are credentials.
    pub line: Vec<u8>,
}

/// Something a client did that the protocol forbids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Number of the connection, from 1.
    pub connection: u64,
    /// The command's tag.
    pub tag: String,
    /// What was wrong, without anything the client sent.
    pub why: String,
}

/// Why a change was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such mailbox.
    #[error("no such mailbox")]
    NonExistent,
    /// There is one by that name already.
    #[error("the mailbox exists already")]
    AlreadyExists,
    /// It would exceed the account's quota.
    #[error("quota exceeded")]
    OverQuota,
    /// The server cannot do that, ever.
    #[error("that cannot be done")]
    Cannot,
    /// The mailbox cannot be changed.
    #[error("the mailbox is read-only")]
    ReadOnly,
    /// No such user.
    #[error("no such user")]
    NoUser,
}
