#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use super::*;

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Vec<u8>>>>);

impl Spool for Kept {
    fn begin(&mut self, _len: u64, _before: &[u8]) -> std::io::Result<u64> {
        let mut kept = self.0.lock().unwrap();
        kept.push(Vec::new());
        Ok(kept.len() as u64 - 1)
    }

    fn write(&mut self, token: u64, bytes: &[u8]) -> std::io::Result<()> {
        self.0.lock().unwrap()[token as usize].extend_from_slice(bytes);
        Ok(())
    }

    fn end(&mut self, _token: u64) -> std::io::Result<()> {
        Ok(())
    }
}

fn small() -> Limits {
    Limits { line: 100, fetch: 400, literal_in_memory: 10, literal: 1000, ..Limits::default() }
}

fn all(limits: Limits, bytes: &[u8], chunk: usize) -> Result<(Vec<Incoming>, Vec<Vec<u8>>), WireError> {
    let kept = Kept::default();
    let mut framing = Framing::new(limits, Box::new(kept.clone()));
    let mut found = Vec::new();
    for piece in bytes.chunks(chunk) {
        let mut at = 0;
        while at < piece.len() {
            at += framing.feed(&piece[at..])?;
            while let Some(item) = framing.pop() {
                found.push(item.1);
            }
        }
    }
    let kept = kept.0.lock().unwrap().clone();
    Ok((found, kept))
}

fn untagged(text: &str, literals: Vec<Literal>) -> Incoming {
    Incoming::Untagged(Frame { text: text.into(), literals })
}

#[test]
fn responses_are_the_same_however_the_bytes_are_cut() {
    let bytes = b"* 1 FETCH (UID 7 BODY[] {5}\r\nab\r\nc BODY[1] {0}\r\n BODY[2] {12}\r\n123456789012)\r\n* OK hi {5}\n+ go\r\nA1 OK x\r\n";
    for chunk in [1, 2, 3, 7, 64, 1000] {
        let (found, kept) = all(small(), bytes, chunk).unwrap();
        let literals = vec![
            Literal::Memory(b"ab\r\nc"[..].into()),
            Literal::Memory(Vec::new().into()),
            Literal::Spooled { token: 0, len: 12 },
        ];
        assert_eq!(
            found,
            [
                untagged("* 1 FETCH (UID 7 BODY[] {5}\r\n BODY[1] {0}\r\n BODY[2] {12}\r\n)", literals),
                untagged("* OK hi {5}", vec![]),
                Incoming::Continue(b"go".to_vec()),
                Incoming::Tagged { tag: "A1".into(), text: b"OK x".to_vec() },
            ]
        );
        assert_eq!(kept, [b"123456789012"]);
    }
}

#[test]
fn case_021_a_line_without_end_is_given_up() {
    assert_eq!(all(small(), &[b'x'; 1000], 10), Err(WireError::LineTooLong));
    let mut response = b"* LIST () NIL ".to_vec();
    response.resize(500, b'a');
    assert_eq!(all(small(), &response, 500), Err(WireError::LineTooLong));
}

#[test]
fn long_sets_come_in_pieces_of_the_same_form() {
    let numbers: Vec<String> = (100..300).map(|n| n.to_string()).collect();
    for (line, separator, prefix) in [
        (format!("* SEARCH {}", numbers.join(" ")), ' ', "* SEARCH "),
        (format!("* VANISHED (EARLIER) {}", numbers.join(",")), ',', "* VANISHED (EARLIER) "),
        (format!("* ESEARCH (TAG \"A1\") UID ALL {}", numbers.join(",")), ',', "* ESEARCH "),
    ] {
        for chunk in [1, 50, 5000] {
            let (found, _) = all(small(), format!("{line}\r\n").as_bytes(), chunk).unwrap();
            assert!(found.len() > 5);
            let mut seen = Vec::new();
            for item in found {
                let Incoming::Untagged(frame) = item else { panic!() };
                let text = String::from_utf8(frame.text).unwrap();
                assert!(text.starts_with(prefix) && text.len() <= 100, "{text}");
                let set = text.rsplit(' ').next().filter(|_| separator == ',').unwrap_or(&text[prefix.len()..]);
                seen.extend(set.split(separator).map(str::to_owned));
            }
            assert_eq!(seen, numbers);
        }
    }
}

#[test]
fn case_022_a_literal_larger_than_any_mail_is_refused_before_it_is_read() {
    for announced in ["1001", "4294967296", "18446744073709551615", "99999999999999999999"] {
        let error = all(small(), format!("* 1 FETCH (BODY[] {{{announced}}}\r\n").as_bytes(), 100).unwrap_err();
        assert!(matches!(error, WireError::LiteralTooLarge(_)), "{announced}");
    }
}

#[test]
fn case_024_a_literal_where_none_can_be_is_text_or_a_broken_protocol() {
    assert_eq!(all(small(), b"A1 NO [X] {3}\r\nA2 OK\r\n", 5), Err(WireError::Protocol("a literal in a status")));
    let (found, _) = all(small(), b"* NO [X] {3}\r\n* OK[Y] {3}\r\nA2 OK\r\n", 5).unwrap();
    assert_eq!(found.len(), 3, "text for people holds no literals");
    assert_eq!(all(small(), b"garbage\r\n", 5), Err(WireError::Protocol("neither a response nor a status")));
    assert_eq!(all(small(), b"<html> x\r\n", 5), Err(WireError::Protocol("neither a response nor a status")));
}

#[test]
fn case_025_no_more_is_read_than_is_taken() {
    let bytes = b"* 1 EXISTS\r\n".repeat(10_000);
    let mut framing = Framing::new(Limits::default(), Box::new(Kept::default()));
    let taken = framing.feed(&bytes).unwrap();
    assert_eq!(taken, MAX_WAITING * 12);
    assert_eq!(framing.feed(&bytes[taken..]).unwrap(), 0);
}

#[test]
fn a_long_set_is_never_cut_within_what_follows_it() {
    // The numbers leave so little room that the cut would fall into the parenthesis.
    for count in 5..40 {
        let numbers: Vec<String> = (1000..1000 + count).map(|n: u32| n.to_string()).collect();
        let line = format!("* SEARCH {} (MODSEQ 12345678901234567890)", numbers.join(" "));
        let (found, _) = all(Limits { line: 60, ..small() }, format!("{line}\r\n").as_bytes(), 7).unwrap();
        let Some(Incoming::Untagged(last)) = found.last() else { panic!() };
        assert!(String::from_utf8_lossy(&last.text).ends_with(" (MODSEQ 12345678901234567890)"), "{count}");
        let texts = found.iter().map(|item| match item {
            Incoming::Untagged(frame) => String::from_utf8_lossy(&frame.text).into_owned(),
            item => panic!("{item:?}"),
        });
        let seen: Vec<String> = texts
            .flat_map(|text| text.split(' ').filter(|word| word.len() == 4).map(str::to_owned).collect::<Vec<_>>())
            .collect();
        assert_eq!(seen, numbers);
    }
    let long = format!("* SEARCH 1 (MODSEQ {})\r\n", "9".repeat(200));
    assert_eq!(all(small(), long.as_bytes(), 50), Err(WireError::LineTooLong), "nowhere to cut");
}

#[test]
fn the_text_of_a_fetch_may_be_longer_than_a_line_and_has_a_limit_too() {
    let response = |length: usize| format!("* 12 FETCH (BODYSTRUCTURE ({}))\r\n", "x".repeat(length));
    let (found, _) = all(small(), response(300).as_bytes(), 9).unwrap();
    assert_eq!(found, [untagged(response(300).trim_end(), vec![])]);
    assert_eq!(all(small(), response(400).as_bytes(), 9), Err(WireError::LineTooLong));
    let with_literals = format!("* 1 FETCH (A {{1}}\r\nx{}", " B {1}\r\nx".repeat(100));
    assert_eq!(all(small(), with_literals.as_bytes(), 9), Err(WireError::LineTooLong), "all its lines together");
}

#[test]
fn what_memory_holds_of_one_response_is_bounded_and_the_rest_is_spooled() {
    let limits = Limits { literal_in_memory: 10, response_in_memory: 25, ..Limits::default() };
    let bytes = format!("* 1 FETCH (A{} B)\r\nA1 OK\r\n", " {10}\r\n0123456789".repeat(4));
    let (found, kept) = all(limits, bytes.as_bytes(), 3).unwrap();
    let Incoming::Untagged(frame) = &found[0] else { panic!() };
    let held = frame.literals.iter().filter(|literal| matches!(literal, Literal::Memory(_))).count();
    assert_eq!((held, kept.len(), frame.literals.len()), (2, 2, 4));
    let many = format!("* 1 FETCH (A{}", " {0}\r\n".repeat(2000));
    let error = all(limits, many.as_bytes(), 1000).unwrap_err();
    assert_eq!(error, WireError::Protocol("more literals than a response can need"));
}

#[test]
fn bytes_of_any_kind_are_framed_the_same_however_they_are_cut() {
    const WORDS: [&[u8]; 16] = [
        b"* ",
        b"\r\n",
        b"\n",
        b"\r",
        b"{3}",
        b"{3+}\r\n",
        b"~{12}\r\n",
        b"FETCH (",
        b"A1 ",
        b"OK",
        b"+",
        b"\0",
        b"\xff",
        b" 7",
        b"\"",
        b"* SEARCH 1 2",
    ];
    let mut state = 1_u64;
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % limit
    };
    let mut whole = 0;
    for _ in 0..20_000 {
        let bytes: Vec<u8> = (0..below(40)).flat_map(|_| WORDS[below(WORDS.len())]).copied().collect();
        let at_once = all(small(), &bytes, bytes.len().max(1));
        for chunk in [1, 2, 5] {
            assert_eq!(all(small(), &bytes, chunk), at_once, "{}", bytes.escape_ascii());
        }
        whole += usize::from(at_once.is_ok());
    }
    assert!(whole > 1000, "{whole}");
}

#[test]
fn a_code_without_the_words_that_belong_before_it_is_a_response() {
    let (found, _) = all(small(), b"[COPYUID 55 31 6]\r\nA1 OK MOVE completed.\r\n", 7).unwrap();
    let text = b"* OK [COPYUID 55 31 6]".to_vec();
    assert_eq!(found[0], Incoming::Untagged(Frame { text, literals: Vec::new() }));
    assert_eq!(all(small(), b"[half\r\n", 5), Err(WireError::Protocol("neither a response nor a status")));
}
