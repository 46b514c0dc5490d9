//! What a run has met: a simulation that never gets somewhere proves nothing about it.

use std::collections::BTreeMap;

/// Every situation that runs are to meet.
pub const ALL: &[&str] = &[
    "an act while a sync is under way",
    "an act on a message whose copy is not made yet",
    "an act on a message that is being moved",
    "an act taken back before it left",
    "an operation with its answer lost, seen by the user",
    "an operation refused for now",
    "an operation set aside",
    "an operation tried again by the user",
    "an operation that had become moot",
    "an operation left in flight by a death",
    "an operation unknown before a sync and done after it",
    "a phone opened again with operations pending",
    "a death at a transaction",
    "a death on the wire",
    "a power cut that took part of the log",
    "a connection that broke",
    "a sync that failed",
    "a sync that was complete",
    "mailboxes renumbered while operations are pending",
    "a rival removed a message with an operation pending",
    "a rival moved a message with an operation pending",
    "a rival marked a message deleted",
    "a foreign mark was there when the phone expunged",
    "the phone expunged by UID",
    "the phone moved by MOVE",
    "the phone moved by COPY and EXPUNGE",
    "the phone left a marked original behind",
    "the phone copied a message twice",
    "a mail in several places",
    "a flag wanted by both sides",
    "nothing left to do at the end",
    "something set aside at the end",
];

/// How often each was met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Situations(BTreeMap<&'static str, u64>);

impl Situations {
    /// It was met.
    pub fn met(&mut self, name: &'static str) {
        debug_assert!(ALL.contains(&name), "{name} stands in the list");
        *self.0.entry(name).or_default() += 1;
    }

    /// It was met where that is so.
    pub fn met_if(&mut self, is_so: bool, name: &'static str) {
        if is_so {
            self.met(name);
        }
    }

    /// Takes in those of another run.
    pub fn add(&mut self, other: &Self) {
        for (name, count) in &other.0 {
            *self.0.entry(name).or_default() += count;
        }
    }

    /// How often it was met.
    pub fn count(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }
}
