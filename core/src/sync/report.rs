//! What a run did, and what it tells while it works.

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Whether everything is mirrored that was asked for.
    pub complete: bool,
    /// Mailboxes that the server told about.
    pub mailboxes_checked: u64,
    /// Mailboxes in which something had changed.
    pub mailboxes_changed: u64,
    /// New messages.
    pub messages_new: u64,
    /// Messages whose flags changed.
    pub flags_changed: u64,
    /// Messages that went.
    pub messages_removed: u64,
    /// Bodies fetched.
    pub bodies_fetched: u64,
    /// Whether a body was asked for and did not come.
    pub bodies_left: bool,
}

impl Report {
    /// Adds what a further run did. Whether all is mirrored is for the last one to say.
    pub fn add(&mut self, later: &Self) {
        self.complete = later.complete;
        self.mailboxes_checked = self.mailboxes_checked.max(later.mailboxes_checked);
        self.mailboxes_changed = self.mailboxes_changed.max(later.mailboxes_changed);
        self.messages_new += later.messages_new;
        self.flags_changed += later.flags_changed;
        self.messages_removed += later.messages_removed;
        self.bodies_fetched += later.bodies_fetched;
        self.bodies_left = later.bodies_left;
    }
}

/// What a run tells while it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// How far a mailbox is.
    Progress {
        /// The mailbox's name as shown.
        mailbox: String,
        /// What is being fetched.
        stage: Stage,
        /// Messages done.
        done: u64,
        /// Messages to do; 0 where that is not known.
        total: u64,
    },
    /// The server would not show a mailbox; the others go on.
    MailboxRefused {
        /// The mailbox's name as shown.
        mailbox: String,
    },
    /// A mailbox's UIDs changed their meaning; its mail is recognised and stays.
    UidValidityChanged {
        /// The mailbox's name as shown.
        mailbox: String,
    },
    /// Most of a mailbox went at once.
    MassRemoval {
        /// The mailbox's name as shown.
        mailbox: String,
        /// How many messages.
        removed: u64,
    },
    /// The server lists messages that it will not give; they are asked for again later.
    Quarantined {
        /// The mailbox's name as shown.
        mailbox: String,
        /// How many messages.
        messages: u64,
    },
    /// The server shows an older state than before; it was left out, and the next run looks again.
    Stale {
        /// The mailbox's name as shown.
        mailbox: String,
    },
    /// What the server tells contradicts itself; nothing was removed, and the next run looks again.
    Inconsistent {
        /// The mailbox's name as shown.
        mailbox: String,
    },
}

/// What is being fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Header fields, flags, structure.
    Headers,
    /// Bodies.
    Bodies,
}
