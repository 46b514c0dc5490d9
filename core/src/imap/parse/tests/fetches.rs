//! FETCH, but for the structure.

use super::{fetched, modseq, parsed, uid};
use crate::imap::{BodySection, Fetch, Untagged};
use crate::model::{Flags, SystemFlag, Timestamp};
use crate::wire::{Frame, Literal};

fn body(section: &str, origin: Option<u64>, data: Option<&[u8]>) -> BodySection {
    BodySection { section: section.to_owned(), origin, data: data.map(|data| Literal::Memory(data.to_vec().into())) }
}

#[test]
fn every_simple_item_is_read() {
    let fetch = fetched(
        "* 12 FETCH (FLAGS (\\Seen $Forwarded) UID 4827313 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" \
         RFC822.SIZE 4294967296 MODSEQ (624140003) EMAILID (M6d99) THREADID (T64b) X-GM-MSGID 1278455344230334865 \
         X-GM-THRID 1266894439832287888 X-GM-LABELS (\\Inbox \"\\\\Sent\" Work \"a b\" {}) PREVIEW \"Hello\")",
        &[b"caf\xc3\xa9"],
    );
    let mut flags = Flags::new();
    flags.insert(SystemFlag::Seen);
    flags.insert_wire("$Forwarded");
    let labels: [&[u8]; 5] = [b"\\Inbox", b"\\Sent", b"Work", b"a b", b"caf\xc3\xa9"];
    let expected = Fetch {
        seq: 12,
        uid: Some(uid(4_827_313)),
        flags: Some(flags),
        modseq: Some(modseq(624_140_003)),
        internal_date: Some(Timestamp(837_596_665)),
        size: Some(4_294_967_296),
        email_id: Some("M6d99".to_owned()),
        thread_id: Some("T64b".to_owned()),
        gm_msgid: Some(1_278_455_344_230_334_865),
        gm_thrid: Some(1_266_894_439_832_287_888),
        gm_labels: Some(labels.map(<[u8]>::to_vec).to_vec()),
        preview: Some("Hello".to_owned()),
        ..Fetch::default()
    };
    assert_eq!(fetch, expected);
}

#[test]
fn sections_come_as_literals_quoted_or_nil() {
    let fetch = fetched(
        "* 1 FETCH (UID 5 BODY[HEADER.FIELDS (Date  \"From\" )] {} BODY[1.mime] \"a\\\"b\" BODY[2]<1024> {} BODY[3] NIL \
         BINARY[4]<0> ~{} BODY[] \"\" FLAGS ())",
        &[b"Date: x\r\n\r\n", b"\0\xff", b"\0"],
    );
    let expected = [
        body("HEADER.FIELDS (DATE FROM)", None, Some(b"Date: x\r\n\r\n")),
        body("1.MIME", None, Some(b"a\"b")),
        body("2", Some(1024), Some(b"\0\xff")),
        body("3", None, None),
        body("4", Some(0), Some(b"\0")),
        body("", None, Some(b"")),
    ];
    assert_eq!(fetch.bodies, expected);
    assert_eq!(fetch.flags, Some(Flags::new()));
}

#[test]
fn the_old_names_of_sections_mean_the_same() {
    let fetch = fetched("* 1 FETCH (RFC822 {} RFC822.HEADER {} rfc822.text \"t\")", &[b"all", b"head"]);
    let expected = [body("", None, Some(b"all")), body("HEADER", None, Some(b"head")), body("TEXT", None, Some(b"t"))];
    assert_eq!(fetch.bodies, expected);
}

#[test]
fn a_spooled_body_is_named_and_the_rest_is_read() {
    let text = b"* 1 FETCH (BODY[1] {70000000}\r\n UID 9 PREVIEW {99999999}\r\n FLAGS (\\Seen))".to_vec();
    let spooled = |token, len| Literal::Spooled { token, len };
    let frame = Frame { text, literals: vec![spooled(3, 70_000_000), spooled(4, 99_999_999)] };
    let Untagged::Fetch(fetch) = super::super::untagged(&frame) else { panic!("not read") };
    assert_eq!(fetch.bodies.first().and_then(|body| body.data.clone()), Some(spooled(3, 70_000_000)));
    assert_eq!((fetch.uid, fetch.preview), (Some(uid(9)), None));
    assert!(fetch.flags.is_some_and(|flags| flags.contains(SystemFlag::Seen)));
}

#[test]
fn case_042_unknown_items_and_odd_spaces_are_stepped_over() {
    let fetch = fetched(
        "* 1  FETCH ( X-NEW (a \"b)\" (c {})) BINARY.SIZE[1] 77 ENVELOPE (NIL \"su)b\" ((NIL NIL {} \"h\"))) SAVEDATE NIL \
         ANNOTATION (/comment (value.priv \"x\"))  UID  7  FLAGS(\\Seen) ) ",
        &[b"x)", b"y("],
    );
    assert_eq!(fetch.uid, Some(uid(7)));
    assert!(fetch.flags.is_some());
    assert!(fetch.bodies.is_empty());
}

#[test]
fn an_item_that_is_broken_does_not_take_the_others_along() {
    let fetch =
        fetched("* 1 FETCH (MODSEQ (-5) RFC822.SIZE -1 UID 7 INTERNALDATE NIL THREADID NIL EMAILID () FLAGS (x))", &[]);
    assert_eq!(fetch.uid, Some(uid(7)));
    assert!(fetch.flags.is_some());
    assert_eq!((fetch.modseq, fetch.size, fetch.internal_date), (None, None, None));
    assert_eq!((fetch.thread_id, fetch.email_id), (None, None));
}

#[test]
fn a_fetch_that_breaks_off_keeps_what_came_whole() {
    let fetch = fetched("* 1 FETCH (UID 7 FLAGS (\\Seen", &[]);
    assert_eq!((fetch.uid, fetch.flags), (Some(uid(7)), None));
    assert_eq!(parsed("* 1 FETCH"), Untagged::Other);
    assert_eq!(parsed("* 1 FETCH UID 7"), Untagged::Other);
}

#[test]
fn case_029_values_out_of_range_are_absent() {
    let fetch = fetched("* 1 FETCH (UID 0 MODSEQ (0))", &[]);
    assert_eq!((fetch.uid, fetch.modseq), (None, None));
    let fetch =
        fetched("* 1 FETCH (UID 4294967296 MODSEQ (9223372036854775808) RFC822.SIZE 99999999999999999999)", &[]);
    assert_eq!((fetch.uid, fetch.modseq, fetch.size), (None, None, None));
}

#[test]
fn case_030_a_date_that_is_none_is_no_date() {
    for date in [
        "NIL",
        "\"\"",
        "\"00-Jan-0000 00:00:00 +0000\"",
        "\"31-Dec-9999 23:59:59 +0000\"",
        "\"01-Jan-0000 00:00:00 +0000\"",
        "\"30-Feb-2024 00:00:00 +0000\"",
        "\"01-Foo-2024 00:00:00 +0000\"",
        "\"01-Jan-2024 25:00:00 +0000\"",
        "\"99999999999-Jan-2024 00:00:00 +0000\"",
        "\"\u{e9}\u{e9}\u{e9}\"",
    ] {
        let fetch = fetched(&format!("* 1 FETCH (INTERNALDATE {date} UID 3)"), &[]);
        assert_eq!((fetch.internal_date, fetch.uid), (None, Some(uid(3))), "{date}");
    }
}

#[test]
fn case_030_a_message_that_is_gone_has_no_data() {
    let fetch = fetched(
        "* 1 FETCH (UID 3 ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) BODYSTRUCTURE NIL BODY[HEADER] NIL)",
        &[],
    );
    let expected = Fetch {
        seq: 1,
        uid: Some(uid(3)),
        structure_unreadable: true,
        bodies: vec![body("HEADER", None, None)],
        ..Fetch::default()
    };
    assert_eq!(fetch, expected);
}

#[test]
fn dates_are_read_as_servers_write_them() {
    let dates = [
        ("\" 7-Feb-1994 21:52:25 -0800\"", 760_686_745),
        ("\"07-Feb-1994 21:52:25 -0800\"", 760_686_745),
        ("\"7-FEB-1994 21:52:25\"", 760_657_945),
        ("\"Mon, 7 Feb 1994 21:52 +0000\"", 760_657_920),
        ("\"01-Jan-1970 00:00:60 +0000\"", 59),
        ("\"01-Jan-1970 00:00:00 +0530\"", -19_800),
    ];
    for (written, seconds) in dates {
        let fetch = fetched(&format!("* 1 FETCH (INTERNALDATE {written})"), &[]);
        assert_eq!(fetch.internal_date, Some(Timestamp(seconds)), "{written}");
    }
}

#[test]
fn case_036_what_is_no_flag_never_becomes_one() {
    let fetch = fetched("* 1 FETCH (FLAGS (\\Seen \\Bogus [x] a*b \"q\" {} (in) $Ok \\Flagged) UID 4)", &[b"x\r\ny"]);
    let flags = fetch.flags.expect("flags");
    assert_eq!(flags.names(), ["seen", "flagged", "$Ok"]);
    assert_eq!(fetch.uid, Some(uid(4)));
}

#[test]
fn case_036_a_hundred_thousand_keywords_become_256() {
    let words: Vec<String> = (0..100_000).map(|number| format!("k{number}")).collect();
    let fetch = fetched(&format!("* 1 FETCH (FLAGS ({}) UID 4)", words.join(" ")), &[]);
    assert_eq!(fetch.flags.map(|flags| flags.keywords().count()), Some(Flags::MAX_KEYWORDS));
    assert_eq!(fetch.uid, Some(uid(4)));
}

#[test]
fn previews_come_in_three_forms() {
    assert_eq!(fetched("* 1 FETCH (PREVIEW NIL)", &[]).preview, None);
    assert_eq!(fetched("* 1 FETCH (PREVIEW (FUZZY \"Hi\tyou\"))", &[]).preview.as_deref(), Some("Hiyou"));
    assert_eq!(fetched("* 1 FETCH (PREVIEW {})", &[b"caf\xc3\xa9"]).preview.as_deref(), Some("caf\u{e9}"));
}
