//! Whatever the arguments, they stay in their place (case 37).

use jiff::civil::Date;
use proptest::prelude::*;

use super::super::*;
use crate::imap::Untagged;
use crate::imap::parse::untagged;
use crate::model::{Flags, Keyword, ModSeq, Secret, Timestamp, Uid, UidSet};
use crate::wire::{Frame, Literal};

/// No piece of text can end a line, start a literal or hold a control character.
fn is_tame(command: &Command) -> bool {
    let mut length = 0;
    let tame = command.pieces().iter().all(|piece| match piece {
        Piece::Text(text) => {
            length += text.len();
            let announces = text.ends_with(b"}") && text.contains(&b'{');
            text.iter().all(|byte| (b' '..=b'~').contains(byte)) && !announces
        }
        Piece::Literal(bytes) | Piece::Answer(bytes) | Piece::Mailbox(bytes) => !bytes.contains(&0),
    });
    tame && length <= MAX_LINE
}

/// What a server reads as the one argument of a command: the arguments are written as those of a LIST response are.
fn read_back(command: &Command) -> Option<Vec<u8>> {
    let mut frame = Frame { text: b"* LIST () \"/\" ".to_vec(), literals: Vec::new() };
    for (index, piece) in command.pieces().iter().enumerate() {
        match piece {
            Piece::Text(text) if index == 0 => frame.text.extend_from_slice(&text[command.name().len() + 1..]),
            Piece::Text(text) | Piece::Answer(text) => frame.text.extend_from_slice(text),
            Piece::Mailbox(name) => {
                let careful = String::from_utf8_lossy(name).replace('\\', "\\\\").replace('"', "\\\"");
                frame.text.extend_from_slice(format!("\"{careful}\"").as_bytes());
            }
            Piece::Literal(bytes) => {
                frame.text.extend_from_slice(format!("{{{}}}\r\n", bytes.len()).as_bytes());
                frame.literals.push(Literal::Memory(bytes.clone().into()));
            }
        }
    }
    match untagged(&frame) {
        Untagged::List(entry) => Some(entry.name),
        _ => None,
    }
}

#[test]
fn case_037_two_hundred_thousand_names_are_read_back_as_they_were() {
    const BYTES: &[u8] = b"ab /.\"\\{}()[]<>*%&+-~\r\n\t\x01\x7f\x80\xc3\xa9\xff0123NIL";
    let mut state = 37_u64;
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % limit
    };
    for _ in 0..200_000 {
        let name: Vec<u8> = (0..below(12)).map(|_| BYTES[below(BYTES.len())]).collect();
        let command = delete(&name).unwrap();
        assert!(is_tame(&command), "{}", name.escape_ascii());
        assert_eq!(read_back(&command), Some(name));
    }
}

#[test]
fn case_037_classic_injections_stay_in_their_place() {
    let texts = ["x\r\nA1 DELETE INBOX", "{3+}\r\nabc", "x\"\r\n", "\\", "\"", "a\u{0}b", "x {5}", "INBOX\nA2 LOGOUT"];
    for text in texts {
        let commands = [
            delete(text.as_bytes()),
            list(text.as_bytes(), text.as_bytes()),
            login(text, &Secret::new(text)),
            id(&[(text, text)]),
            uid_search(&SearchProgram { keys: vec![SearchKey::Header(text.to_owned(), text.to_owned())] }, &[], false),
        ];
        for command in commands {
            match command {
                Ok(command) => assert!(is_tame(&command), "{text:?} in {}", command.name()),
                Err(fault) => assert_eq!(fault, InvalidArgument::Nul),
            }
        }
        assert_eq!(Keyword::new(text), None);
        assert!(enable(&[text]).is_err());
        assert!(authenticate(text, None).is_err());
        assert!(authenticate("PLAIN", Some(text)).is_err());
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ -~\\r\\n\\x00\\\\\"{}]{0,20}", "[a-z]{0,700}"]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![prop::collection::vec(any::<u8>(), 0..40), text().prop_map(String::into_bytes)]
}

fn uids() -> impl Strategy<Value = UidSet> {
    prop::collection::vec(any::<u32>(), 0..2_000).prop_map(|numbers| numbers.into_iter().filter_map(Uid::new).collect())
}

fn flags() -> impl Strategy<Value = Flags> {
    (any::<u8>(), prop::collection::vec(text(), 0..5)).prop_map(|(bits, words)| {
        let mut flags = Flags::from_parts(bits, "");
        words.iter().for_each(|word| flags.insert_wire(word));
        flags
    })
}

fn search_key() -> impl Strategy<Value = SearchKey> {
    let leaf = prop_oneof![
        text().prop_map(SearchKey::Subject),
        text().prop_map(SearchKey::GmRaw),
        (text(), text()).prop_map(|(field, value)| SearchKey::Header(field, value)),
        uids().prop_map(SearchKey::Uid),
        (-9999_i16..=9999, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| SearchKey::Since(Date::new(y, m, d).unwrap())),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|key| SearchKey::Not(Box::new(key))),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| SearchKey::Or(Box::new(one), Box::new(other))),
            prop::collection::vec(inner, 0..3).prop_map(SearchKey::And),
        ]
    })
}

proptest! {
    #[test]
    fn no_builder_writes_a_line_end_or_nul_whatever_its_arguments(
        name in bytes(),
        other in bytes(),
        (word, value) in (text(), text()),
        uids in uids(),
        flags in flags(),
        key in search_key(),
        time in any::<i64>(),
        partial in any::<Option<(u64, u64)>>(),
        utf8: bool,
    ) {
        let since = ModSeq::new(time.unsigned_abs());
        let body = FetchItem::BodyPeek { section: Section::Part(word.clone()), partial };
        let binary = FetchItem::BinaryPeek { part: value.clone(), partial };
        let whole = FetchItem::BodyPeek { section: Section::Whole, partial };
        let commands = [
            login(&word, &Secret::new(value.clone())),
            authenticate(&word, Some(&value)),
            enable(&[&word, &value]),
            id(&[(&word, &value)]),
            notify(true, std::slice::from_ref(&body)),
            list(&name, &other),
            list_extended(&[ListSelection::Subscribed], &name, &[&other, &name], &[ListReturn::Children]),
            lsub(&name, &other),
            status(&name, &[StatusItem::Messages]),
            create(&name, None),
            delete(&name),
            rename(&name, &other),
            subscribe(&name),
            unsubscribe(&name),
            get_quota_root(&name),
            select(&name, Some(Resync::Condstore)),
            examine(&name, None),
            uid_fetch(&uids, &[body, binary], since, true),
            uid_fetch(&uids, &[whole], since, false),
            uid_search(&SearchProgram { keys: vec![key] }, &[SearchReturn::All], utf8),
            uid_store(&uids, since, FlagChange::Replace, &flags, false),
            uid_copy(&uids, &name),
            uid_move(&uids, &name),
            uid_expunge(&uids),
            append(&name, &flags, Some(Timestamp(time)), other.clone()),
        ];
        for command in commands.into_iter().flatten() {
            prop_assert!(is_tame(&command), "{}", command.name());
        }
        for piece in split_for_command(&uids) {
            prop_assert!(uid_copy(&piece, b"x").is_ok());
        }
    }
}
