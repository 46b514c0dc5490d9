use super::*;
use crate::mime::content_of;

const MAIL: &[u8] = b"From: a@x.example\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n\
    --B\r\nContent-Type: multipart/alternative; boundary=C\r\n\r\n--C\r\n\r\nplain\r\n--C\r\nContent-Type: text/html\r\n\r\n<p>html\r\n--C--\r\n\
    --B\r\nContent-Type: application/pdf; name=\"a b.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n\
    --B\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\ninner\r\n--B--\r\n";

#[test]
fn parts_are_numbered_as_imap_does() {
    let parsed = parse(MAIL);
    let found: Vec<(&str, &str)> =
        parsed.structure.walk().map(|part| (part.section.as_str(), part.media_type.as_str())).collect();
    assert_eq!(
        found,
        [
            ("", "multipart/mixed"),
            ("1", "multipart/alternative"),
            ("1.1", "text/plain"),
            ("1.2", "text/html"),
            ("2", "application/pdf"),
            ("3", "message/rfc822"),
            ("3.1", "text/plain"),
        ]
    );
    assert_eq!(parsed.plain, "plain");
    assert_eq!(parsed.html, "<p>html");
    assert!(!parsed.ambiguous);
    let names: Vec<_> = parsed.structure.attachments().iter().map(|part| part.name.clone()).collect();
    assert_eq!(names, [Some("a b.pdf".to_owned()), Some("in".to_owned())]);
    assert_eq!(content_of(MAIL, "2"), Some(vec![0; 3]));
    assert_eq!(content_of(MAIL, "3").as_deref(), Some(&b"Subject: in\r\n\r\ninner"[..]));
    assert_eq!(content_of(MAIL, "3.1").as_deref(), Some(&b"inner"[..]));
    assert_eq!(content_of(MAIL, "4"), None);
}

#[test]
fn anything_is_a_mail() {
    for raw in [&b""[..], b"\0", b"no header at all", &[0xff; 100]] {
        assert_eq!(parse(raw).structure.section, "1");
    }
}

/// A mail with something of everything in it.
const ALL: &str = "From: =?utf-8?Q?Ann?= \"q\\\"\" (c) <ann@x.example>, G: b@x.example;\r\nDate: Tue, 24 Nov 2026 10:30:00 +0100 (CET)\r\n\
    Subject: =?utf-8?B?4oI=?= =?utf-8?B?rA==?= x\r\nReferences: <a@x> <b@x>\r\nContent-Type: multipart/mixed; boundary=\"B\"\r\n\r\n--B\r\n\
    Content-Type: text/plain; format=flowed; charset=\"iso-2022-jp\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n> a =1B$=\r\nb \r\n--B\r\n\
    Content-Type: text/html; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+\r\n--B\r\nContent-Type: message/rfc822\r\n\
    Content-Disposition: attachment; filename*0*=utf-8''%E2%82; filename*1*=%AC\r\n\r\nSubject: in\r\nContent-Type: multipart/digest; boundary=C\r\n\r\n\
    --C\r\n\r\nSubject: <a href=\"x\">&amp;</a>\r\n\r\n--C--\r\n--B--\r\n";

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2_000))]
    #[test]
    fn no_mail_however_damaged_is_too_much(
        edits in proptest::collection::vec((0..ALL.len(), 0..ALL.len(), 0..40_usize, proptest::num::u8::ANY, 0..4_u8), 1..12),
    ) {
        let mut raw = ALL.as_bytes().to_vec();
        for (at, from, len, byte, kind) in edits {
            let at = at.min(raw.len());
            let piece = &ALL.as_bytes()[from..(from + len).min(ALL.len())];
            match kind {
                0 => raw.insert(at, byte),
                1 => drop(raw.splice(at..at, piece.iter().copied())),
                2 => drop(raw.drain(at..(at + len).min(raw.len()))),
                _ => raw.truncate(at),
            }
        }
        // Not `parse`, which would hide a panic.
        let parsed = read(&raw);
        for part in parsed.structure.walk() {
            let _ = content_of(&raw, &part.section);
        }
        let _ = crate::mime::digest::read(&raw);
        let text = crate::mime::display_text(&parsed);
        proptest::prop_assert!(crate::mime::preview(&text).chars().count() <= 200);
        let _ = super::super::html_to_text(&String::from_utf8_lossy(&raw));
        for name in super::super::attachment_names(&parsed.structure.attachments()) {
            proptest::prop_assert!(!name.is_empty() && name.len() <= 220 && !name.contains(['/', '\\', '\0', '\r', '\n']));
        }
    }
}
