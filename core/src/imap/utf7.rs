//! Mailbox names in modified UTF-7 (RFC 3501 section 5.1.3): the form in which they are kept, whatever a connection speaks.

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// The raw name as people read it.
///
/// A name that is not in the encoding it should be in, or holds control characters, is shown as it stands, so that no
/// two names of one encoding look alike: bytes that are neither UTF-8 nor printable appear as `\xE9`.
pub fn shown(raw: &[u8]) -> String {
    decode(raw).filter(|text| !text.contains(char::is_control)).unwrap_or_else(|| as_it_stands(raw))
}

/// Reads modified UTF-7. `None` for what is none, and for what [`encode`] would not write back byte for byte: letters
/// encoded without need, lone surrogates.
pub fn decode(raw: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut rest = raw;
    while let Some((byte, after)) = rest.split_first() {
        match byte {
            b'&' => {
                let end = memchr::memchr(b'-', after)?;
                let (encoded, after) = after.split_at_checked(end)?;
                match encoded {
                    [] => text.push('&'),
                    _ => text.push_str(&decode_shifted(encoded)?),
                }
                rest = after.get(1..)?;
            }
            b' '..=b'~' => {
                text.push(char::from(*byte));
                rest = after;
            }
            _ => return None,
        }
    }
    (encode(&text) == raw).then_some(text)
}

fn decode_shifted(encoded: &[u8]) -> Option<String> {
    let bytes = BASE64.decode(encoded).ok()?;
    let (units, odd) = bytes.as_chunks::<2>();
    if !odd.is_empty() {
        return None;
    }
    let chars = char::decode_utf16(units.iter().map(|unit| u16::from_be_bytes(*unit)));
    chars.map(Result::ok).collect()
}

/// Writes text in modified UTF-7.
pub fn encode(text: &str) -> Vec<u8> {
    let mut raw = Vec::new();
    let mut shifted = Vec::new();
    for char in text.chars() {
        if matches!(char, ' '..='~') {
            flush(&mut shifted, &mut raw);
            raw.push(char as u8);
            if char == '&' {
                raw.push(b'-');
            }
        } else {
            let mut units = [0; 2];
            shifted.extend(char.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    flush(&mut shifted, &mut raw);
    raw
}

fn flush(shifted: &mut Vec<u8>, raw: &mut Vec<u8>) {
    if !shifted.is_empty() {
        raw.push(b'&');
        raw.extend_from_slice(BASE64.encode(&shifted).as_bytes());
        raw.push(b'-');
        shifted.clear();
    }
}

fn as_it_stands(raw: &[u8]) -> String {
    let mut text = String::new();
    for chunk in raw.utf8_chunks() {
        for char in chunk.valid().chars() {
            if char.is_control() {
                char.to_string().bytes().for_each(|byte| push_escaped(&mut text, byte));
            } else {
                text.push(char);
            }
        }
        chunk.invalid().iter().for_each(|byte| push_escaped(&mut text, *byte));
    }
    text
}

fn push_escaped(text: &mut String, byte: u8) {
    text.push_str(&format!("\\x{byte:02X}"));
}

#[cfg(test)]
#[path = "utf7_tests.rs"]
mod tests;
