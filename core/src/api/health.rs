//! What care of a store finds: values.

use serde::Serialize;

/// What was saved out of a damaged store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Salvaged {
    /// How many accounts.
    pub accounts: u64,
    /// Whether there may have been more, which could not be read any more.
    pub incomplete: bool,
}

/// The outcome of a check of the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Health {
    /// What is wrong; empty where all is well.
    pub problems: Vec<Problem>,
    /// What was put right.
    pub repaired: Vec<Problem>,
}

/// Something that is wrong with the store, or differs from the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What.
    pub kind: ProblemKind,
    /// The mailbox's name as shown; empty where it concerns the store.
    pub mailbox: String,
    /// How many it concerns: rows, mailboxes, bodies, files or messages, by its kind.
    pub count: u64,
    /// The same in English words.
    pub text: String,
}

/// What is wrong with the store, or differs from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The database is damaged; the words are the database's own.
    Database,
    /// Rows name a row that is not there.
    BrokenReferences,
    /// Mailboxes have wrong counts.
    WrongCounts,
    /// Messages are shown otherwise than the journal has it.
    WronglyShown,
    /// Operations cannot be read, or are not whole: they are set aside, and can be taken back.
    DamagedOperations,
    /// Bodies are damaged or missing.
    DamagedBodies,
    /// Files belong to nothing.
    StrayFiles,
    /// The server does not open a mailbox.
    NotOpened,
    /// The server has renumbered a mailbox.
    Renumbered,
    /// Messages of a mailbox are missing here, are gone on the server, or have other flags there.
    Differs,
}

/// How the mirror of an account stands to its server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ServerCheck {
    /// How many mailboxes were compared.
    pub mailboxes: u64,
    /// How many messages are on both sides, with the same flags.
    pub messages: u64,
    /// What differs; empty where nothing does.
    pub problems: Vec<Problem>,
}
