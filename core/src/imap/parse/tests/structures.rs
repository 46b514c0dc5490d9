//! BODYSTRUCTURE.

use super::{fetched, uid};
use crate::model::{Disposition, Part};

fn structure(text: &str) -> Option<Part> {
    let fetch = fetched(&format!("* 1 FETCH (BODYSTRUCTURE {text} UID 7)"), &[]);
    assert_eq!(fetch.uid, Some(uid(7)), "what follows is read: {text}");
    assert_eq!(fetch.structure_unreadable, fetch.structure.is_none());
    fetch.structure
}

fn sections(part: &Part) -> Vec<(String, String)> {
    part.walk().map(|part| (part.section.clone(), part.media_type.clone())).collect()
}

#[test]
fn a_single_part_is_part_one() {
    let part = structure("(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 3028 92)");
    let expected = Part {
        section: "1".to_owned(),
        media_type: "text/plain".to_owned(),
        charset: Some("us-ascii".to_owned()),
        encoding: "7bit".to_owned(),
        octets: 3028,
        ..Part::default()
    };
    assert_eq!(part, Some(expected));
}

#[test]
fn parts_are_numbered_as_imap_counts() {
    let text = "(\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1)";
    let inner = format!("({text}(\"image\" \"png\" NIL NIL NIL \"base64\" 5) \"mixed\")");
    let message = |body: &str| {
        format!("(\"message\" \"rfc822\" NIL NIL NIL \"8bit\" 99 (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) {body} 7)")
    };
    let part = structure(&format!(
        "({text}{}{}{inner} \"mixed\" (\"boundary\" \"x\") NIL NIL)",
        message(&inner),
        message(text)
    ));
    let expected = [
        ("", "multipart/mixed"),
        ("1", "text/plain"),
        ("2", "message/rfc822"),
        ("2", "multipart/mixed"),
        ("2.1", "text/plain"),
        ("2.2", "image/png"),
        ("3", "message/rfc822"),
        ("3.1", "text/plain"),
        ("4", "multipart/mixed"),
        ("4.1", "text/plain"),
        ("4.2", "image/png"),
    ];
    let part = part.expect("a structure");
    assert_eq!(sections(&part), expected.map(|(section, kind)| (section.to_owned(), kind.to_owned())));
    assert_eq!(part.find("2").map(|part| part.media_type.as_str()), Some("message/rfc822"));
    let root = structure(&message(&inner)).expect("a structure");
    assert_eq!(sections(&root)[0].0, "1");
    assert_eq!(sections(&root)[2].0, "1.1");
}

#[test]
fn attachments_have_names_ids_and_dispositions() {
    let part = structure(
        "(\"APPLICATION\" \"PDF\" (\"NAME\" \"old.pdf\") \"<a@b>\" \"desc\" \"BASE64\" 10 NIL \
         (\"attachment\" (\"filename\" \"r\\\"1\\\".pdf\" \"size\" \"7\")) (\"en\" \"de\") NIL)",
    )
    .expect("a structure");
    assert_eq!(part.name.as_deref(), Some("r\"1\".pdf"));
    assert_eq!(part.content_id.as_deref(), Some("a@b"));
    assert_eq!(part.disposition, Disposition::Attachment);
    assert_eq!(part.encoding, "base64");
}

#[test]
fn dispositions_are_found_in_the_forms_that_servers_use() {
    let part =
        |tail: &str| structure(&format!("(\"image\" \"png\" NIL NIL NIL \"base64\" 10{tail})")).expect("a structure");
    assert_eq!(part("").disposition, Disposition::Unspecified);
    assert_eq!(part(" NIL (\"INLINE\" NIL)").disposition, Disposition::Inline);
    assert_eq!(part(" NIL (\"inline\")").disposition, Disposition::Inline);
    assert_eq!(part(" NIL \"attachment\"").disposition, Disposition::Attachment);
    assert_eq!(part(" NIL (\"x-odd\" (\"filename\" \"f\"))").disposition, Disposition::Attachment);
    assert_eq!(part(" NIL NIL (\"en\" \"de\") \"inline\"").disposition, Disposition::Inline);
    assert_eq!(part(" NIL NIL (\"en\") (\"x\" (\"y\")) 7").disposition, Disposition::Attachment);
    assert_eq!(part(" \"md5\" NIL (\"en\" \"de\") \"loc\"").disposition, Disposition::Unspecified);
}

#[test]
fn file_names_are_decoded() {
    let named = |parameters: &str| {
        structure(&format!("(\"image\" \"png\" NIL NIL NIL \"base64\" 10 NIL (\"attachment\" ({parameters})))"))
            .and_then(|part| part.name)
    };
    assert_eq!(named("\"filename\" \"=?utf-8?Q?caf=C3=A9.png?=\"").as_deref(), Some("caf\u{e9}.png"));
    assert_eq!(named("\"filename*\" \"utf-8''caf%C3%A9.png\"").as_deref(), Some("caf\u{e9}.png"));
    assert_eq!(named("\"FILENAME*0\" \"one \" \"FILENAME*1\" \"two.png\"").as_deref(), Some("one two.png"));
    assert_eq!(
        named("\"filename*0*\" \"iso-8859-1''caf%E9\" \"filename*1*\" \"%20x.png\"").as_deref(),
        Some("caf\u{e9} x.png")
    );
    assert_eq!(named("\"filename\" \"caf\u{e9}.png\"").as_deref(), Some("caf\u{e9}.png"));
    assert_eq!(named("\"filename\" \" \""), None);
    assert_eq!(named("\"filename*x\" \"a\""), None);
}

#[test]
fn eight_bit_names_without_a_charset_are_guessed() {
    let line = b"* 1 FETCH (BODYSTRUCTURE (\"image\" \"png\" (\"name\" \"caf\xe9\x07.png\") NIL NIL \"base64\" 10))";
    let crate::imap::Untagged::Fetch(fetch) = super::super::untagged(&super::frame(line, &[])) else {
        panic!("not read")
    };
    assert_eq!(fetch.structure.and_then(|part| part.name).as_deref(), Some("caf\u{e9}.png"));
}

#[test]
fn literals_may_stand_for_any_string() {
    let fetch = fetched(
        "* 1 FETCH (BODYSTRUCTURE ({} {} ({} {}) NIL {} \"7bit\" 5 1) BODY[1] {})",
        &[b"TEXT", b"html", b"charset", b"UTF-8", b"des(c", b"hello"],
    );
    let part = fetch.structure.expect("a structure");
    assert_eq!((part.media_type.as_str(), part.charset.as_deref()), ("text/html", Some("utf-8")));
    assert_eq!(fetch.bodies.len(), 1);
}

#[test]
fn what_servers_leave_out_or_get_wrong_is_read_leniently() {
    let oddities = [
        ("(\"text\" \"plain\")", "text/plain"),
        ("(\"text\" \"plain\" () NIL NIL NIL NIL)", "text/plain"),
        ("(\"text\" \"plain\" NIL NIL NIL \"\" -1 NIL)", "text/plain"),
        ("(\"text\" \"plain\" NIL NIL NIL \"7bit\" 99999999999999999999 1)", "text/plain"),
        ("(NIL NIL NIL NIL NIL \"7BIT\" 0)", "application/octet-stream"),
        ("((\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1))", "multipart/mixed"),
        ("((\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1) NIL)", "multipart/mixed"),
        (
            "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 5 NIL (\"attachment\" (\"filename\" \"a.eml\")) NIL)",
            "message/rfc822",
        ),
        ("(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 5 (NIL NIL) NIL 3)", "message/rfc822"),
        ("(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 5)", "message/rfc822"),
        ("(text plain (charset utf-8) nil nil 7bit 5 1)", "text/plain"),
    ];
    for (text, media_type) in oddities {
        let part = structure(text).expect(text);
        assert_eq!(part.media_type, media_type, "{text}");
        assert!(!part.encoding.is_empty());
    }
    let part = structure(oddities[7].0).expect("a structure");
    assert_eq!((part.name.as_deref(), part.disposition), (Some("a.eml"), Disposition::Attachment));
}

#[test]
fn what_is_no_structure_is_unreadable_and_the_rest_is_kept() {
    for text in ["NIL", "()", "\"text\"", "7", "(\"a\")", "(\"text\" (x) NIL)", "(() \"mixed\")"] {
        assert_eq!(structure(text), None, "{text}");
    }
}

#[test]
fn case_020_nesting_is_read_to_32_levels_and_no_further() {
    let leaf = "(\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1)";
    let nested = |levels: usize| format!("{}{leaf}{}", "(".repeat(levels), " \"mixed\")".repeat(levels));
    assert!(structure(&nested(31)).is_some());
    assert_eq!(structure(&nested(32)), None);
    let mut message = leaf.to_owned();
    for _ in 0..40 {
        message = format!("(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 1 (NIL) {message} 1)");
    }
    assert_eq!(structure(&message), None);
}

#[test]
fn a_structure_of_too_many_parts_is_unreadable() {
    let leaf = "(\"a\" \"b\")";
    assert!(structure(&format!("({} \"mixed\")", leaf.repeat(1_999))).is_some());
    assert_eq!(structure(&format!("({} \"mixed\")", leaf.repeat(2_000))), None);
}
