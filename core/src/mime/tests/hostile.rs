//! Mails made to cost time or memory. Each test would take minutes if the cost were not linear.

use super::super::{content_of, envelope};
use super::*;
use crate::model::Timestamp;

fn is_within_limits(parsed: &Parsed) -> bool {
    let deepest = parsed.structure.walk().map(|part| part.section.split('.').count()).max();
    parsed.structure.walk().count() <= 1_100 && deepest.is_none_or(|depth| depth <= 52)
}

#[test]
fn case_111_nesting_and_parts_without_end() {
    let head = "From: a@x.example\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n";
    let mails = [
        "Content-Type: message/rfc822\r\n\r\n".repeat(100_000),
        "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n".repeat(100_000),
        (0..50_000).map(|n| format!("Content-Type: multipart/mixed; boundary=B{n}\r\n\r\n--B{n}\r\n")).collect(),
        "Content-Type: multipart/digest; boundary=B\r\n\r\n--B\r\n\r\n".repeat(100_000),
        format!("{head}{}", "--B\r\n\r\n".repeat(100_000)),
        format!("{head}{}", "--B\r\n".repeat(200_000)),
        format!("{head}{}", "--Bx\r\n".repeat(200_000)),
        format!("{head}{}", "--B".repeat(400_000)),
        format!("{head}--B{}", " ".repeat(1_000_000)),
        format!("{head}--B\r\n{}", "Content-Type: multipart/mixed; boundary=never\r\n\r\n".repeat(50_000)),
    ];
    for mail in &mails {
        let parsed = parse(mail.as_bytes());
        assert!(is_within_limits(&parsed), "{}", &mail[..60]);
        assert!(content_of(mail.as_bytes(), "1.1.1.1.1.1.1.1.9").is_none());
    }
}

#[test]
fn case_111_a_large_body_is_kept_within_bounds() {
    let mut raw = b"From: a@x.example\r\nContent-Type: text/plain\r\n\r\n".to_vec();
    raw.resize(50_000_000, b'x');
    let parsed = parse(&raw);
    assert_eq!((parsed.plain.len(), parsed.structure.octets), (4 * 1024 * 1024, 50_000_000 - 47));
}

#[test]
fn case_112_headers_without_end() {
    let many = format!("{}Subject: late\r\n\r\n", "X: y\r\n".repeat(100_000));
    assert_eq!(envelope(many.as_bytes()).subject, "");
    let long = format!("Subject: {}\r\nTo: b@x.example\r\n\r\n", "word ".repeat(2_000_000));
    let read = envelope(long.as_bytes());
    assert!(read.subject.len() <= 8_000 && read.subject.len() > 7_900);
    assert_eq!(read.to[0].email, "b@x.example");
    let folded = format!("Subject: a{}\r\nTo: b@x.example\r\n\r\n", "\r\n b".repeat(500_000));
    assert_eq!(envelope(folded.as_bytes()).to.len(), 1);
    assert_eq!(envelope(&vec![b'a'; 10_000_000]).subject, "");
}

#[test]
fn case_112_addresses_without_end() {
    let count = |value: &str| envelope(format!("To: {value}\r\n\r\n").as_bytes()).to.len();
    assert_eq!(count(&"a@x.example, ".repeat(4_000)), 1_000);
    let repeated = "To: a@x.example, b@x.example\r\n".repeat(900);
    assert_eq!(envelope(format!("{repeated}\r\n").as_bytes()).to.len(), 1_000);
    for piece in [
        ";",
        ",",
        "<",
        ">",
        "(",
        ")",
        "\"",
        ":",
        "@",
        "\\",
        "=?",
        "=?utf-8?Q?",
        "=?utf-8?Q?=?",
        "a:",
        "a b ",
        "<a",
        "\"a\"@",
        "(((",
        "a@b c ",
    ] {
        let value = piece.repeat(64_000 / piece.len());
        assert!(count(&value) <= 1_000, "{piece}");
        assert!(count(&format!("{value}>\")x@x.example")) <= 1_000, "{piece}");
        let _ = parse(
            format!("Subject: {value}\r\nContent-Type: {value}\r\nReferences: {value}\r\nDate: {value}\r\n\r\n")
                .as_bytes(),
        );
    }
}

#[test]
fn case_118_dates_that_cannot_be() {
    let date = |value: &str| envelope(format!("Date: {value}\r\n\r\n").as_bytes()).date;
    for value in [
        "",
        "yesterday",
        "Mon, 31 Feb 2026 25:61:00 +0000",
        "Tue, 31 Feb 2026 10:00:00 +0000",
        "Fri, 01 Jan 0000 00:00:00 +0000",
        "Fri, 01 Jan -1 00:00:00 +0000",
        "Fri, 01 Jan 99999 00:00:00 +0000",
        "Fri, 00 Jan 2026 00:00:00 +0000",
        "Fri, 01 Jan 2026",
        "Thu, 01 Jan 1970 00:00:00 +0100",
        "Fri, 31 Dec 9999 23:59:59 -1200",
        "99999999999999999999",
        "1:2:3:4",
        "+ - : . / ,",
    ] {
        assert_eq!(date(value), None, "{value}");
    }
    assert_eq!(date("Fri, 31 Dec 9999 23:59:59 -0000"), Some(Timestamp::MAX));
    assert_eq!(date("Thu, 01 Jan 1970 00:00:00 +0000"), Some(Timestamp(0)));
    assert_eq!(envelope(b"Date: Thu, 01 Jan 1970 00:00:01 +0000\r\nDate: yesterday\r\n\r\n").date, Some(Timestamp(1)));
}

#[test]
fn case_120_references_without_end_keep_the_newest() {
    let many: String = (0..10_000).map(|n| format!(" <{n}@x>\r\n")).collect();
    let read = envelope(format!("Message-ID: <9999@x>\r\nReferences:{many}\r\n").as_bytes());
    // What comes after the first 64 KiB of a field is not looked at.
    assert_eq!(read.references.len(), 100);
    assert!(read.references.iter().all(|id| id.ends_with("@x")));
    let references = |value: &str| envelope(format!("References: {value}\r\n\r\n").as_bytes()).references;
    assert_eq!(references("<a@x> <a@x> <a@x>"), ["a@x", "a@x", "a@x"]);
    assert_eq!(references("<a@x>,<b@x> junk <c@x"), ["a@x", "b@x", "c@x"]);
    assert_eq!(references("<a@\r\n x> <>"), ["a@x"]);
    assert_eq!(references(&format!("<{}@x> <b@x>", "a".repeat(2_000))), ["b@x"]);
    assert_eq!(envelope(b"Message-ID: no brackets@x\r\n\r\n").message_id.as_deref(), Some("nobrackets@x"));
    assert_eq!(envelope(b"Message-ID: <a@x> <b@x>\r\n\r\n").message_id.as_deref(), Some("a@x"));
}
