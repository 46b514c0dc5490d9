#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

const MIXED: &[u8] = b"Subject: mixed\r\nContent-Type: multipart/mixed; boundary=\"b 1\"\r\n\r\npreamble\r\n--b 1\r\n\
Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe=\r\n !\r\n\
--b 1\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner text\r\n--b 1--\r\nepilogue\r\n";

fn text<'a>(bytes: &'a [u8], range: &std::ops::Range<usize>) -> &'a str {
    std::str::from_utf8(&bytes[range.clone()]).unwrap()
}

#[test]
fn parts_are_found_by_their_numbers() {
    let message = Part::parse(MIXED);
    assert_eq!(text(MIXED, &message.find(&[1]).unwrap().body), "Gr=C3=BC=C3=9Fe=\r\n !");
    let attached = message.find(&[2]).unwrap();
    assert_eq!(text(MIXED, &attached.body), "Subject: inner\r\n\r\ninner text");
    assert_eq!(text(MIXED, &message.find(&[2, 1]).unwrap().body), "inner text");
    assert!(message.find(&[3]).is_none() && message.find(&[0]).is_none() && message.find(&[1, 2]).is_none());
}

#[test]
fn a_message_without_parts_is_its_own_part_one() {
    let bytes = b"Subject: x\r\n\r\nbody\r\n";
    let message = Part::parse(bytes);
    assert_eq!(text(bytes, &message.find(&[1]).unwrap().body), "body\r\n");
}

#[test]
fn preview_is_decoded_text() {
    assert_eq!(preview(MIXED, &Part::parse(MIXED)).as_deref(), Some("Grüße !"));
}

#[test]
fn header_fields_unfold_and_subset_as_they_stand() {
    let headers = Headers::parse(b"A: 1\r\nSubject: two\r\n\tlines\r\nB: 2\r\n\r\nbody");
    assert_eq!(headers.value("subject").unwrap(), b"two\tlines");
    assert_eq!(headers.subset(&[b"SUBJECT".to_vec()], false), b"Subject: two\r\n\tlines\r\n\r\n");
    assert_eq!(headers.subset(&[b"SUBJECT".to_vec()], true), b"A: 1\r\nB: 2\r\n\r\n");
}

#[test]
fn addresses_give_names_groups_and_old_comments() {
    let list = addresses(b"\"Doe, Jo\" <jo@a.example>, x@b.example (Old Name), Team: u@c.example, <v@d.example>;");
    let parts: Vec<_> = list
        .iter()
        .map(|entry| {
            let text = |part: &Option<Vec<u8>>| part.as_ref().map(|part| String::from_utf8(part.clone()).unwrap());
            (text(&entry.name), text(&entry.mailbox), text(&entry.host))
        })
        .collect();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        parts,
        [
            (some("Doe, Jo"), some("jo"), some("a.example")),
            (some("Old Name"), some("x"), some("b.example")),
            (None, some("Team"), None),
            (None, some("u"), some("c.example")),
            (None, some("v"), some("d.example")),
            (None, None, None),
        ]
    );
}

#[test]
fn nesting_without_end_is_cut_at_a_depth() {
    let mut bytes = Vec::new();
    for _ in 0..5000 {
        bytes.extend_from_slice(b"Content-Type: message/rfc822\r\n\r\n");
    }
    let mut part = &Part::parse(&bytes);
    let mut depth = 0;
    while let Body::Message(inner) = &part.inner {
        part = inner;
        depth += 1;
    }
    assert_eq!(depth, 100);
}

#[test]
fn no_message_makes_the_reader_panic() {
    let mut state = 11_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..20_000 {
        let mut bytes = MIXED.to_vec();
        for _ in 0..1 + random(8) {
            let at = random(bytes.len());
            match random(3) {
                0 => bytes[at] = b"\r\n-=:;\"\\()<>@, \0\xff"[random(17)],
                1 => bytes.truncate(at + 1),
                _ => bytes.insert(at, b"\r\n-=;\"("[random(7)]),
            }
        }
        let message = Part::parse(&bytes);
        let headers = Headers::parse(&bytes);
        addresses(&headers.value("Subject").unwrap_or_default());
        assert!(headers.body <= bytes.len() && message.body.end == bytes.len());
        assert!(preview(&bytes, &message).is_none_or(|text| text.chars().count() <= 200));
    }
}
