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
            Literal::Memory(b"ab\r\nc".to_vec()),
            Literal::Memory(Vec::new()),
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
