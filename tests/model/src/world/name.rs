//! Mailbox names: hierarchy, INBOX, and modified UTF-7 (RFC 3501 section 5.1.3).

use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// The name with a leading INBOX component in capitals, as every spelling of INBOX is the same mailbox.
pub fn canonical(name: &[u8], delimiter: Option<u8>) -> Vec<u8> {
    let first = name.iter().position(|byte| Some(*byte) == delimiter).unwrap_or(name.len());
    let mut name = name.to_vec();
    if let Some(head) = name.get_mut(..first)
        && head.eq_ignore_ascii_case(b"INBOX")
    {
        head.make_ascii_uppercase();
    }
    name
}

/// The name of the mailbox above, if any.
pub fn parent(name: &[u8], delimiter: Option<u8>) -> Option<&[u8]> {
    let at = name.iter().rposition(|byte| Some(*byte) == delimiter)?;
    name.get(..at).filter(|head| !head.is_empty())
}

/// Whether `name` lies below `above`.
pub fn is_below(name: &[u8], above: &[u8], delimiter: Option<u8>) -> bool {
    name.strip_prefix(above).and_then(|rest| rest.first()).is_some_and(|byte| Some(*byte) == delimiter)
}

/// The name as people write it; `None` where the octets are no valid modified UTF-7.
pub fn decode(raw: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut rest = raw;
    while let Some((&byte, tail)) = rest.split_first() {
        if byte != b'&' {
            if !(0x20..0x7f).contains(&byte) {
                return None;
            }
            text.push(char::from(byte));
            rest = tail;
            continue;
        }
        let end = tail.iter().position(|byte| *byte == b'-')?;
        let (coded, after) = tail.split_at_checked(end)?;
        rest = after.get(1..)?;
        if coded.is_empty() {
            text.push('&');
            continue;
        }
        let octets = BASE64.decode(coded).ok()?;
        let units: Vec<u16> = octets.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
        text.push_str(&String::from_utf16(&units).ok()?);
    }
    Some(text)
}

/// The name in modified UTF-7, as it goes over a connection that has not enabled UTF8=ACCEPT.
pub fn encode(text: &str) -> Vec<u8> {
    let mut raw = Vec::new();
    let mut pending: Vec<u8> = Vec::new();
    let flush = |pending: &mut Vec<u8>, raw: &mut Vec<u8>| {
        if !pending.is_empty() {
            raw.push(b'&');
            raw.extend_from_slice(BASE64.encode(&*pending).as_bytes());
            raw.push(b'-');
            pending.clear();
        }
    };
    for character in text.chars() {
        if (' '..='~').contains(&character) {
            flush(&mut pending, &mut raw);
            raw.push(character as u8);
            if character == '&' {
                raw.push(b'-');
            }
        } else {
            let mut units = [0_u16; 2];
            for unit in character.encode_utf16(&mut units) {
                pending.extend_from_slice(&unit.to_be_bytes());
            }
        }
    }
    flush(&mut pending, &mut raw);
    raw
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modified_utf7_round_trips_and_refuses_nonsense() {
        assert_eq!(encode("~peter/mail/台北/日本語"), b"~peter/mail/&U,BTFw-/&ZeVnLIqe-");
        assert_eq!(decode(b"~peter/mail/&U,BTFw-/&ZeVnLIqe-").as_deref(), Some("~peter/mail/台北/日本語"));
        assert_eq!(encode("Black & White"), b"Black &- White");
        assert_eq!(decode(b"Black &- White").as_deref(), Some("Black & White"));
        assert_eq!(decode(b"&Jjo"), None);
        assert_eq!(decode(b"caf\xc3\xa9"), None);
    }

    #[test]
    fn inbox_is_one_mailbox_in_every_spelling() {
        assert_eq!(canonical(b"inBox", Some(b'/')), b"INBOX");
        assert_eq!(canonical(b"inbox/Old", Some(b'/')), b"INBOX/Old");
        assert_eq!(canonical(b"inboxes", Some(b'/')), b"inboxes");
        assert_eq!(parent(b"a/b/c", Some(b'/')), Some(&b"a/b"[..]));
        assert!(is_below(b"a/b", b"a", Some(b'/')) && !is_below(b"ab", b"a", Some(b'/')));
    }
}
