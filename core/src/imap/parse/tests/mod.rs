//! What the parser makes of each kind of response.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod conditions;
mod fetches;
mod hostile;
mod mailboxes;
mod mutations;
mod searches;
mod structures;

use crate::imap::{Fetch, Untagged};
use crate::model::{ModSeq, Uid, UidSet, UidValidity};
use crate::wire::{Frame, Literal};

/// A frame of a line and its literals, which in the line stand as `{}`.
pub(super) fn frame(line: &[u8], literals: &[&[u8]]) -> Frame {
    let mut text = Vec::new();
    let mut pieces = memchr::memmem::find_iter(line, b"{}");
    let mut from = 0;
    for literal in literals {
        let at = pieces.next().expect("a place for the literal");
        text.extend_from_slice(&line[from..at]);
        text.extend_from_slice(format!("{{{}}}\r\n", literal.len()).as_bytes());
        from = at + 2;
    }
    text.extend_from_slice(&line[from..]);
    Frame { text, literals: literals.iter().map(|literal| Literal::Memory(literal.to_vec().into())).collect() }
}

fn parsed(line: &str) -> Untagged {
    super::untagged(&frame(line.as_bytes(), &[]))
}

fn fetched(line: &str, literals: &[&[u8]]) -> Fetch {
    match super::untagged(&frame(line.as_bytes(), literals)) {
        Untagged::Fetch(fetch) => *fetch,
        other => panic!("no FETCH: {other:?}"),
    }
}

fn uid(value: u32) -> Uid {
    Uid::new(value).unwrap()
}

fn modseq(value: u64) -> ModSeq {
    ModSeq::new(value).unwrap()
}

fn validity(value: u32) -> UidValidity {
    UidValidity::new(value).unwrap()
}

fn set(numbers: &[u32]) -> UidSet {
    numbers.iter().map(|number| uid(*number)).collect()
}
