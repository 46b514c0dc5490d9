//! Mails that are not what they should be: what can be read of them is read, and nothing of theirs is lost.

use super::super::{content_of, envelope};
use super::*;

fn text_of(raw: &[u8]) -> String {
    display_text(&parse(raw))
}

#[test]
fn case_113_a_mail_of_nothing() {
    for raw in [&b""[..], b"\r\n", b"\n", b"\r\n\r\n", b"\0", b"\0\0\0\0", b"\r"] {
        let parsed = parse(raw);
        assert_eq!(shape(&parsed), [("1".into(), "text/plain".into())]);
        assert_eq!(preview(&display_text(&parsed)), "");
        assert!(parsed.envelope.sender_unclear);
    }
    assert_eq!(text_of(b"Subject: only\r\n"), "");
    assert_eq!(parse(b"Subject: only").envelope.subject, "only");
}

#[test]
fn case_113_a_mail_without_a_header() {
    assert_eq!(text_of(b"hello world\r\n\r\nsecond"), "hello world\r\n\r\nsecond");
    assert_eq!(text_of(b"\r\nbody at once"), "body at once");
    assert_eq!(text_of(b"From ann Tue Nov 24 2026\nSubject: mbox\n\nwords"), "words");
    assert_eq!(parse(b"From ann Tue Nov 24 2026\nSubject: mbox\n\nwords").envelope.subject, "mbox");
    assert_eq!(text_of(b"Subject: x\ngarbage in between\nTo: a@x.example\n\nwords"), "words");
    assert_eq!(envelope(b"Subject: x\ngarbage\nTo: a@x.example\n\n").to[0].email, "a@x.example");
}

#[test]
fn bare_line_ends_of_any_kind() {
    let lines = [
        "From: a@x.example",
        "Subject: s",
        "Content-Type: multipart/mixed; boundary=B",
        "",
        "--B",
        "",
        "one",
        "--B",
        "",
        "two",
        "--B--",
    ];
    for end in ["\r\n", "\n", "\r"] {
        let parsed = parse(lines.join(end).as_bytes());
        assert_eq!(parsed.plain, "one\n\ntwo", "{end:?}");
        assert_eq!((parsed.envelope.subject.as_str(), parsed.envelope.from.len()), ("s", 1), "{end:?}");
    }
    assert_eq!(text_of(b"Subject: x\r\n\r\na\rb\nc"), "a\rb\nc");
}

#[test]
fn nul_bytes_are_not_in_the_way() {
    let raw = b"Subject: a\0b\r\nFr\0om: no\r\nFrom: An\0n <a@x.example>\r\n\r\nte\0xt";
    let parsed = parse(raw);
    assert_eq!((parsed.envelope.from[0].name.as_str(), parsed.envelope.subject.as_str()), ("Ann", "ab"));
    assert_eq!(preview(&display_text(&parsed)), "text");
}

#[test]
fn a_multipart_that_was_cut() {
    let parsed = parsed(&[
        "From: a@x.example",
        "Content-Type: multipart/mixed; boundary=B",
        "",
        "--B",
        "",
        "whole",
        "--B",
        "Content-Type: text/plain",
        "",
        "half a",
    ]);
    assert_eq!(parsed.plain.trim_end(), "whole\n\nhalf a");
    assert!(parsed.ambiguous);
    let parsed = parse(
        b"From: a@x.example\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\none\r\n--B\r\nContent-Typ",
    );
    assert!(parsed.plain.starts_with("one\n") && parsed.ambiguous);
}

#[test]
fn a_boundary_that_is_wrong_or_missing() {
    for field in ["multipart/mixed; boundary=other", "multipart/mixed", "multipart/mixed; boundary=\"\"", "multipart"] {
        let content_type = format!("Content-Type: {field}");
        let lines = ["From: a@x.example", &content_type, "", "--B", "", "words", "--B--"];
        let parsed = parsed(&lines);
        assert_eq!(shape(&parsed), [("1".into(), "text/plain".into())], "{field}");
        assert!(parsed.plain.contains("words") && parsed.ambiguous, "{field}");
    }
}

#[test]
fn boundaries_that_begin_alike_or_are_quoted() {
    let parsed = parsed(&[
        "From: a@x.example",
        "Content-Type: multipart/mixed; boundary=\"a=_b:c d\"",
        "",
        "preamble",
        "--a=_b:c d  ",
        "",
        "one",
        "--a=_b:c dx",
        "still one",
        " --a=_b:c d",
        "--a=_b:c d",
        "Content-Type: multipart/alternative; boundary=\"a=_b:c dx\"",
        "",
        "--a=_b:c dx",
        "",
        "two",
        "--a=_b:c dx--",
        "--a=_b:c d--",
        "epilogue",
    ]);
    assert_eq!(parsed.plain, "one\r\n--a=_b:c dx\r\nstill one\r\n --a=_b:c d\n\ntwo");
    assert!(!parsed.ambiguous);
}

#[test]
fn case_115_what_readers_disagree_on_is_read_one_way_and_marked() {
    let parsed = |fields: &[&str]| {
        parse(&mail(&[&["From: a@x.example"], fields, &["", "--B", "", "PGI+cGFydDwvYj4=", "--B--"]].concat()))
    };
    let first = parsed(&["Content-Type: text/plain", "Content-Type: multipart/mixed; boundary=B"]);
    assert_eq!((first.structure.media_type.as_str(), first.ambiguous), ("text/plain", true));
    let first = parsed(&["Content-Transfer-Encoding: 7bit", "Content-Transfer-Encoding: base64"]);
    assert_eq!((first.structure.encoding.as_str(), first.ambiguous), ("7bit", true));
    let first = parsed(&["Content-Type: multipart/mixed; boundary=B; boundary=C"]);
    assert_eq!(first.plain, "PGI+cGFydDwvYj4=");
    let comments = parsed(&["Content-Type: (a) text(b)/(c)html (d); (e) charset=(f) utf-8"]);
    assert_eq!(
        (comments.structure.media_type.as_str(), comments.structure.charset.as_deref()),
        ("text/html", Some("utf-8"))
    );
    // No MIME-Version is asked for: hardly any reader does.
    assert_eq!(parsed(&["content-TYPE : Multipart/Mixed; BOUNDARY=B"]).plain, "PGI+cGFydDwvYj4=");
}

#[test]
fn types_that_are_none() {
    let of = |field: &str| {
        parsed(&["From: a@x.example", &format!("Content-Type: {field}"), "", "words"]).structure.media_type
    };
    for (field, media_type) in [
        ("", "text/plain"),
        ("text", "text/plain"),
        ("TEXT/Plain", "text/plain"),
        ("pdf", "text/plain"),
        ("/", "text/plain"),
        ("text/", "text/plain"),
        ("text/html;;;", "text/html"),
        ("pdf; name=a", "application/octet-stream"),
        ("text/html charset=utf-8", "text/html"),
        ("application/x y", "application/xy"),
    ] {
        assert_eq!(of(field), media_type, "{field}");
    }
}

#[test]
fn damaged_encodings() {
    let base64 = |body: &str| {
        let lines =
            ["From: a@x.example", "Content-Type: application/x; name=f", "Content-Transfer-Encoding: base64", "", body];
        String::from_utf8(content_of(&mail(&lines), "1").unwrap()).unwrap()
    };
    assert_eq!(base64("SGVs!bG8s\r\n*IHdvcmxk"), "Hello, world");
    assert_eq!(base64("SGVsbG8="), "Hello");
    assert_eq!(base64("SGVsbG8"), "Hello");
    assert_eq!(base64("SGVsbG8sIHdvcmxkI"), "Hello, world");
    assert_eq!(base64("SGk=\r\nSG8="), "HiHo");
    assert_eq!(base64("It only says so, it is not.").trim_end(), "It only says so, it is not.");
    let quoted = |body: &str| {
        read(&[
            "From: a@x.example",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
            "",
            body,
        ])
    };
    assert_eq!(quoted("a=3Db =zz =4 100% = sure=3d="), "a=b =zz =4 100% = sure=");
    assert_eq!(quoted("=c3=BC soft =\t\r\nbreak"), "ü soft break");
}

#[test]
fn uuencoded_files_in_a_text_stay_text() {
    let lines = ["From: a@x.example", "", "see file", "begin 644 a.txt", "#0V%T", "`", "end"];
    assert_eq!(read(&lines), "see file\nbegin 644 a.txt\n#0V%T\n`\nend");
}

#[test]
fn what_is_uuencoded_as_a_whole_is_decoded() {
    let content = |encoding: &str, lines: &[&str]| {
        let encoding = format!("Content-Transfer-Encoding: {encoding}");
        let head = ["Content-Type: application/x; name=a", &encoding, ""];
        content_of(&mail(&[&head[..], lines].concat()), "1").unwrap()
    };
    assert_eq!(content("x-uuencode", &["begin 644 a.txt", "#0V%T", "`", "end"]), b"Cat");
    assert_eq!(content("X-UUE", &["", "begin 644 a b.txt", "#0V%T", "!00", " ", "end", "#0V%T"]), b"CatA");
    assert_eq!(content("uuencode", &["begin 644 cut", "#0V%"]), b"Ca@");
    assert_eq!(content("x-uuencode", &["it only says so"]), b"it only says so\r\n");
    let text = ["Content-Type: text/plain", "Content-Transfer-Encoding: x-uuencode", "", "begin 644 a", "#0V%T", "end"];
    assert_eq!(read(&text), "Cat");
}

#[test]
fn a_boundary_in_single_quotes_is_taken_as_it_was_meant() {
    for delimiter in ["--B", "--'B'"] {
        let end = format!("{delimiter}--");
        let lines = ["Content-Type: multipart/mixed; boundary='B'", "", delimiter, "", "words", &end];
        assert_eq!((read(&lines).as_str(), shape(&parsed(&lines)).len()), ("words", 2), "{delimiter}");
    }
}

#[test]
fn a_type_written_the_wrong_way_round_is_text() {
    let parsed = parsed(&["Content-Type: plain/text; charset=utf-8", "", "words"]);
    assert_eq!((parsed.plain.as_str(), attachments(&parsed)), ("words\r\n", vec![]));
}

#[test]
fn text_before_the_first_part_is_shown_where_there_is_none() {
    let lines = ["Content-Type: multipart/mixed; boundary=B", "", "only words", "--B--"];
    assert!(read(&lines).starts_with("only words"));
}

#[test]
fn a_mail_within_a_mail_that_was_encoded_is_kept_whole() {
    let lines = [
        "From: a@x.example",
        "Content-Type: message/rfc822",
        "Content-Transfer-Encoding: base64",
        "",
        "U3ViamVjdDogaW4NCg0KaW5uZXI=",
    ];
    assert_eq!(attachments(&parsed(&lines)), ["in.eml"]);
    assert_eq!(content_of(&mail(&lines), "1").as_deref(), Some(&b"Subject: in\r\n\r\ninner"[..]));
}

#[test]
fn case_119_a_winmail_dat_or_an_archive_is_a_file_and_no_more() {
    for media_type in ["application/ms-tnef", "application/zip", "application/gzip", "image/svg+xml", "image/x-xbitmap"]
    {
        let content_type = format!("Content-Type: {media_type}; name=\"winmail.dat\"");
        let lines = ["From: a@x.example", &content_type, "Content-Transfer-Encoding: base64", "", "eJ8+IgAA"];
        let parsed = parsed(&lines);
        assert_eq!((attachments(&parsed), parsed.plain.as_str()), (vec!["winmail.dat".to_owned()], ""));
        assert_eq!(content_of(&mail(&lines), "1").as_deref(), Some(&[0x78, 0x9f, 0x3e, 0x22, 0, 0][..]));
    }
}

#[test]
fn case_121_what_lies_elsewhere_is_named_and_not_fetched() {
    for content_type in [
        "message/external-body; access-type=URL; URL=\"http://127.0.0.1:9/x\"",
        "message/partial; id=\"a@x\"; number=1; total=2",
    ] {
        let field = format!("Content-Type: {content_type}");
        let parsed = parsed(&[
            "From: a@x.example",
            &field,
            "X-Mozilla-External-Attachment-URL: http://127.0.0.1:9/x",
            "",
            "Content-Type: image/png",
            "",
            "x",
        ]);
        assert_eq!(parsed.structure.media_type, content_type.split(';').next().unwrap());
        assert_eq!((parsed.structure.children.len(), parsed.plain.as_str(), attachments(&parsed).len()), (0, "", 1));
    }
}

#[test]
fn parts_without_an_empty_line_lose_nothing() {
    let raw = b"Content-Type: multipart/mixed; boundary=B\n \n--B\nContent-Type: text/plain\none is here\n\ntwo\n\
        --B\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\nSGVs\nbG8=\n--B--\n";
    assert_eq!(text_of(raw).trim_end(), "one is here\n\ntwo");
    assert_eq!(content_of(raw, "2").as_deref(), Some(&b"Hello"[..]));
}
