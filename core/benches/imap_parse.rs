//! How fast FETCH responses are read: of a mailbox's listing, and of its flags alone.
#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use postrider::imap::parse::untagged;
use postrider::wire::{Frame, Literal};

const HEADER: &[u8] = b"Date: Tue, 24 Nov 2026 09:30:00 +0000\r\nFrom: Ada Example <ada@example.org>\r\n\
To: Ben Example <ben@example.net>, Team <team@lists.example.net>\r\nSubject: =?utf-8?Q?The_minutes_of_the_meeting?=\r\n\
Message-ID: <20261124.093000.1@example.org>\r\nIn-Reply-To: <20261123.1@example.net>\r\n\
References: <20261120.7@example.net> <20261123.1@example.net>\r\n\r\n";

fn listing(number: u32) -> Frame {
    let text = format!(
        "* {number} FETCH (UID {} FLAGS (\\Seen $Forwarded) INTERNALDATE \"24-Nov-2026 09:30:00 +0000\" RFC822.SIZE 48231 \
         MODSEQ (917162500) BODYSTRUCTURE (((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"UTF-8\") NIL NIL \"QUOTED-PRINTABLE\" 1152 23 \
         NIL NIL NIL NIL)(\"TEXT\" \"HTML\" (\"CHARSET\" \"UTF-8\") NIL NIL \"BASE64\" 8211 107 NIL NIL NIL NIL) \
         \"ALTERNATIVE\" (\"BOUNDARY\" \"b2\") NIL NIL NIL)(\"APPLICATION\" \"PDF\" (\"NAME\" \"minutes.pdf\") \"<a@b>\" NIL \
         \"BASE64\" 34554 NIL (\"ATTACHMENT\" (\"FILENAME\" \"minutes.pdf\")) NIL NIL) \"MIXED\" (\"BOUNDARY\" \"b1\") NIL NIL \
         NIL) BODY[HEADER.FIELDS (DATE FROM TO SUBJECT MESSAGE-ID IN-REPLY-TO REFERENCES)] {{{}}}\r\n)",
        number + 1_000,
        HEADER.len()
    );
    Frame { text: text.into_bytes(), literals: vec![Literal::Memory(HEADER.to_vec().into())] }
}

fn flags(number: u32) -> Frame {
    let text = format!("* {number} FETCH (UID {} FLAGS (\\Seen \\Answered) MODSEQ (917162500))", number + 1_000);
    Frame { text: text.into_bytes(), literals: Vec::new() }
}

/// A hundred thousand responses, a thousand at a time: as they come off the wire, they are in the processor's cache.
fn fetch(criterion: &mut Criterion) {
    const BATCH: u32 = 1_000;
    const BATCHES: u32 = 100;
    let mut group = criterion.benchmark_group("imap_parse");
    group.sample_size(10).throughput(Throughput::Elements((BATCH * BATCHES).into()));
    for (name, make) in [("100000_listings", listing as fn(u32) -> Frame), ("100000_flags", flags)] {
        let frames: Vec<Frame> = (1..=BATCH).map(make).collect();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for frame in std::iter::repeat_n(&frames, BATCHES as usize).flatten() {
                    drop(black_box(untagged(frame)));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, fetch);
criterion_main!(benches);
