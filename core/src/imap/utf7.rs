//! Modified UTF-7, in which mailbox names go over the wire (RFC 3501 section 5.1.3). The raw name is the key everywhere; what
//! is decoded here is only shown.

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

/// The name as shown. UTF-8 is taken as it is (servers with UTF8=ACCEPT send it); what is neither is shown as it stands,
/// so that two names stay two.
pub fn decode(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw).into_owned();
    if !raw.is_ascii() {
        return text;
    }
    decode_ascii(&text).unwrap_or(text)
}

fn decode_ascii(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        let shifted = &rest[start + 1..];
        let end = shifted.find('-')?;
        match &shifted[..end] {
            "" => out.push('&'),
            encoded => out.push_str(&decode_shifted(encoded)?),
        }
        rest = &shifted[end + 1..];
    }
    out.push_str(rest);
    Some(out)
}

fn decode_shifted(encoded: &str) -> Option<String> {
    let bytes = BASE64.decode(encoded).ok()?;
    let (units, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
    let text: String = char::decode_utf16(units).collect::<Result<_, _>>().ok()?;
    // Control characters could only mislead whoever looks at the name.
    (!text.chars().any(char::is_control)).then_some(text)
}

/// The name as it goes over the wire.
pub fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut shifted: Vec<u8> = Vec::new();
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            leave(&mut out, &mut shifted);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                shifted.extend(unit.to_be_bytes());
            }
        }
    }
    leave(&mut out, &mut shifted);
    out
}

fn leave(out: &mut String, shifted: &mut Vec<u8>) {
    if !shifted.is_empty() {
        out.push('&');
        BASE64.encode_string(&*shifted, out);
        out.push('-');
        shifted.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_the_standard_are_read() {
        assert_eq!(decode(b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"), "~peter/mail/台北/日本語");
        assert_eq!(decode(b"Tom &- Jerry"), "Tom & Jerry");
        assert_eq!(encode("Entwürfe & 📬"), "Entw&APw-rfe &- &2D3c7A-");
    }

    #[test]
    fn case_035_what_is_no_utf7_is_shown_as_it_stands() {
        for raw in ["&!!!-", "&2D0-", "&AGE", "a&", "&A-", "&AAAACg-"] {
            assert_eq!(decode(raw.as_bytes()), raw);
        }
        assert_eq!(decode("Entwürfe".as_bytes()), "Entwürfe");
        assert_eq!(decode(b"a\xffb"), "a\u{fffd}b");
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded_again(name in "[^\\p{Cc}]{0,40}") {
            prop_assert_eq!(decode(encode(&name).as_bytes()), name);
        }
    }
}
