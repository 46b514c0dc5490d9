//! Tapes on which one session that replays is cut after so many octets: played for every number, they cut it everywhere.

use super::tape::{Deed, Fault, Schedule, ServerSpec, Tape, Then, UserAct};

/// Kinds of servers that differ in what they prove, from the one whose sessions are cut everywhere first: a preset, and what is taken
/// from it.
pub const CUT_KINDS: [(&str, &[&str]); 6] = [
    ("dovecot", &[]),
    ("bare", &[]),
    ("dovecot", &["MOVE"]),
    ("cyrus", &["UIDPLUS"]),
    ("exchange", &[]),
    ("courier", &[]),
];

/// A tape on which the session breaks after so many octets sent, or received. What the phone has sent arrives, or does not.
pub fn cut((preset, without): (&str, &[&str]), sent: bool, after: u32, arrives: bool) -> Tape {
    let acts = [
        UserAct::Flag { pick: 0, span: 2, flag: 0, set: true },
        UserAct::Move { pick: 1, span: 2, to: 1 },
        UserAct::Copy { pick: 2, span: 1, to: 2 },
        UserAct::Flag { pick: 2, span: 1, flag: 2, set: true },
        UserAct::Delete { pick: 1, span: 1 },
        UserAct::Move { pick: 3, span: 2, to: 0 },
        UserAct::Flag { pick: 4, span: 2, flag: 0, set: false },
    ];
    let mut workload = vec![Deed::Sync, Deed::Finish];
    workload.extend(acts.into_iter().map(Deed::User));
    // The next sync connects anew.
    workload.extend([Deed::Restart, Deed::Sync, Deed::Finish]);
    let then = if arrives { Then::HalfCut } else { Then::Cut };
    Tape {
        server: ServerSpec {
            preset: preset.to_owned(),
            without: without.iter().map(|name| (*name).to_owned()).collect(),
            with: Vec::new(),
            move_stops: false,
            mails: 6,
        },
        workload,
        faults: vec![Fault::Link { connection: 1, up: sent, after, then }],
        schedule: Schedule::default(),
    }
}
