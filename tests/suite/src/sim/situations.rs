//! What a run has met: a simulation that never gets somewhere proves nothing about it.

use std::collections::BTreeMap;

/// What any run may meet.
const ALL: &[&str] = &[
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
    "a sync that only looks while an outcome is unknown",
    "mailboxes renumbered while operations are pending",
    "a rival acted on a mailbox while the user's acts on mailboxes were pending",
    "a rival acted on a mailbox while a sync was under way",
    "a rival made a mailbox",
    "a rival renamed a mailbox",
    "a rival deleted a mailbox",
    "a rival removed a message with an operation pending",
    "a rival moved a message with an operation pending",
    "a rival marked a message deleted",
    "a foreign mark was there when the phone expunged",
    "the phone expunged by UID",
    "the phone moved by MOVE",
    "the phone moved by COPY and EXPUNGE",
    "the phone left a marked original behind",
    "the phone copied a message twice",
    "a deletion taken back after its mark",
    "a mail in several places",
    "a flag wanted by both sides",
    "nothing left to do at the end",
    "something set aside at the end",
    "a server with neither MOVE nor UIDPLUS",
    "a server without mod-sequences",
    "a server with QRESYNC",
    "a server that names mails",
    "a MOVE that stops in the middle",
    "a move unknown and then done",
    "a move unknown and then sent again",
    "a copy unknown and then done",
    "an act on several messages",
    "an act on a message with another act pending",
    "a second copy of one mail",
    "a deletion of a message that was copied",
    "a death while a sync is under way",
    "a phone that died twice",
    "a mail delivered while a sync is under way",
    "a mailbox renumbered while a sync is under way",
    "a mail of the user's own put into a mailbox",
    "the phone appended a mail",
    "an append with its answer lost",
    "an append refused for now",
    "an append set aside",
    "an append in flight at a death",
    "two phones on one account",
    "both phones acted on one mail",
    "a mailbox made by the user",
    "a mailbox renamed by the user",
    "a mailbox deleted by the user",
    "a mailbox subscribed by the user",
    "an act on a mailbox with another act pending",
];

/// Those of one kind of operation, by how far it got: part of what runs are to meet.
const OF_KINDS: [(&str, [&str; 5]); 4] = [
    (
        "move",
        [
            "a move with its answer lost",
            "a move refused for now",
            "a move set aside",
            "a move that had become moot",
            "a move in flight at a death",
        ],
    ),
    (
        "copy",
        [
            "a copy with its answer lost",
            "a copy refused for now",
            "a copy set aside",
            "a copy that had become moot",
            "a copy in flight at a death",
        ],
    ),
    (
        "delete",
        [
            "a deletion with its answer lost",
            "a deletion refused for now",
            "a deletion set aside",
            "a deletion that had become moot",
            "a deletion in flight at a death",
        ],
    ),
    (
        "flag",
        [
            "a change of flags with its answer lost",
            "a change of flags refused for now",
            "a change of flags set aside",
            "a change of flags that had become moot",
            "a change of flags in flight at a death",
        ],
    ),
];

/// How far an operation got: the places of the names in [`OF_KINDS`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    Lost,
    Later,
    Aside,
    Moot,
    Death,
}

/// Everything that runs are to meet.
pub fn all() -> impl Iterator<Item = &'static str> {
    ALL.iter().copied().chain(OF_KINDS.iter().flat_map(|(_, names)| names.iter().copied()))
}

/// How often each was met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Situations(BTreeMap<&'static str, u64>);

impl Situations {
    /// It was met.
    pub fn met(&mut self, name: &'static str) {
        debug_assert!(all().any(|known| known == name), "{name} stands in the list");
        *self.0.entry(name).or_default() += 1;
    }

    /// It was met where that is so.
    pub fn met_if(&mut self, is_so: bool, name: &'static str) {
        if is_so {
            self.met(name);
        }
    }

    /// An operation of this kind got so far.
    pub(super) fn met_kind(&mut self, kind: &str, stage: Stage) {
        if let Some((_, names)) = OF_KINDS.iter().find(|(name, _)| *name == kind) {
            return self.met(names[stage as usize]);
        }
        if kind == "append" {
            self.met(match stage {
                Stage::Lost => "an append with its answer lost",
                Stage::Later => "an append refused for now",
                Stage::Aside => "an append set aside",
                Stage::Death => "an append in flight at a death",
                // A mail that nobody else has is never moot.
                Stage::Moot => return,
            });
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
