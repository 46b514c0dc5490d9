//! Well-formed responses broken at random: nothing panics, nothing grows out of bounds.

use proptest::prelude::*;

use super::super::{condition, continuation, untagged};
use super::frame;
use crate::imap::Untagged;
use crate::wire::{Frame, Literal};

const SEEDS: [&str; 26] = [
    "* 23 EXISTS",
    "* 3 EXPUNGE",
    "* VANISHED (EARLIER) 300:310,405,411",
    "* SEARCH 2 5 6 7 11 12 18 (MODSEQ 917162500)",
    "* ESEARCH (TAG \"A282\") UID MIN 2 COUNT 3 ALL 4:18,21 MODSEQ 7",
    "* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent \\\"x\\\"\" (\"CHILDINFO\" (\"SUBSCRIBED\") \"OLDNAME\" (\"Old\"))",
    "* LSUB () \".\" #news.comp.mail.misc",
    "* LIST () NIL {3}\r\n",
    "* STATUS \"Sent\" (MESSAGES 231 UIDNEXT 44292 HIGHESTMODSEQ 7 SIZE 5 MAILBOXID (F2) APPENDLIMIT 9)",
    "* FLAGS (\\Answered \\Flagged $Forwarded NonJunk)",
    "* CAPABILITY IMAP4rev1 AUTH=PLAIN LITERAL+ APPENDLIMIT=35651584",
    "* ENABLED CONDSTORE QRESYNC",
    "* NAMESPACE ((\"\" \"/\")(\"#mh/\" \"/\" \"X-PARAM\" (\"F1\" \"F2\"))) ((\"~\" \"/\")) NIL",
    "* ID (\"name\" \"Cyrus\" \"version\" NIL)",
    "* OK [UIDVALIDITY 3857529045] UIDs valid",
    "* OK [PERMANENTFLAGS (\\Deleted \\Seen \\*)] Limited",
    "* NO [BADCHARSET (UTF-8 \"x]\")] no",
    "* BYE [ALERT] gone \u{e9}",
    "* OK [COPYUID 38505 304,319:320 3956:3958] Done",
    "* OK [APPENDUID 38505 3955:3957] Done",
    "* OK [MODIFIED 7,9] failed",
    "* OK [MAILBOXID (F2212)] ok",
    "* 12 FETCH (FLAGS (\\Seen) UID 4827313 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 4286 MODSEQ (7) \
     EMAILID (M6d) THREADID (T64) X-GM-MSGID 12 X-GM-LABELS (\\Inbox \"a b\") PREVIEW \"Hello\")",
    "* 2 FETCH (UID 5 BODY[HEADER.FIELDS (DATE FROM)]<0> {4}\r\n BODY[1.MIME] \"x\" BINARY[2] ~{3}\r\n BODY[3] NIL)",
    "* 1 FETCH (BODYSTRUCTURE ((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"UTF-8\") NIL NIL \"7BIT\" 1152 23)(\"APPLICATION\" \"PDF\" \
     (\"NAME*0*\" \"utf-8''a%20\" \"NAME*1\" \"b.pdf\") \"<i@d>\" NIL \"BASE64\" 4554 NIL (\"attachment\" (\"filename\" \
     \"=?utf-8?Q?=C3=A9?=\")) NIL)(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"8BIT\" 99 (NIL \"s\" ((\"n\" NIL \"m\" \"h\")) NIL NIL \
     NIL NIL NIL NIL NIL) (\"TEXT\" \"HTML\" NIL NIL NIL \"QUOTED-PRINTABLE\" 7 1) 3) \"MIXED\" (\"BOUNDARY\" \"x\") NIL NIL))",
    "* 1 FETCH (ENVELOPE (\"Wed, 17 Jul 1996 02:23:25 -0700\" \"subj\" ((\"T\" NIL \"g\" \"c\")) NIL NIL NIL NIL NIL NIL \
     \"<B@c>\") UID 7)",
];

/// A generator of its own, so that a run is the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

fn mutate(numbers: &mut Numbers, line: &mut Vec<u8>, other: &[u8]) {
    const BYTES: &[u8] = b"()\"\\{}[]<>~ *%,:-+0919aZ\r\n\0\x7f\x80\xc3\xff";
    let at = numbers.below(line.len());
    let end = at + numbers.below(12).min(line.len() - at);
    match numbers.below(7) {
        0 => line.truncate(at),
        1 => drop(line.drain(at..end)),
        2 => line.insert(at, BYTES[numbers.below(BYTES.len())]),
        3 if at < line.len() => line[at] = BYTES[numbers.below(BYTES.len())],
        4 => {
            let copy = line[at..end].to_vec();
            line.splice(at..at, copy);
        }
        5 => {
            let from = numbers.below(other.len());
            line.truncate(at);
            line.extend_from_slice(&other[from..]);
        }
        _ => {
            let byte = BYTES[numbers.below(BYTES.len())];
            line.splice(at..at, std::iter::repeat_n(byte, 40));
        }
    }
}

#[test]
fn two_hundred_thousand_broken_responses_neither_panic_nor_grow() {
    let mut numbers = Numbers(20_261_124);
    let literals = vec![Literal::Memory(b"a b)"[..].into()), Literal::Spooled { token: 1, len: 3 }];
    let mut understood = 0;
    for round in 0..200_000 {
        let mut text = SEEDS[round % SEEDS.len()].as_bytes().to_vec();
        for _ in 0..=numbers.below(3) {
            let other = SEEDS[numbers.below(SEEDS.len())].as_bytes();
            mutate(&mut numbers, &mut text, other);
        }
        let frame = Frame { text, literals: literals.clone() };
        let response = untagged(&frame);
        understood += usize::from(response != Untagged::Other);
        let shown = format!("{response:?}").len();
        assert!(shown <= 2_000 + 200 * frame.text.len(), "{shown} bytes for {}", frame.text.escape_ascii());
    }
    assert!(understood > 50_000, "{understood} understood");
}

#[test]
fn every_seed_is_understood() {
    for seed in SEEDS {
        let frame = Frame { text: seed.as_bytes().to_vec(), literals: vec![Literal::Memory(b"abc"[..].into()); 2] };
        assert_ne!(untagged(&frame), Untagged::Other, "{seed}");
    }
}

#[test]
fn every_beginning_of_a_response_is_survived() {
    for seed in SEEDS {
        for end in 0..seed.len() {
            untagged(&frame(&seed.as_bytes()[..end], &[]));
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(
        head in prop::sample::select(vec!["", "* ", "* 1 FETCH (", "* LIST ", "* STATUS ", "* OK [", "* ESEARCH "]),
        tail in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let text = [head.as_bytes(), &tail].concat();
        condition(&text);
        continuation(&text);
        untagged(&Frame { text, literals: vec![Literal::Memory(tail.into())] });
    }
}
