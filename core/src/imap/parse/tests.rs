#![allow(clippy::unwrap_used)]

use super::*;
use crate::imap::{BodySection, Code, StatusKind};
use crate::model::{Disposition, ModSeq, SystemFlag, Timestamp, Uid, UidSet, UidValidity};
use crate::wire::Literal;

fn frame(text: &str, literals: &[&[u8]]) -> Frame {
    Frame {
        text: text.as_bytes().to_vec(),
        literals: literals.iter().map(|bytes| Literal::Memory(bytes.to_vec())).collect(),
    }
}

fn read(text: &str) -> Untagged {
    untagged(&frame(text, &[]))
}

fn fetch(text: &str, literals: &[&[u8]]) -> crate::imap::Fetch {
    match untagged(&frame(text, literals)) {
        Untagged::Fetch(fetch) => *fetch,
        other => panic!("{other:?}"),
    }
}

fn uids(text: &str) -> UidSet {
    sets::set(&mut Cursor::of_text(text.as_bytes())).unwrap()
}

#[test]
fn counts_and_sets() {
    assert_eq!(read("* 23 EXISTS"), Untagged::Exists(23));
    assert_eq!(read("* 5 EXPUNGE"), Untagged::Expunge(5));
    assert_eq!(read("* VANISHED (EARLIER) 5:1,9"), Untagged::Vanished { earlier: true, uids: uids("1:5,9") });
    assert_eq!(read("* VANISHED 7"), Untagged::Vanished { earlier: false, uids: uids("7") });
    let modseq = ModSeq::new(917_162_500);
    assert_eq!(
        read("* SEARCH 2 5 6 (MODSEQ 917162500)"),
        Untagged::Search { uids: uids("2,5:6"), count: None, modseq }
    );
    assert_eq!(
        read("* ESEARCH (TAG \"A1\") UID MIN 2 COUNT 17 ALL 2,10:15 X-NEW (a b)"),
        Untagged::Search { uids: uids("2,10:15"), count: Some(17), modseq: None }
    );
}

#[test]
fn case_026_huge_ranges_stay_ranges() {
    let Untagged::Vanished { uids, .. } = read("* VANISHED 1:4294967295") else { panic!() };
    assert_eq!(uids.ranges().count(), 1);
    let code = condition(b"OK [COPYUID 1 1:4294967295 1:4294967295] x").unwrap().code;
    assert_eq!(code, Some(Code::Other("COPYUID".into())));
}

#[test]
fn case_027_copyuid_maps_in_order_or_not_at_all() {
    let uid = |n| Uid::new(n).unwrap();
    let code = condition(b"OK [COPYUID 38 304,319:320 3956:3958] Done").unwrap().code;
    let pairs = vec![(uid(304), uid(3956)), (uid(319), uid(3957)), (uid(320), uid(3958))];
    assert_eq!(code, Some(Code::CopyUid(UidValidity::new(38).unwrap(), pairs)));
    for text in ["OK [COPYUID 38 1:3 5:6] x", "OK [COPYUID 0 1 2] x", "OK [COPYUID 38] x"] {
        assert_eq!(condition(text.as_bytes()).unwrap().code, Some(Code::Other("COPYUID".into())));
    }
}

#[test]
fn case_029_zero_is_no_uid_no_modseq_and_no_uidvalidity() {
    assert_eq!(fetch("* 1 FETCH (UID 0 FLAGS ())", &[]).uid, None);
    assert_eq!(fetch("* 1 FETCH (UID 4294967296 FLAGS ())", &[]).uid, None);
    assert_eq!(fetch("* 1 FETCH (UID 1 MODSEQ (0))", &[]).modseq, None);
    assert_eq!(fetch("* 1 FETCH (UID 1 MODSEQ (9223372036854775808))", &[]).modseq, None);
    assert_eq!(condition(b"OK [UIDVALIDITY 0] x").unwrap().code, Some(Code::Other("UIDVALIDITY".into())));
}

#[test]
fn conditions_carry_their_codes() {
    let done = condition(b"NO [OVERQUOTA] Quota exceeded\t!").unwrap();
    assert_eq!((done.kind, done.code), (StatusKind::No, Some(Code::Other("OVERQUOTA".into()))));
    assert_eq!(done.text, "Quota exceeded !");
    assert_eq!(condition(b"OK").unwrap().kind, StatusKind::Ok);
    assert_eq!(
        condition(b"OK [MAILBOXID (F2212ea87-6097)] ok").unwrap().code,
        Some(Code::MailboxId("F2212ea87-6097".into()))
    );
    let Untagged::Condition(flags) = read("* OK [PERMANENTFLAGS (\\Deleted \\Seen $Work \\*)] Limited") else {
        panic!()
    };
    let Some(Code::PermanentFlags(flags, true)) = flags.code else { panic!() };
    assert_eq!(flags.names(), ["seen", "deleted", "$Work"]);
    assert_eq!(condition(b"A1 OK x"), None);
}

#[test]
fn case_019_bytes_that_are_no_utf8_do_no_harm() {
    let condition = condition(b"OK [ALERT\xff\xc3] \xe9t\xe9").unwrap();
    assert_eq!(condition.kind, StatusKind::Ok);
    assert!(condition.text.contains('t'));
}

#[test]
fn a_fetch_answer_gives_every_item() {
    let text = "* 12 FETCH (UID 4827 FLAGS (\\Seen $Forwarded \\Recent) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" \
                RFC822.SIZE 5000000000 MODSEQ (624140003) EMAILID (M6d99ac3275bb4e) THREADID NIL X-GM-MSGID 1278455344230334865 \
                X-GM-LABELS (\\Inbox \"a b\") PREVIEW \"Hello \\\"you\\\"\" X-NEW ((a) \"b\") BODY[HEADER.FIELDS (DATE \"FROM\")] {3}\r\n \
                BODY[]<100> {2}\r\n BODY[1.2] NIL)";
    let fetch = fetch(text, &[b"abc", b"de"]);
    assert_eq!(fetch.uid, Uid::new(4827));
    let flags = fetch.flags.unwrap();
    assert!(flags.contains(SystemFlag::Seen));
    assert_eq!(flags.names(), ["seen", "$Forwarded"]);
    assert_eq!(fetch.internal_date, Some(Timestamp(837_596_665)));
    assert_eq!(fetch.size, Some(5_000_000_000));
    assert_eq!(fetch.modseq, ModSeq::new(624_140_003));
    assert_eq!(fetch.email_id.as_deref(), Some("M6d99ac3275bb4e"));
    assert_eq!(fetch.thread_id, None);
    assert_eq!(fetch.gm_msgid, Some(1_278_455_344_230_334_865));
    assert_eq!(fetch.gm_labels, Some(vec![b"\\Inbox".to_vec(), b"a b".to_vec()]));
    assert_eq!(fetch.preview.as_deref(), Some("Hello \"you\""));
    let sections: Vec<(&str, Option<u64>, Option<Literal>)> = fetch
        .bodies
        .iter()
        .map(|BodySection { section, origin, data }| (section.as_str(), *origin, data.clone()))
        .collect();
    assert_eq!(
        sections,
        [
            ("HEADER.FIELDS (DATE FROM)", None, Some(Literal::Memory(b"abc".to_vec()))),
            ("", Some(100), Some(Literal::Memory(b"de".to_vec()))),
            ("1.2", None, None),
        ]
    );
}

#[test]
fn a_structure_is_read_with_its_sections() {
    let text = "* 1 FETCH (UID 3 BODYSTRUCTURE ((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"UTF-8\") NIL NIL \"QUOTED-PRINTABLE\" 1152 23 NIL NIL NIL)\
                (\"IMAGE\" \"PNG\" (\"NAME\" \"a.png\") \"<cid@x>\" NIL \"BASE64\" 4554 NIL (\"ATTACHMENT\" (\"FILENAME\" \"b.png\")) NIL NIL)\
                (\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 342 (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) \
                ((\"TEXT\" \"HTML\" NIL NIL NIL \"8BIT\" 5 1)(\"TEXT\" \"PLAIN\" NIL NIL NIL \"8BIT\" 6 1) \"ALTERNATIVE\") 7) \"MIXED\" (\"BOUNDARY\" \"x\") NIL NIL) FLAGS ())";
    let fetch = fetch(text, &[]);
    let root = fetch.structure.unwrap();
    let found: Vec<(&str, &str)> = root.walk().map(|part| (part.section.as_str(), part.media_type.as_str())).collect();
    assert_eq!(
        found,
        [
            ("", "multipart/mixed"),
            ("1", "text/plain"),
            ("2", "image/png"),
            ("3", "message/rfc822"),
            ("3", "multipart/alternative"),
            ("3.1", "text/html"),
            ("3.2", "text/plain"),
        ]
    );
    let image = root.find("2").unwrap();
    assert_eq!((image.name.as_deref(), image.disposition), (Some("b.png"), Disposition::Attachment));
    assert_eq!(image.content_id.as_deref(), Some("cid@x"));
    assert_eq!(root.find("1").unwrap().charset.as_deref(), Some("utf-8"));
    assert!(fetch.flags.is_some(), "what comes after the structure counts");
}

#[test]
fn case_020_a_structure_of_any_depth_is_given_up_and_the_rest_kept() {
    for depth in [100, 10_000, 1_000_000] {
        let text = format!("* 1 FETCH (BODYSTRUCTURE {}{} UID 9)", "(".repeat(depth), ")".repeat(depth));
        let fetch = fetch(&text, &[]);
        assert!(fetch.structure.is_none() && fetch.structure_unreadable);
        assert_eq!(fetch.uid, Uid::new(9));
    }
}

#[test]
fn case_030_nil_everywhere_says_nothing() {
    let fetch =
        fetch("* 1 FETCH (UID NIL FLAGS NIL INTERNALDATE NIL RFC822.SIZE NIL BODYSTRUCTURE NIL BODY[] NIL)", &[]);
    assert_eq!(fetch.uid, None);
    assert_eq!((fetch.flags, fetch.internal_date, fetch.size), (None, None, None));
    for date in ["00-Jan-0000 00:00:00 +0000", "99-Foo-9999 99:99:99 +9999", ""] {
        assert_eq!(self::fetch(&format!("* 1 FETCH (INTERNALDATE \"{date}\")"), &[]).internal_date, None);
    }
}

#[test]
fn lists_of_every_form() {
    let list = |text: &str, literals: &[&[u8]]| match untagged(&frame(text, literals)) {
        Untagged::List(entry) => entry,
        other => panic!("{other:?}"),
    };
    let entry = list("* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent \\\"Items\\\"\"", &[]);
    assert_eq!((entry.name.as_slice(), entry.delimiter), (&b"Sent \"Items\""[..], Some('/')));
    assert_eq!(entry.attributes, ["\\hasnochildren", "\\sent"]);
    assert_eq!(list("* LIST () NIL INBOX", &[]).delimiter, None);
    assert_eq!(list("* LIST () \"\\\\\" {3}\r\n", &[b"a\r\n"]).name, b"a\r\n");
    let renamed = list("* LIST () \"/\" b (\"CHILDINFO\" (\"SUBSCRIBED\") \"OLDNAME\" (\"a\"))", &[]);
    assert_eq!(renamed.old_name.as_deref(), Some(&b"a"[..]));
}

#[test]
fn status_gives_what_it_names() {
    let Untagged::Status(entry) = read(
        "* STATUS \"Wo rk\" (MESSAGES 231 UIDNEXT 44292 UIDVALIDITY 7 UNSEEN 3 HIGHESTMODSEQ 0 SIZE 9 MAILBOXID (F1) X (1 2) RECENT 0)",
    ) else {
        panic!()
    };
    assert_eq!(entry.name, b"Wo rk");
    assert_eq!((entry.messages, entry.unseen, entry.size), (Some(231), Some(3), Some(9)));
    assert_eq!((entry.uid_next, entry.uid_validity), (Uid::new(44292), UidValidity::new(7)));
    assert_eq!((entry.highest_modseq, entry.mailbox_id.as_deref()), (None, Some("F1")));
}

#[test]
fn namespaces_and_words() {
    let Untagged::Namespace(spaces) =
        read("* NAMESPACE ((\"INBOX.\" \".\")) NIL ((\"#shared/\" \"/\" \"X\" (\"y\"))(\"#p.\" \".\"))")
    else {
        panic!()
    };
    assert_eq!(spaces.personal[0].prefix, b"INBOX.");
    assert_eq!((spaces.other_users.len(), spaces.shared.len()), (0, 2));
    assert_eq!(read("* CAPABILITY IMAP4rev1 idle"), Untagged::Capability(vec!["IMAP4REV1".into(), "IDLE".into()]));
    assert_eq!(read("* ENABLED QRESYNC"), Untagged::Enabled(vec!["QRESYNC".into()]));
    assert_eq!(read("* ID (\"name\" \"Dovecot\" \"v\" NIL)"), Untagged::Id(vec![("name".into(), "Dovecot".into())]));
}

#[test]
fn case_036_flags_that_are_no_atoms_are_dropped() {
    let many: String = (0..100_000).map(|n| format!(" k{n}")).collect();
    let fetch = fetch(&format!("* 1 FETCH (FLAGS (\\Seen \"x\" $ok{many}) UID 4)"), &[]);
    let flags = fetch.flags.unwrap();
    assert_eq!(flags.keywords().count(), Flags::MAX_KEYWORDS);
    assert_eq!(fetch.uid, Uid::new(4));
}

#[test]
fn case_042_what_nobody_knows_is_other() {
    for text in ["* FOO bar", "*", "", "* 4294967296 EXISTS", "* 3 FOO", "* LIST", "* 0 FETCH (UID 1)", "* VANISHED x"]
    {
        assert_eq!(read(text), Untagged::Other, "{text}");
    }
    assert_eq!(read("*   23   EXISTS  "), Untagged::Exists(23));
}

/// A deterministic generator: no seed from outside, the same mutations in every run.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn no_mutation_of_a_response_makes_it_panic_or_hang() {
    let seeds: &[&[u8]] = &[
        b"* 12 FETCH (UID 4827 FLAGS (\\Seen) BODYSTRUCTURE ((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"UTF-8\") NIL NIL \"7BIT\" 2 1) \"MIXED\") BODY[HEADER] {3}\r\n)",
        b"* LIST (\\Sent) \"/\" \"Sent\" (\"OLDNAME\" (\"a\"))",
        b"* STATUS INBOX (MESSAGES 1 MAILBOXID (F1) UIDNEXT 3)",
        b"* ESEARCH (TAG \"A1\") UID COUNT 17 ALL 2,10:15",
        b"* OK [COPYUID 38 304,319:320 3956:3958] Done",
        b"* NAMESPACE ((\"INBOX.\" \".\")) NIL NIL",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15;
    let mut understood = 0;
    for round in 0..100_000usize {
        let mut bytes = seeds[round % seeds.len()].to_vec();
        for _ in 0..=next(&mut state) % 4 {
            let at = (next(&mut state) % bytes.len() as u64) as usize;
            match next(&mut state) % 4 {
                0 => bytes[at] = next(&mut state) as u8,
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, b"()\"{}\\ \r\n[]<>*"[(next(&mut state) % 14) as usize]),
                _ => bytes.truncate(at + 1),
            }
        }
        let frame = Frame { text: bytes, literals: vec![Literal::Memory(b"abc".to_vec())] };
        understood += u32::from(untagged(&frame) != Untagged::Other);
    }
    assert!(understood > 10_000, "most mutations leave something to read: {understood}");
}
