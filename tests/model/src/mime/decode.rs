//! Content-Transfer-Encodings (RFC 2045 section 6).

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The octets behind a transfer encoding; `None` where it is unknown or broken.
pub(crate) fn decoded(body: &[u8], encoding: &[u8]) -> Option<Vec<u8>> {
    let encoding = encoding.trim_ascii().to_ascii_lowercase();
    match encoding.as_slice() {
        b"" | b"7bit" | b"8bit" | b"binary" => Some(body.to_vec()),
        b"base64" => {
            let compact: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            BASE64.decode(compact).ok()
        }
        b"quoted-printable" => Some(quoted_printable(body)),
        _ => None,
    }
}

fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'=' {
            plain.push(byte);
            continue;
        }
        if let Some(after) = tail.strip_prefix(b"\r\n").or_else(|| tail.strip_prefix(b"\n")) {
            rest = after;
        } else if let Some((pair, after)) = tail.split_at_checked(2)
            && let Some(value) = std::str::from_utf8(pair).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok())
        {
            plain.push(value);
            rest = after;
        } else {
            plain.push(byte);
        }
    }
    plain
}
