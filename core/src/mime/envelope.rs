//! Header fields, decoded (RFC 5322 section 3.6, RFC 2047).

use std::panic::{AssertUnwindSafe, catch_unwind};

use mail_parser::{Addr, HeaderName, HeaderValue, Message, MessageParser};

use crate::model::{Address, Envelope, Timestamp};

/// Addresses kept of one field, and Message-IDs kept of References: the newest.
const MAX_ADDRESSES: usize = 2_000;
const MAX_IDS: usize = 100;
/// The longest Message-ID kept, in bytes: RFC 5322 lines end at 998.
const MAX_ID: usize = 998;
/// The longest subject, name or address kept, in bytes.
const MAX_TEXT: usize = 8_000;

/// The envelope of a mail, from its header or from some fields of it.
pub fn envelope(header: &[u8]) -> Envelope {
    // mail-parser did not panic in a million mutations; where it does, one mail is shown without its fields.
    let parsed = catch_unwind(AssertUnwindSafe(|| MessageParser::default().parse_headers(header).map(|m| read(&m))));
    parsed.ok().flatten().unwrap_or_default()
}

pub(super) fn read(message: &Message<'_>) -> Envelope {
    let from = addresses(message, HeaderName::From);
    let fields = message.header_values(HeaderName::From).count();
    let poses = |address: &Address| {
        let name = address.name.trim_matches(['"', '\'', '<', '>', ' ']);
        name.contains('@') && !name.eq_ignore_ascii_case(&address.email)
    };
    Envelope {
        subject: text(message.subject().unwrap_or_default()),
        sender: addresses(message, HeaderName::Sender),
        reply_to: addresses(message, HeaderName::ReplyTo),
        to: addresses(message, HeaderName::To),
        cc: addresses(message, HeaderName::Cc),
        bcc: addresses(message, HeaderName::Bcc),
        date: date(message),
        message_id: ids(message.header(HeaderName::MessageId)).pop(),
        in_reply_to: ids(message.header(HeaderName::InReplyTo)),
        references: ids(message.header(HeaderName::References)),
        sender_unclear: fields != 1 || from.is_empty() || from.iter().any(poses),
        from,
    }
}

fn date(message: &Message<'_>) -> Option<Timestamp> {
    let date = message.date().filter(|date| date.is_valid())?;
    let time = date.to_timestamp();
    (0..=Timestamp::MAX.0).contains(&time).then_some(Timestamp(time))
}

/// All fields of that name: RFC 5322 allows one, mails have more.
fn addresses(message: &Message<'_>, name: HeaderName<'static>) -> Vec<Address> {
    let mut found = Vec::new();
    for value in message.header_values(name) {
        match value {
            HeaderValue::Address(list) => found.extend(list.iter().filter_map(address)),
            HeaderValue::Text(only) => found.push(Address { name: String::new(), email: text(only) }),
            _ => {}
        }
        found.truncate(MAX_ADDRESSES);
    }
    found
}

fn address(address: &Addr<'_>) -> Option<Address> {
    let name = text(address.name.as_deref().unwrap_or_default());
    let email = text(address.address.as_deref().unwrap_or_default());
    (!name.is_empty() || !email.is_empty()).then_some(Address { name, email })
}

/// Message-IDs without brackets, the last ones where there are too many.
fn ids(value: Option<&HeaderValue<'_>>) -> Vec<String> {
    let found: Vec<&str> = match value {
        Some(HeaderValue::Text(one)) => vec![one],
        Some(HeaderValue::TextList(list)) => list.iter().map(AsRef::as_ref).collect(),
        _ => Vec::new(),
    };
    let clean = |id: &str| id.trim_matches(|c: char| c.is_whitespace() || matches!(c, '<' | '>')).to_owned();
    let skip = found.len().saturating_sub(MAX_IDS);
    found.into_iter().skip(skip).map(clean).filter(|id| !id.is_empty() && id.len() <= MAX_ID).collect()
}

/// One line of bounded length, without control characters.
pub(super) fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len().min(MAX_TEXT));
    let mut space = false;
    for c in value.chars() {
        if c.is_whitespace() || c.is_control() {
            space = !out.is_empty();
            continue;
        }
        if out.len() + c.len_utf8() >= MAX_TEXT {
            break;
        }
        if std::mem::take(&mut space) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded() {
        let header = b"From: =?utf-8?q?Ann_M=C3=BCller?= <ann@example.org>\r\nTo: Friends: bob@example.org, Eve <eve@example.org>;\r\n\
            Subject: =?iso-8859-1?Q?Gr=FC=DFe?=\r\n =?utf-8?B?IOKAlCBoaQ==?=\r\nDate: Tue, 24 Nov 2026 10:30:00 +0100\r\n\
            Message-ID: <a@x>\r\nReferences: <r1@x>\r\n\t<r2@x>\r\nIn-Reply-To: <r2@x>\r\n\r\n";
        let envelope = envelope(header);
        assert_eq!(envelope.subject, "Grüße — hi");
        assert_eq!(envelope.from, [Address { name: "Ann Müller".into(), email: "ann@example.org".into() }]);
        assert_eq!(
            envelope.to.iter().map(|to| to.email.as_str()).collect::<Vec<_>>(),
            ["bob@example.org", "eve@example.org"]
        );
        assert_eq!(envelope.date, Some(Timestamp(1_795_512_600)));
        assert_eq!(envelope.message_id.as_deref(), Some("a@x"));
        assert_eq!(
            (envelope.references, envelope.in_reply_to),
            (vec!["r1@x".into(), "r2@x".into()], vec!["r2@x".into()])
        );
        assert!(!envelope.sender_unclear);
    }

    #[test]
    fn an_author_who_is_in_doubt_is_marked() {
        assert!(envelope(b"Subject: x\r\n\r\n").sender_unclear);
        assert!(envelope(b"From: a@x.example\r\nFrom: b@x.example\r\n\r\n").sender_unclear);
        assert!(envelope(b"From: \"boss@bank.example\" <evil@x.example>\r\n\r\n").sender_unclear);
        assert!(!envelope(b"From: \"a@x.example\" <a@x.example>\r\n\r\n").sender_unclear);
    }

    #[test]
    fn a_date_that_does_not_exist_is_none() {
        for date in ["Mon, 31 Feb 2026 25:61:00 +0000", "yesterday", ""] {
            assert_eq!(envelope(format!("Date: {date}\r\n\r\n").as_bytes()).date, None);
        }
    }
}
