#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::imap::Capabilities;
use crate::model::{Keyword, ModSeq, Secret, Uid, UidSet, UidValidity};

/// The command as it would leave with LITERAL+.
fn wire(command: &Command) -> String {
    let mut out = Vec::new();
    for piece in command.pieces() {
        match piece {
            Piece::Text(text) => out.extend_from_slice(text),
            Piece::Answer(line) => out.extend_from_slice(line),
            Piece::Literal(bytes) => {
                out.extend_from_slice(format!("{{{}+}}\r\n", bytes.len()).as_bytes());
                out.extend_from_slice(bytes);
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn set(low: u32, high: u32) -> UidSet {
    UidSet::range(Uid::new(low).unwrap(), Uid::new(high).unwrap())
}

#[test]
fn commands_are_written_as_the_standards_show_them() {
    let qresync = SelectMode::Qresync { validity: UidValidity::new(67).unwrap(), modseq: ModSeq::new(9).unwrap() };
    assert_eq!(wire(&examine(b"INBOX", qresync).unwrap()), "EXAMINE INBOX (QRESYNC (67 9))");
    assert_eq!(wire(&examine(b"a \"b\"\\", SelectMode::Plain).unwrap()), "EXAMINE \"a \\\"b\\\"\\\\\"");
    assert_eq!(wire(&enable(&["QRESYNC"])), "ENABLE QRESYNC");
    let items = [
        FetchItem::Uid,
        FetchItem::BodyPeek { section: Section::HeaderFields(&["DATE", "FROM"]), partial: None },
        FetchItem::BodyPeek { section: Section::Part("1.2".into()), partial: Some((5, 10)) },
    ];
    assert_eq!(
        wire(&uid_fetch(&set(1, 3), &items, ModSeq::new(7)).unwrap()),
        "UID FETCH 1:3 (UID BODY.PEEK[HEADER.FIELDS (DATE FROM)] BODY.PEEK[1.2]<5.10>) (CHANGEDSINCE 7)"
    );
    let esearch: Capabilities = ["ESEARCH"].into_iter().collect();
    assert_eq!(wire(&uid_search(&esearch, &SearchKey::All).unwrap()), "UID SEARCH RETURN (ALL) ALL");
    let key = SearchKey::Or(
        Box::new(SearchKey::From("ann".into())),
        Box::new(SearchKey::And(vec![
            SearchKey::Not(Box::new(SearchKey::Keyword(Keyword::new("$Work").unwrap()))),
            SearchKey::SentSince(2026, 1, 2),
        ])),
    );
    assert_eq!(
        wire(&uid_search(&Capabilities::default(), &key).unwrap()),
        "UID SEARCH OR FROM ann (NOT KEYWORD $Work SENTSINCE 2-Jan-2026)"
    );
    let umlaut = SearchKey::Subject("Grüße".into());
    assert_eq!(
        wire(&uid_search(&Capabilities::default(), &umlaut).unwrap()),
        "UID SEARCH CHARSET UTF-8 SUBJECT {7+}\r\nGrüße"
    );
}

#[test]
fn a_password_is_quoted_and_never_shown() {
    let command = login("mara", &Secret::new("p\"w\\d".to_owned())).unwrap();
    assert_eq!(wire(&command), "LOGIN mara \"p\\\"w\\\\d\"");
    assert!(command.is_sensitive());
    assert_eq!(format!("{command:?}"), "Command(\"LOGIN\")");
}

#[test]
fn what_cannot_be_sent_is_refused() {
    assert_eq!(examine(b"a\0b", SelectMode::Plain), Err(InvalidArgument::Nul));
    assert_eq!(uid_fetch(&UidSet::new(), &[FetchItem::Uid], None), Err(InvalidArgument::EmptySet));
    for specifier in ["", "1.", "0", "1]", "1.2 x", "HEADER"] {
        let item = FetchItem::BodyPeek { section: Section::Part(specifier.into()), partial: None };
        assert_eq!(uid_fetch(&set(1, 1), &[item], None), Err(InvalidArgument::Section), "{specifier}");
    }
}

proptest! {
    #[test]
    fn case_037_no_argument_can_end_a_line_or_begin_a_literal(bytes in prop::collection::vec(any::<u8>(), 0..60), text in ".{0,40}") {
        let commands = [
            examine(&bytes, SelectMode::Plain),
            status(&bytes, &[StatusItem::Messages]),
            login(&text, &Secret::new(text.clone())),
            uid_search(&Capabilities::default(), &SearchKey::Text(text.clone())),
        ];
        for command in commands.into_iter().flatten() {
            for piece in command.pieces() {
                if let Piece::Text(text) = piece {
                    prop_assert!(text.iter().all(|byte| (b' '..=b'~').contains(byte)));
                    let quotes = text.iter().filter(|byte| **byte == b'"').count();
                    let announces = text.ends_with(b"}") && quotes < 2;
                    prop_assert!(!announces, "a literal out of nothing");
                }
            }
        }
    }
}
