#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;
use crate::imap::command::Piece;

/// The command as it is written to a server.
fn written(query: &str) -> String {
    let program = program(&Query::parse(query).unwrap());
    let command = command::uid_search(&program, &[], false).unwrap();
    let text = command.pieces().iter().flat_map(|piece| match piece {
        Piece::Text(text) | Piece::Literal(text) => text.clone(),
        _ => panic!("a piece that no search has"),
    });
    String::from_utf8(text.collect()).unwrap()
}

#[test]
fn every_key_has_one_that_servers_know() {
    for (query, expected) in [
        ("tea", "TEXT \"tea\""),
        ("from:ann to:bob", "FROM \"ann\" OR TO \"bob\" CC \"bob\""),
        ("cc:ann bcc:bob", "CC \"ann\" BCC \"bob\""),
        ("subject:\"two words\" -body:x", "SUBJECT \"two words\" NOT BODY \"x\""),
        ("is:unread is:flagged is:answered is:draft", "UNSEEN FLAGGED ANSWERED DRAFT"),
        ("is:read -is:flagged", "SEEN UNFLAGGED"),
        ("keyword:x -keyword:y", "KEYWORD x UNKEYWORD y"),
        ("has:attachment", "HEADER Content-Type \"multipart/mixed\""),
        ("on:2026-01-31", "SENTSINCE 31-Jan-2026 SENTBEFORE 1-Feb-2026"),
        ("before:2026 after:2025-02", "SENTBEFORE 1-Jan-2026 SENTSINCE 1-Feb-2025"),
        ("larger:5M smaller:9999999999", "LARGER 5000000 SMALLER 4294967295"),
        ("in:inbox", "ALL"),
        ("a OR b OR c", "OR TEXT \"a\" OR TEXT \"b\" TEXT \"c\""),
        ("(a is:read) OR (b c)", "OR (TEXT \"a\" SEEN) (TEXT \"b\" TEXT \"c\")"),
        ("filename:a.pdf", "TEXT \"a.pdf\""),
    ] {
        let found = written(query);
        assert_eq!(found.strip_prefix("UID SEARCH ").unwrap().trim_end(), expected, "{query}");
    }
    assert!(written("日本").starts_with("UID SEARCH CHARSET UTF-8 "));
}

#[test]
fn as_many_alternatives_as_a_query_may_have_are_not_too_deep() {
    let words: Vec<String> = (0..64).map(|n| format!("w{n}")).collect();
    assert_eq!(written(&words.join(" OR ")).matches("TEXT").count(), 64);
    assert_eq!(written("(a is:read) OR (b is:read) OR is:draft OR is:flagged").matches("OR ").count(), 3);
}

proptest! {
    #[test]
    fn nothing_typed_becomes_a_command(text in ".*", tail in "[ -~\r\n\t\u{0}\u{e9}\u{65e5}]{0,60}") {
        let Ok(query) = Query::parse(&format!("{text}{tail}")) else { return Ok(()) };
        let command = command::uid_search(&program(&query), &[], false).unwrap();
        for piece in command.pieces() {
            match piece {
                // No end of a line, and no beginning of a literal.
                Piece::Text(text) => {
                    let tame = text.iter().all(|byte| (b' '..=b'~').contains(byte)) && !text.ends_with(b"}");
                    prop_assert!(tame);
                }
                Piece::Literal(bytes) => prop_assert!(!bytes.contains(&0)),
                _ => prop_assert!(false, "a piece that no search has"),
            }
        }
        // Outside of quoted texts there are only words of ours.
        let text: Vec<u8> = command.pieces().iter().flat_map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            _ => b"\"\"".to_vec(),
        }).collect();
        for word in unquoted(&String::from_utf8(text).unwrap()) {
            let ours = ["UID", "SEARCH", "ALL", "CHARSET", "UTF-8", "TEXT", "FROM", "TO", "CC", "BCC", "SUBJECT", "BODY", "OR", "NOT"];
            prop_assert!(ours.contains(&word.as_str()) || query.alternatives.iter().flatten().any(|(_, term)| !matches!(term, Term::Text(_))), "{word}");
        }
    }
}

/// The words of a line that stand outside of quoted strings.
fn unquoted(line: &str) -> Vec<String> {
    let (mut outside, mut quoted, mut escaped) = (String::new(), false, false);
    for c in line.chars() {
        match c {
            _ if std::mem::take(&mut escaped) => {}
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if !quoted => outside.push(if matches!(c, '(' | ')') { ' ' } else { c }),
            _ => {}
        }
    }
    outside.split_whitespace().map(str::to_owned).collect()
}
