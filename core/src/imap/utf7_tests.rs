//! Modified UTF-7 there and back, and what is none.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

#[test]
fn names_of_many_scripts_go_there_and_back() {
    let pairs: [(&str, &[u8]); 7] = [
        ("INBOX", b"INBOX"),
        ("Gesendet & mehr", b"Gesendet &- mehr"),
        ("Entw\u{fc}rfe", b"Entw&APw-rfe"),
        ("~peter/mail/\u{53f0}\u{5317}/\u{65e5}\u{672c}\u{8a9e}", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("\u{1f4e8}", b"&2D3c6A-"),
        ("a\u{e9}b\u{e9}", b"a&AOk-b&AOk-"),
        ("", b""),
    ];
    for (text, raw) in pairs {
        assert_eq!(encode(text), raw, "{text}");
        assert_eq!(decode(raw).as_deref(), Some(text));
        assert_eq!(shown(raw), text);
    }
}

#[test]
fn case_035_what_is_no_modified_utf7_is_shown_as_it_stands() {
    let broken: [&[u8]; 12] = [
        b"&",
        b"&U,BTFw",
        b"&Jjo!",
        b"&!!!-",
        b"&U,BTFw-&ZeVnLIqe-",
        b"&AGE-",
        b"&ACY-",
        b"&2AA-",
        b"&3AA-",
        b"&A-",
        b"&AOk=-",
        b"&AOl-",
    ];
    for raw in broken {
        assert_eq!(decode(raw), None, "{}", raw.escape_ascii());
        assert_eq!(shown(raw).as_bytes(), raw);
    }
}

#[test]
fn case_035_bytes_that_are_no_text_are_told_apart() {
    assert_eq!(shown("caf\u{e9}".as_bytes()), "caf\u{e9}");
    assert_eq!(shown(b"caf\xe9"), "caf\\xE9");
    assert_eq!(shown(b"caf\xe8"), "caf\\xE8");
    assert_eq!(shown(b"a\r\nb\0"), "a\\x0D\\x0Ab\\x00");
    assert_eq!(decode(b"a&AAk-b").as_deref(), Some("a\tb"));
    assert_eq!(shown(b"a&AAk-b"), "a&AAk-b");
}

proptest! {
    #[test]
    fn text_survives(text in any::<String>()) {
        prop_assert_eq!(decode(&encode(&text)), Some(text));
    }

    #[test]
    fn encoded_names_are_printable_ascii(text in any::<String>()) {
        prop_assert!(encode(&text).iter().all(|byte| (b' '..=b'~').contains(byte)));
    }

    #[test]
    fn what_is_decoded_is_the_only_name_that_reads_so(raw in prop::collection::vec(any::<u8>(), 0..24)) {
        if let Some(text) = decode(&raw) {
            prop_assert_eq!(encode(&text), raw);
        }
    }

    #[test]
    fn any_bytes_can_be_shown_without_control_characters(raw in prop::collection::vec(any::<u8>(), 0..64)) {
        prop_assert!(!shown(&raw).chars().any(char::is_control));
    }
}
