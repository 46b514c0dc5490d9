//! Status responses, codes, capabilities, ID.

use super::super::{condition, continuation, untagged};
use super::{frame, modseq, parsed, set, uid, validity};
use crate::imap::{Code, Condition, StatusKind, Untagged};
use crate::model::{Flags, SystemFlag};

fn code(line: &str) -> Option<Code> {
    condition(line.as_bytes()).unwrap().code
}

#[test]
fn each_word_is_read_tagged_and_untagged() {
    let kinds = [
        ("OK", StatusKind::Ok),
        ("no", StatusKind::No),
        ("Bad", StatusKind::Bad),
        ("BYE", StatusKind::Bye),
        ("PREAUTH", StatusKind::PreAuth),
    ];
    for (word, kind) in kinds {
        let expected = Condition { kind, code: None, text: "so it is".to_owned() };
        assert_eq!(condition(format!("{word} so it is").as_bytes()), Some(expected.clone()));
        assert_eq!(parsed(&format!("* {word} so it is\r\n")), Untagged::Condition(expected));
    }
    assert_eq!(condition(b"OK").unwrap().text, "");
    assert_eq!(condition(b"OKAY then"), None);
    assert_eq!(condition(b""), None);
}

#[test]
fn codes_with_arguments_are_read() {
    let mut flags = Flags::new();
    flags.insert(SystemFlag::Seen);
    flags.insert_wire("$Work");
    assert_eq!(code("OK [UIDVALIDITY 3857529045] ok"), Some(Code::UidValidity(validity(3_857_529_045))));
    assert_eq!(code("OK [uidnext 4392] next"), Some(Code::UidNext(uid(4392))));
    assert_eq!(code("OK [HIGHESTMODSEQ 715194045007] x"), Some(Code::HighestModSeq(modseq(715_194_045_007))));
    assert_eq!(code("OK [HIGHESTMODSEQ 0] none"), Some(Code::NoModSeq));
    assert_eq!(code("OK [PERMANENTFLAGS (\\Seen $Work \\*)] x"), Some(Code::PermanentFlags(flags, true)));
    assert_eq!(code("OK [PERMANENTFLAGS ()] none"), Some(Code::PermanentFlags(Flags::new(), false)));
    assert_eq!(code("OK [MAILBOXID (F2212ea8)] x"), Some(Code::MailboxId("F2212ea8".to_owned())));
    assert_eq!(code("OK [MODIFIED 7,9] x"), Some(Code::Modified(set(&[7, 9]))));
    assert_eq!(code("OK [APPENDUID 38505 3955] x"), Some(Code::AppendUid(validity(38505), set(&[3955]))));
    let pairs = vec![(uid(304), uid(3956)), (uid(319), uid(3957)), (uid(320), uid(3958))];
    assert_eq!(code("OK [COPYUID 38505 304,319:320 3956:3958] x"), Some(Code::CopyUid(validity(38505), pairs)));
    let words = vec!["IMAP4REV1".to_owned(), "AUTH=PLAIN".to_owned()];
    assert_eq!(code("OK [CAPABILITY IMAP4rev1 auth=plain] x"), Some(Code::Capability(words)));
}

#[test]
fn codes_without_arguments_are_read() {
    let codes = [
        ("ALERT", Code::Alert),
        ("CLOSED", Code::Closed),
        ("NOMODSEQ", Code::NoModSeq),
        ("READ-ONLY", Code::ReadOnly),
        ("READ-WRITE", Code::ReadWrite),
        ("UIDNOTSTICKY", Code::UidNotSticky),
        ("AUTHENTICATIONFAILED", Code::Other("AUTHENTICATIONFAILED".to_owned())),
        ("TryCreate", Code::Other("TRYCREATE".to_owned())),
    ];
    for (name, expected) in codes {
        let condition = condition(format!("NO [{name}] text").as_bytes()).unwrap();
        assert_eq!(condition.code, Some(expected));
        assert_eq!(condition.text, "text");
    }
}

#[test]
fn codes_of_copying_keep_the_order_of_the_pairs() {
    let pairs = vec![(uid(9), uid(1)), (uid(3), uid(2))];
    assert_eq!(code("OK [COPYUID 1 9,3 1,2] x"), Some(Code::CopyUid(validity(1), pairs)));
}

#[test]
fn case_027_a_mapping_that_is_in_doubt_is_absent() {
    let broken = [
        "1 1:3 4:5",
        "1 5:1 1:5",
        "1 1:5 5:1",
        "1 1:* 1:5",
        "1 1,1 4,5",
        "1 4,5 7,7",
        "0 1 2",
        "1 0:1 1:2",
        "1 1 ",
        "1",
        "",
        "1 1, 1,",
        "4294967296 1 2",
    ];
    for arguments in broken {
        let line = format!("OK [COPYUID {arguments}] done");
        assert_eq!(code(&line), Some(Code::Other("COPYUID".to_owned())), "{line}");
        assert_eq!(condition(line.as_bytes()).unwrap().text, "done");
    }
}

#[test]
fn case_028_an_append_uid_that_cannot_be_is_absent() {
    for arguments in ["0 5", "5 0", "5 *", "5", "5 4294967296"] {
        let line = format!("OK [APPENDUID {arguments}] done");
        assert_eq!(code(&line), Some(Code::Other("APPENDUID".to_owned())), "{line}");
    }
}

#[test]
fn case_029_numbers_out_of_range_are_no_values() {
    for argument in ["UIDNEXT 0", "UIDNEXT 4294967296", "UIDNEXT NIL", "UIDNEXT -1", "UIDVALIDITY 0", "UIDVALIDITY"] {
        let name = argument.split(' ').next().unwrap().to_owned();
        assert_eq!(code(&format!("OK [{argument}] x")), Some(Code::Other(name)), "{argument}");
    }
    assert_eq!(code("OK [HIGHESTMODSEQ 9223372036854775808] x"), Some(Code::Other("HIGHESTMODSEQ".to_owned())));
}

#[test]
fn case_019_bytes_that_are_no_text_right_after_a_code_are_replaced() {
    let line = b"* OK [ALERT]\xc3\xa9 \xff here";
    let Untagged::Condition(condition) = untagged(&frame(line, &[])) else { panic!("no condition") };
    assert_eq!(condition.code, Some(Code::Alert));
    assert_eq!(condition.text, "\u{e9} \u{fffd} here");
}

#[test]
fn case_042_weird_codes_leave_the_text_readable() {
    let lines = [
        ("NO [ALERT never ends", None, "[ALERT never ends"),
        ("NO [] nothing", None, "[] nothing"),
        ("NO [ ] nothing", None, "[ ] nothing"),
        ("NO [Error=\"x y\" z=0] done", None, "[Error=\"x y\" z=0] done"),
        ("NO [BADCHARSET (\"a]b\" utf-8)] no", Some("BADCHARSET"), "no"),
        ("NO [X-QUOTE \"open] no", Some("X-QUOTE"), "no"),
        ("NO[INUSE]busy", Some("INUSE"), "busy"),
        ("NO   [INUSE  x]   busy", Some("INUSE"), "busy"),
        ("NO [\u{e9}] text", None, "[\u{e9}] text"),
    ];
    for (line, code, text) in lines {
        let condition = condition(line.as_bytes()).unwrap();
        assert_eq!(condition.code, code.map(|code| Code::Other(code.to_owned())), "{line}");
        assert_eq!(condition.text, text);
    }
}

#[test]
fn text_for_people_is_short_and_without_control_characters() {
    let line = format!("OK \u{1b}[31m{}", "\u{e9}".repeat(5_000));
    let text = condition(line.as_bytes()).unwrap().text;
    assert!(text.starts_with("[31m\u{e9}"));
    assert!((999..=1_000).contains(&text.len()));
}

#[test]
fn capabilities_come_in_upper_case() {
    let words = vec!["IMAP4REV2".to_owned(), "AUTH=PLAIN".to_owned()];
    assert_eq!(parsed("* CAPABILITY IMAP4rev2  auth=Plain "), Untagged::Capability(words));
    assert_eq!(parsed("* ENABLED"), Untagged::Enabled(Vec::new()));
    assert_eq!(parsed("* enabled qresync"), Untagged::Enabled(vec!["QRESYNC".to_owned()]));
}

#[test]
fn id_fields_are_read_and_nil_ones_left_out() {
    let fields = vec![("name".to_owned(), "Cy\"rus".to_owned())];
    assert_eq!(parsed("* ID (\"name\" \"Cy\\\"rus\" \"os\" NIL)"), Untagged::Id(fields));
    assert_eq!(parsed("* ID NIL"), Untagged::Id(Vec::new()));
    assert_eq!(parsed("* ID ()"), Untagged::Id(Vec::new()));
}

#[test]
fn a_continuation_gives_what_follows_the_plus() {
    assert_eq!(continuation(b"+ cmVhZHk="), Some(&b"cmVhZHk="[..]));
    assert_eq!(continuation(b"+\r\n"), Some(&b""[..]));
    assert_eq!(continuation(b"* OK"), None);
}
