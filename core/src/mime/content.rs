//! The content of one part, from the bytes that IMAP gives for it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use encoding_rs::Encoding;
use mail_parser::{MessageParser, MimeHeaders as _};

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
        "base64" => {
            let clean: Vec<u8> = bytes
                .iter()
                .copied()
                .filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
                .collect();
            // A stray character at the end makes a group that cannot be.
            let whole = if clean.len() % 4 == 1 { clean.len() - 1 } else { clean.len() };
            BASE64.decode(&clean[..whole]).unwrap_or_else(|_| bytes.to_vec())
        }
        "quoted-printable" => quoted_printable(bytes),
        _ => bytes.to_vec(),
    }
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
            let hex = (*byte == b'=').then(|| content.get(at + 1..at + 3)).flatten();
            match hex.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()) {
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

/// The file name in a Content-Disposition field, its continuations and charsets decoded (RFC 2231, RFC 2047).
pub fn disposition_file_name(header: &[u8]) -> Option<String> {
    let read = || {
        let message = MessageParser::default().parse_headers(header)?;
        Some(message.content_disposition()?.attribute("filename")?.to_owned())
    };
    catch_unwind(AssertUnwindSafe(read)).ok().flatten()
}

/// The text of a text part.
pub fn part_text(bytes: &[u8], part: &Part) -> String {
    let decoded = decode(bytes, &part.encoding);
    let named = part.charset.as_deref().and_then(|name| Encoding::for_label(name.as_bytes()));
    match (std::str::from_utf8(&decoded), named) {
        (_, Some(encoding)) if encoding != encoding_rs::UTF_8 => encoding.decode(&decoded).0.into_owned(),
        (Ok(text), _) => text.to_owned(),
        // Not what it says: most likely the charset that most mails without one are in.
        (Err(_), _) => encoding_rs::WINDOWS_1252.decode(&decoded).0.into_owned(),
    }
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
        let part = |charset: Option<&str>| Part {
            charset: charset.map(str::to_owned),
            encoding: "8bit".into(),
            ..Part::default()
        };
        assert_eq!(part_text(b"Gr\xfc\xdfe", &part(Some("iso-8859-1"))), "Grüße");
        assert_eq!(part_text(b"Gr\xfc\xdfe", &part(None)), "Grüße");
        assert_eq!(part_text("Grüße".as_bytes(), &part(Some("nonsense"))), "Grüße");
    }
}
