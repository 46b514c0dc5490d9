use super::*;

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
