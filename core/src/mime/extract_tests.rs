#![allow(clippy::unwrap_used)]

use std::io::{Cursor, SeekFrom};

use super::super::{decode, fields, parse};
use super::*;

/// A mail within a mail, several encodings, a boundary that is the beginning of another, and padding that puts each line over
/// the edge of a window in turn.
fn mail(padding: usize) -> Vec<u8> {
    let filler = format!("{}\r\n", "x".repeat(98)).repeat(654) + &"y".repeat(padding);
    let base64 = "SGVsbG8sIHdvcmxk\r\n".repeat(1_000);
    format!(
        "Subject: out\r\nContent-Type: multipart/mixed; boundary=ab\r\n\r\nprologue\r\n--ab\r\n\r\n{filler}\r\n--ab \t\r\n\
         Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\r\none\r\n--abc\r\n--a\r\n\
         Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nt=\r\nw=6F=20 \r\n--a--\r\n\r\n--ab\r\n\
         Content-Type: message/rfc822\r\n\r\nSubject: in\r\nContent-Type: multipart/mixed; boundary=ac\r\n\r\n--ac\r\n\
         Content-Type: application/pdf; name=plan\r\nContent-Transfer-Encoding: base64\r\n\r\n{base64}\r\n--ac--\r\n--ab--\r\n"
    )
    .into_bytes()
}

/// That reading through a window finds what reading in memory does.
fn assert_same(raw: &[u8]) {
    let in_memory = fields::line_ends(raw);
    let root = tree::read(&in_memory).root;
    assert_eq!(structure(Cursor::new(raw)).unwrap(), parse(raw).structure);
    let mut parts = 0;
    for entity in root.walk().filter(|entity| !entity.part.is_multipart()) {
        let expected = decode(entity.body, &entity.part.encoding);
        let first = root.walk().find(|other| other.part.section == entity.part.section && !other.part.is_multipart());
        if std::ptr::eq(first.unwrap(), entity) {
            assert!(content_of(raw, &entity.part.section).unwrap() == expected, "part {}", entity.part.section);
            parts += 1;
        }
    }
    assert!(parts > 0);
    assert_eq!(content_of(raw, "7"), None);
}

#[test]
fn a_part_is_the_same_through_a_window_as_in_memory() {
    for padding in 0..100 {
        assert_same(&mail(padding));
    }
    assert_eq!(content_of(&mail(7), "3.1").unwrap(), b"Hello, world".repeat(1_000));
    assert_eq!(content_of(&mail(7), "2.2").unwrap(), b"two ");
}

#[test]
fn a_part_is_the_same_through_a_window_where_the_mail_is_cut_or_its_lines_are_odd() {
    let whole = mail(3);
    for end in (1..whole.len()).step_by(1511) {
        assert_same(&whole[..end]);
    }
    for (from, to) in [("\r\n", "\n"), ("\r\n", "\r"), ("--ab--", "--ab"), ("--a--", "--a  -"), ("\r\n\r\n", "\r\n")] {
        assert_same(String::from_utf8(whole.clone()).unwrap().replace(from, to).as_bytes());
    }
    let quoted = String::from_utf8(whole).unwrap().replace("=ab", "='ab'").replace("=ac", "='ac'");
    assert_eq!(content_of(quoted.as_bytes(), "3.1").unwrap(), b"Hello, world".repeat(1_000));
    assert_same(quoted.replace("--ac", "--'ac'").as_bytes());
    assert_same(quoted.replace(": base64", ": x-uue").as_bytes());
}

#[test]
fn bytes_of_a_part_are_decoded_in_pieces() {
    let encoded = b"SGVsbG8sIHdvcmxk\r\n".repeat(20_000);
    let mut out = Vec::new();
    assert_eq!(write_decoded(&encoded[..], "base64", &mut out).unwrap(), 240_000);
    assert_eq!(out, b"Hello, world".repeat(20_000));
    assert_eq!(write_decoded(&b""[..], "base64", &mut out).unwrap(), 0);
}

/// A file whose end was lost after it was opened.
struct Shorter(Cursor<Vec<u8>>);

impl Read for Shorter {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Seek for Shorter {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = self.0.seek(to)?;
        Ok(if matches!(to, SeekFrom::End(_)) { at + 5_000 } else { at })
    }
}

#[test]
fn a_mail_that_cannot_be_read_to_its_end_is_an_error_and_no_part() {
    let mut out = Vec::new();
    let outcome = write_part(Shorter(Cursor::new(mail(0))), "3.1", &mut out);
    assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    assert!(structure(Shorter(Cursor::new(mail(0)))).is_err());
}
