//! Bodies and header fields in the charsets of the world.

use super::super::{display_text, envelope, parse, preview};

fn body(content_type: &str, bytes: &[u8]) -> String {
    let mut raw =
        format!("From: a@x.example\r\nContent-Type: {content_type}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n")
            .into_bytes();
    raw.extend_from_slice(bytes);
    display_text(&parse(&raw))
}

fn plain(charset: &str, bytes: &[u8]) -> String {
    body(&format!("text/plain; charset={charset}"), bytes)
}

#[test]
fn case_117_bodies_are_read_in_their_charset() {
    let cases: &[(&str, &[u8], &str)] = &[
        ("iso-2022-jp", b"\x1b$BF|K\\8l\x1b(B ok", "日本語 ok"),
        ("ISO-2022-JP-nonsense", b"\x1b$BF|K\\8l\x1b(B", "日本語"),
        ("us-ascii", b"\x1b$BF|K\\8l\x1b(B", "日本語"),
        ("shift_jis", b"\x93\xfa\x96{\x8c\xea", "日本語"),
        ("cp932", b"\x93\xfa\x96{\x8c\xea", "日本語"),
        ("euc-jp", b"\xc6\xfc\xcb\xdc\xb8\xec", "日本語"),
        ("gb18030", b"\xc4\xe3\xba\xc3", "你好"),
        ("gb2312", b"\xc4\xe3\xba\xc3", "你好"),
        ("big5", b"\xa7A\xa6n", "你好"),
        ("euc-kr", b"\xbe\xc8\xb3\xe7", "안녕"),
        ("ks_c_5601-1987", b"\xbe\xc8\xb3\xe7", "안녕"),
        ("koi8-r", b"\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"),
        ("koi8-u", b"\xf0\xd2\xc9\xd7\xa6\xd4", "Привіт"),
        ("windows-1250", b"sla\x9a\xe8i\xe8arno", "slaščičarno"),
        ("windows-1251", b"\xcf\xf0\xe8\xe2\xe5\xf2", "Привет"),
        ("windows-1252", b"\x805 \x96 x", "€5 – x"),
        ("windows-1253", b"\xca\xf9", "Κω"),
        ("windows-1254", b"Kebab\xfd", "Kebabı"),
        ("windows-1255", b"\xf9\xec\xe5\xed", "שלום"),
        ("windows-1256", b"\xe3\xd1", "مر"),
        ("windows-1257", b"h\xf5ljuk", "hõljuk"),
        ("cp1258", b"ch\xe0o", "chào"),
        ("iso-8859-1", b"Gr\xfc\xdfe", "Grüße"),
        ("iso-8859-15", b"5 \xa4", "5 €"),
        ("ibm850", b"\x9b\x9c", "ø£"),
        ("utf-8", b"Gr\xc3\xbc\xc3\x9fe", "Grüße"),
        ("\"utf8\"", b"Gr\xc3\xbc\xc3\x9fe", "Grüße"),
        ("utf-8", b"\xef\xbb\xbfmark", "mark"),
        ("utf-8", b"Gr\xfc\xdfe", "Grüße"),
        ("utf-8", b"\xc3\xbc \xff", "ü \u{fffd}"),
        ("utf-8", b"overlong \xc0\xaf, lone \xed\xa0\x80", "overlong À¯, lone í\u{a0}€"),
        ("us-ascii", b"Gr\xc3\xbc\xc3\x9fe", "Grüße"),
        ("us-ascii", b"Gr\xfc\xdfe", "Grüße"),
        ("utf-16", b"\xff\xfea\0\xfc\0", "aü"),
        ("utf-16", b"\xfe\xff\0a\0\xfc", "aü"),
        ("utf-16", b"\0a\0\xfc", "aü"),
        ("utf-16", b"a\0\xfc\0", "aü"),
        ("utf-16le", b"a\0\x3d\xd8b\0", "a\u{fffd}b"),
        ("utf-7", b"+ZeVnLIqe-", "日本語"),
        ("iso-2022-kr", b"\x1b$)C\x0e>H3g\x0f ok\r\n\x0e>H\r\n3g", "안녕 ok\r\n안\r\n3g"),
        ("hz-gb-2312", b"This ~{<:Ky2;S{#,NpJ)l6HK!#~} done.~~ ~x", "This 己所不欲，勿施於人。 done.~ ~x"),
        ("HZ", b"~{VPND\r\nabc ~\r\nd~{VP", "中文\r\nabc d中"),
        ("hz-gb-2312", b"~{V\xff", "\u{fffd}"),
        ("x-unknown-to-all", "Grüße".as_bytes(), "Grüße"),
        ("x-unknown-to-all", b"Gr\xfc\xdfe", "Grüße"),
        ("", b"Gr\xfc\xdfe", "Grüße"),
    ];
    for (charset, bytes, text) in cases {
        assert_eq!(plain(charset, bytes), *text, "{charset}");
    }
}

#[test]
fn case_117_utf_7_is_never_read_in_html() {
    let text = body("text/html; charset=utf-7", b"<p>safe +ADw-script+AD4-alert(1)+ADw-/script+AD4-");
    assert!(text.contains("+ADw-script+AD4-"), "{text}");
    let text = body("text/html; charset=unicode-1-1-utf-7", b"+ADw-b+AD4-");
    assert_eq!(text, "+ADw-b+AD4-");
}

#[test]
fn html_names_its_charset_itself_where_the_part_does_not() {
    let html =
        b"<meta http-equiv=\"Content-Type\" content=\"text/html; charset=windows-1251\"><p>\xcf\xf0\xe8\xe2\xe5\xf2";
    assert_eq!(body("text/html", html), "Привет");
    assert_eq!(body("text/html", b"<meta charset='koi8-r'><p>\xf0\xd2\xc9\xd7\xc5\xd4"), "Привет");
    assert_eq!(body("text/html", b"<meta charset=utf-16><p>Gr\xfc\xdfe"), "Grüße");
}

#[test]
fn raw_characters_in_header_fields_are_read() {
    let subject = |bytes: &[u8]| envelope(&[b"Subject: ", bytes, b"\r\n\r\n"].concat()).subject;
    assert_eq!(subject("Grüße, 日本語".as_bytes()), "Grüße, 日本語");
    assert_eq!(subject(b"Gr\xfc\xdfe"), "Grüße");
    assert_eq!(subject(b"folded\r\n\tsubject\r\n  of three"), "folded subject of three");
    assert_eq!(subject(b"=?utf-8?Q?Gr=C3?=\r\n =?utf-8?Q?=BC=C3=9Fe?= \xe2\x82\xac"), "Grüße €");
    assert_eq!(subject(b"=?utf-8?B?AGEK?= b\0c"), "a bc");
    assert_eq!(subject("a\u{202e}b\u{200b}c".as_bytes()), "abc");
    let from = envelope(b"From: J\xf6rg <j@x.example>\r\n\r\n").from;
    assert_eq!((from[0].name.as_str(), from[0].email.as_str()), ("Jörg", "j@x.example"));
}

#[test]
fn a_preview_holds_no_trace_of_how_it_was_written() {
    let text = plain("utf-8", "\u{feff}Привет,\r\n\r\n\u{200b}  日本語\u{ad}".as_bytes());
    assert_eq!(preview(&text), "Привет, 日本語");
}
