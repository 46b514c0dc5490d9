//! What happens in a run: three tapes, of what people do, of what breaks, and of when. Entries pick among what is there by
//! numbers, so that a tape keeps a meaning when others of its entries are taken out.

use serde::{Deserialize, Serialize};

use super::generate;

/// A whole run, as plain data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tape {
    /// The server.
    pub server: ServerSpec,
    /// What people do, in order.
    pub workload: Vec<Deed>,
    /// What breaks.
    pub faults: Vec<Fault>,
    /// When, and how fast.
    pub schedule: Schedule,
}

impl Tape {
    /// The tape of a seed.
    pub fn of(seed: u64) -> Self {
        generate::tape(seed)
    }

    /// Whether there are two phones on the account.
    pub(super) fn is_shared(&self) -> bool {
        self.workload.iter().any(|deed| matches!(deed, Deed::Second(_)))
    }
}

/// A kind of server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSpec {
    /// The preset it is made from.
    pub preset: String,
    /// Capabilities taken from it.
    pub without: Vec<String>,
    /// Capabilities given to it.
    pub with: Vec<String>,
    /// Whether MOVE stops after the first message and answers NO.
    pub move_stops: bool,
    /// How many mails it begins with.
    pub mails: u8,
}

/// What somebody does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deed {
    /// The person at the phone.
    User(UserAct),
    /// Another client.
    Rival(RivalAct),
    /// The same as all others here, but on a second phone.
    Second(Box<Deed>),
    /// The phone begins to sync, unless it is at it.
    Sync,
    /// The same, but it sends nothing of what the user did.
    Look,
    /// The end of the sync is waited for.
    Finish,
    /// So many seconds pass.
    Wait(u16),
    /// The app is closed and opened again.
    Restart,
    /// The app dies and is opened again; with a power cut, what was not synced is lost.
    Die {
        /// Whether the power was cut, and how much of the unsynced log stays (of 65536).
        power: Option<u16>,
    },
}

/// What the person at the phone does. `pick` chooses among what is shown, `span` is how many follow it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as explained above")]
pub enum UserAct {
    Flag {
        pick: u16,
        span: u8,
        flag: u8,
        set: bool,
    },
    Move {
        pick: u16,
        span: u8,
        to: u8,
    },
    Copy {
        pick: u16,
        span: u8,
        to: u8,
    },
    Delete {
        pick: u16,
        span: u8,
    },
    Append {
        to: u8,
    },
    /// All mail out of one mailbox.
    Empty {
        pick: u16,
        to: u8,
    },
    Cancel {
        pick: u16,
    },
    Retry {
        pick: u16,
    },
    Mailbox(MailboxAct),
}

/// What somebody does to mailboxes. `name` chooses a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as explained above")]
pub enum MailboxAct {
    Create { name: u8 },
    Rename { pick: u16, name: u8 },
    Delete { pick: u16 },
    Subscribe { pick: u16, on: bool },
}

/// What another client does. `pick` chooses among what the mailbox holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as explained above")]
pub enum RivalAct {
    Deliver { to: u8 },
    Flag { mailbox: u8, pick: u16, flag: u8, set: bool },
    Move { mailbox: u8, pick: u16, to: u8 },
    Copy { mailbox: u8, pick: u16, to: u8 },
    Expunge { mailbox: u8, pick: u16 },
    ExpungeNewest { mailbox: u8 },
    MarkDeleted { mailbox: u8, pick: u16 },
    Renumber { mailbox: u8 },
    Mailbox(MailboxAct),
}

/// What breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// On a connection, counted from 0: after so many octets in one direction.
    Link {
        /// Which connection.
        connection: u16,
        /// From the phone, or else towards it.
        up: bool,
        /// How many octets pass.
        after: u32,
        /// What happens then.
        then: Then,
    },
    /// The phone dies as its store begins this transaction, counted from 1.
    Transaction {
        /// Which.
        number: u32,
        /// As in [`Deed::Die`].
        power: Option<u16>,
    },
    /// The server answers a command otherwise than usual.
    Answer {
        /// The command in capitals.
        command: String,
        /// How many such commands it answers well first.
        skip: u8,
        /// What it does then.
        reply: Reply,
    },
    /// On the second phone: its own links and transactions.
    Second(Box<Fault>),
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Then {
    /// It is gone, at both ends at once.
    Cut,
    /// It is gone for the phone; what it sent still arrives.
    HalfCut,
    /// Nothing passes any more.
    Stall,
    /// The phone dies; as in [`Deed::Die`].
    Die {
        /// As there.
        power: Option<u16>,
    },
}

/// What a server does instead of its duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// It does nothing and says this.
    Refuse(String),
    /// It does it and says this.
    Deny(String),
    /// It does nothing and says BYE.
    Bye,
    /// It does it and says BYE instead of answering.
    ByeAfter,
    /// It does nothing and closes.
    Cut,
    /// It does it and closes.
    CutAfter,
    /// It does it and says nothing ever after.
    Silence,
}

/// When things happen. What is not there is 0: at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Milliseconds before each deed.
    pub gaps: Vec<u16>,
    /// For each connection: its latency one way in milliseconds, and the seed of the pieces that arrive (0: whole).
    pub links: Vec<(u16, u16)>,
}
