//! The content of one part, from the bytes that IMAP gives for it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::charset::{self, Shown};
use super::{fields, params};
use crate::model::Part;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Takes the transfer encoding off (RFC 2045 section 6). Bytes that do not fit it are left out or left as they are: a
/// damaged attachment is better than none.
pub fn decode(bytes: &[u8], encoding: &str) -> Vec<u8> {
    match encoding {
        "base64" if !is_prose(bytes) => base64(bytes),
        "quoted-printable" => quoted_printable(bytes),
        "x-uuencode" | "uuencode" | "x-uue" => uuencoded(bytes).unwrap_or_else(|| bytes.to_vec()),
        _ => bytes.to_vec(),
    }
}

/// Whether it only says that it is base64: there, no blanks stand within a line.
fn is_prose(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(1024)];
    let odd = |byte: &&u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\r' | b'\n'));
    start.trim_ascii().iter().filter(odd).count() * 8 > start.len()
}

/// The bytes of base64 with whatever junk in it. What follows padding begins anew: some mailers join two texts.
pub(super) fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3 + 3);
    let mut clean = Vec::with_capacity(bytes.len());
    for piece in bytes.split(|byte| *byte == b'=') {
        clean.extend(piece.iter().copied().filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')));
        // A stray character at the end makes a group that cannot be.
        let whole = if clean.len() % 4 == 1 { clean.len() - 1 } else { clean.len() };
        // Nothing but its alphabet is left: it does not fail.
        let _ = BASE64.decode_vec(&clean[..whole], &mut out);
        clean.clear();
    }
    out
}

/// The value of the two hexadecimal digits after an `=` at this place.
pub(super) fn hex_pair(bytes: &[u8], at: usize) -> Option<u8> {
    if bytes.get(at) == Some(&b'=') { hex_pair_after(bytes, at) } else { None }
}

/// The value of the two hexadecimal digits after this place.
pub(super) fn hex_pair_after(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(*bytes.get(at + 1)?)? << 4 | digit(*bytes.get(at + 2)?)?)
}

fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let content = line.trim_ascii_end();
        let end = &line[line.len() - line.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()..];
        let (content, soft) = match content.strip_suffix(b"=") {
            Some(content) => (content, true),
            None => (content, false),
        };
        let mut at = 0;
        while let Some(byte) = content.get(at) {
            match hex_pair(content, at) {
                Some(value) => {
                    out.push(value);
                    at += 3;
                }
                None => {
                    out.push(*byte);
                    at += 1;
                }
            }
        }
        if !soft {
            out.extend_from_slice(end);
        }
    }
    out
}

/// The file that begins with a line `begin 644 name`, `None` where none does. Blanks at line ends may have been lost.
fn uuencoded(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut lines = bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines.find(|line| line.starts_with(b"begin "))?;
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3);
    for line in lines.take_while(|line| *line != b"end") {
        let Some((first, rest)) = line.split_first() else { continue };
        let value = |byte: u8| byte.wrapping_sub(b' ') & 63;
        let len = out.len() + usize::from(value(*first)).min(rest.len().div_ceil(4) * 3);
        for group in rest.chunks(4) {
            let [a, b, c, d] = [0, 1, 2, 3].map(|at| value(group.get(at).copied().unwrap_or(b' ')));
            out.extend([a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
        }
        out.truncate(len);
    }
    Some(out)
}

/// The file name in a Content-Disposition field, its continuations and charsets decoded (RFC 2231, RFC 2047).
pub fn disposition_file_name(header: &[u8]) -> Option<String> {
    let field = fields::fields(header).find(|field| field.is("Content-Disposition"))?;
    params::parse(&field.text()).get("filename")
}

/// The text of a text part whose transfer encoding is off.
pub(super) fn text_of<'a>(decoded: &'a [u8], part: &Part) -> Cow<'a, str> {
    let shown = if part.media_type == "text/html" { Shown::AsHtml } else { Shown::AsText };
    charset::decode(decoded, part.charset.as_deref(), shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_taken_off_even_where_they_are_damaged() {
        assert_eq!(decode(b"SGVs\r\nbG8=\r\n", "base64"), b"Hello");
        assert_eq!(decode(b"SGVsbG8x!Q", "base64"), b"Hello1");
        assert_eq!(decode(b"a=3Db=\r\nc =\r\nd=ZZ  \r\ne", "quoted-printable"), b"a=bc d=ZZ\r\ne");
        assert_eq!(decode(b"as it is", "8bit"), b"as it is");
    }

    #[test]
    fn text_is_read_in_its_charset_or_the_likeliest() {
        let part = |charset: Option<&str>| Part { charset: charset.map(str::to_owned), ..Part::default() };
        assert_eq!(text_of(b"Gr\xfc\xdfe", &part(Some("iso-8859-1"))), "Grüße");
        assert_eq!(text_of(b"Gr\xfc\xdfe", &part(None)), "Grüße");
        assert_eq!(text_of("Grüße".as_bytes(), &part(Some("nonsense"))), "Grüße");
    }
}
