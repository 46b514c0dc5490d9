//! LIST, LSUB, STATUS, NAMESPACE.

use super::super::untagged;
use super::{frame, modseq, parsed, uid, validity};
use crate::imap::{ListEntry, Namespace, Namespaces, StatusEntry, Untagged};

/// A line, its literals, and the name in it.
type Named<'a> = (&'a [u8], &'a [&'a [u8]], &'a [u8]);

fn listed(line: &[u8], literals: &[&[u8]]) -> ListEntry {
    match untagged(&frame(line, literals)) {
        Untagged::List(entry) => entry,
        other => panic!("no LIST: {other:?}"),
    }
}

fn told(line: &[u8], literals: &[&[u8]]) -> StatusEntry {
    match untagged(&frame(line, literals)) {
        Untagged::Status(entry) => entry,
        other => panic!("no STATUS: {other:?}"),
    }
}

#[test]
fn a_name_may_come_in_every_form() {
    let names: [Named<'_>; 9] = [
        (b"* LIST () \"/\" blurdybloop", &[], b"blurdybloop"),
        (b"* LIST () \"/\" \"a \\\"b\\\" \\\\ c\"", &[], b"a \"b\" \\ c"),
        (b"* LIST () \"/\" {}", &[b"lit \"er\" al"], b"lit \"er\" al"),
        (b"* LIST () \"/\" ~peter/mail/&U,BTFw-", &[], b"~peter/mail/&U,BTFw-"),
        (b"* LIST () \"/\" Sent Items", &[], b"Sent Items"),
        (b"* LIST () \"/\" a(b)c", &[], b"a(b)c"),
        (b"* LIST () \"/\" \"caf\xc3\xa9\"", &[], b"caf\xc3\xa9"),
        (b"* LIST () \"/\" \"\"", &[], b""),
        (b"* LIST () \"/\" NIL", &[], b"NIL"),
    ];
    for (line, literals, name) in names {
        let entry = listed(line, literals);
        assert_eq!(entry.name, name, "{}", line.escape_ascii());
        assert_eq!(entry.delimiter, Some('/'));
    }
}

#[test]
fn attributes_and_extended_data_are_read() {
    let entry = listed(
        b"* LIST (\\HasChildren \\Sent) \".\" \"Sent\" (\"CHILDINFO\" (\"SUBSCRIBED\") \"OLDNAME\" (\"Gesendet\") MYRIGHTS (lr))",
        &[],
    );
    assert_eq!(entry.attributes, ["\\haschildren", "\\sent"]);
    assert_eq!(entry.old_name.as_deref(), Some(&b"Gesendet"[..]));
    assert_eq!(entry.delimiter, Some('.'));
    let entry = listed(b"* LIST () \"/\" {} (OLDNAME ({}))", &[b"new", b"old"]);
    assert_eq!((entry.name, entry.old_name), (b"new".to_vec(), Some(b"old".to_vec())));
}

#[test]
fn case_035_delimiters_that_are_none_read_as_none() {
    let delimiters: [(&[u8], Option<char>); 8] = [
        (b"NIL", None),
        (b"\"\"", None),
        (b"\"//\"", None),
        (b"\"\\\"\"", Some('"')),
        (b"\"\\\\\"", Some('\\')),
        (b"\"\x01\"", None),
        (b"\"\xe9\"", None),
        (b"/", Some('/')),
    ];
    for (written, delimiter) in delimiters {
        let line = [b"* LIST () ".as_slice(), written, b" x"].concat();
        assert_eq!(listed(&line, &[]).delimiter, delimiter, "{}", line.escape_ascii());
    }
}

#[test]
fn case_035_names_are_opaque_bytes() {
    let hostile: [&[u8]; 6] = [b"..", b"/etc/passwd", b"a\0b", b"a\r\nb", b"&!!!-", b"\xff\xfe"];
    for name in hostile {
        assert_eq!(listed(b"* LIST () \"/\" {}", &[name]).name, name);
    }
    assert_eq!(untagged(&frame(b"* LIST () \"/\" {}", &[&[b'a'; 1_001]])), Untagged::Other);
}

#[test]
fn case_035_the_inbox_has_one_spelling() {
    for name in ["INBOX", "inbox", "\"Inbox\""] {
        assert_eq!(listed(format!("* LIST () \"/\" {name}").as_bytes(), &[]).name, b"INBOX");
        assert_eq!(told(format!("* STATUS {name} ()").as_bytes(), &[]).name, b"INBOX");
    }
    assert_eq!(listed(b"* LIST () \"/\" Inbox/sub", &[]).name, b"Inbox/sub");
}

#[test]
fn a_subscription_list_says_subscribed() {
    let Untagged::List(entry) = parsed("* LSUB () \".\" #news.comp.mail") else { panic!("not read") };
    assert_eq!(entry.attributes, ["\\subscribed"]);
    let Untagged::List(entry) = parsed("* LSUB (\\Noselect) \".\" #news") else { panic!("not read") };
    assert_eq!(entry.attributes, ["\\noselect"]);
}

#[test]
fn broken_lists_are_not_understood() {
    for line in
        ["* LIST", "* LIST ()", "* LIST () \"/\"", "* LIST \"/\" x", "* LIST (\\a \"/\" x", "* LIST () \"/\" \"x"]
    {
        assert_eq!(parsed(line), Untagged::Other, "{line}");
    }
}

#[test]
fn a_status_tells_only_what_it_names() {
    let entry = told(
        b"* STATUS \"Sent Items\" (MESSAGES 231 UNSEEN 0 UIDNEXT 44292 UIDVALIDITY 7 HIGHESTMODSEQ 7011 SIZE 5368709120 \
          MAILBOXID (F22) APPENDLIMIT 35651584 RECENT 3 X-NEW (a (b)) X-NIL NIL DELETED 1)",
        &[],
    );
    let expected = StatusEntry {
        name: b"Sent Items".to_vec(),
        messages: Some(231),
        unseen: Some(0),
        uid_next: Some(uid(44292)),
        uid_validity: Some(validity(7)),
        highest_modseq: Some(modseq(7011)),
        size: Some(5_368_709_120),
        mailbox_id: Some("F22".to_owned()),
        append_limit: Some(35_651_584),
    };
    assert_eq!(entry, expected);
}

#[test]
fn case_029_a_status_without_sense_has_gaps() {
    let entry = told(b"* STATUS x (UIDNEXT 0 UIDVALIDITY 0 HIGHESTMODSEQ 0 MESSAGES 4294967296 APPENDLIMIT NIL)", &[]);
    assert_eq!(entry, StatusEntry { name: b"x".to_vec(), ..StatusEntry::default() });
}

/// Cyrus 3.6 was seen to send memory that was freed.
#[test]
fn what_is_no_object_id_is_not_told_and_takes_nothing_along() {
    for byte in (0..=255).filter(|byte: &u8| !byte.is_ascii_alphanumeric() && !b"_-".contains(byte)) {
        let line = [b"* STATUS x (MESSAGES 1 UIDNEXT 7 MAILBOXID (a", &[byte][..], b"1U))"].concat();
        let entry = told(&line, &[]);
        let read = (entry.messages, entry.uid_next, entry.mailbox_id);
        assert_eq!(read, (Some(1), Some(uid(7)), None), "{}", line.escape_ascii());
    }
    for id in ["", "()", "NIL ()", "(NIL NIL)"] {
        let entry = told(format!("* STATUS x (MAILBOXID {id} UIDVALIDITY 7)").as_bytes(), &[]);
        assert_eq!(entry.mailbox_id, None, "{id}");
    }
    let long = "a".repeat(256);
    let none = StatusEntry { name: b"x".to_vec(), ..StatusEntry::default() };
    assert_eq!(told(format!("* STATUS x (MAILBOXID ({long}))").as_bytes(), &[]), none);
    assert_eq!(parsed("* OK [MAILBOXID (a\u{1}b)] done"), parsed("* OK [MAILBOXID (a/b)] done"));
}

#[test]
fn a_status_names_its_mailbox_in_every_form() {
    let names: [Named<'_>; 5] = [
        (b"* STATUS {} (MESSAGES 1)", &[b"lit (er) al"], b"lit (er) al"),
        (b"* STATUS a\\b (MESSAGES 1)", &[], b"a\\b"),
        (b"* STATUS Sent Items (MESSAGES 1)", &[], b"Sent Items"),
        (b"* STATUS \"\" (MESSAGES 1)", &[], b""),
        (b"* STATUS a(b) (MESSAGES 1) ", &[], b"a(b)"),
    ];
    for (line, literals, name) in names {
        let entry = told(line, literals);
        assert_eq!((entry.name.as_slice(), entry.messages), (name, Some(1)), "{}", line.escape_ascii());
    }
    assert_eq!(parsed("* STATUS x"), Untagged::Other);
}

#[test]
fn namespaces_come_with_and_without_extensions() {
    let space = |prefix: &[u8], delimiter| Namespace { prefix: prefix.to_vec(), delimiter };
    let expected = Namespaces {
        personal: vec![space(b"", Some('/')), space(b"#mh/", Some('/'))],
        other_users: vec![space(b"~", None)],
        shared: Vec::new(),
    };
    let line = "* NAMESPACE ((\"\" \"/\")(\"#mh/\" \"/\" \"X-PARAM\" (\"FLAG1\" \"FLAG2\"))) ((\"~\" NIL)) NIL";
    assert_eq!(parsed(line), Untagged::Namespace(expected));
    assert_eq!(parsed("* NAMESPACE NIL NIL NIL"), Untagged::Namespace(Namespaces::default()));
    assert_eq!(parsed("* NAMESPACE ((\"\""), Untagged::Other);
}
