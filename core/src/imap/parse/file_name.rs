//! The file name among a part's parameters.

use std::borrow::Cow;

use mail_parser::{MessageParser, MimeHeaders};

use super::text;

/// Name and value of a parameter, as the server gave them.
pub(super) type Parameter<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// Whether a parameter is a file name or a piece of one (`filename*0*`, RFC 2231 section 3).
pub(super) fn is_file_name(name: &[u8]) -> bool {
    let base = base(name);
    base.eq_ignore_ascii_case(b"filename") || base.eq_ignore_ascii_case(b"name")
}

/// The file name, decoded: of the disposition, else of the content type.
pub(super) fn file_name(disposition: &[Parameter<'_>], content_type: &[Parameter<'_>]) -> Option<String> {
    [disposition, content_type].into_iter().find_map(|parameters| {
        let names: Vec<&Parameter<'_>> = parameters.iter().filter(|(name, _)| is_file_name(name)).collect();
        let (name, value) = names.first()?;
        let plain = names.len() == 1 && !name.contains(&b'*') && memchr::memmem::find(value, b"=?").is_none();
        let decoded = if plain { text::guessed(value) } else { decoded(&names)? };
        (!decoded.trim().is_empty()).then_some(decoded)
    })
}

fn base(name: &[u8]) -> &[u8] {
    name.split(|byte| *byte == b'*').next().unwrap_or(name)
}

/// Decodes RFC 2231 pieces and RFC 2047 words as the mail parser would, by giving it the header field back.
fn decoded(names: &[&Parameter<'_>]) -> Option<String> {
    let mut header = b"Content-Disposition: attachment".to_vec();
    for (name, value) in names {
        let suffix = name.get(base(name).len()..).unwrap_or_default();
        if !suffix.iter().all(|byte| *byte == b'*' || byte.is_ascii_digit()) {
            continue;
        }
        header.extend_from_slice(b"; filename");
        header.extend_from_slice(suffix);
        header.push(b'=');
        if suffix.ends_with(b"*") {
            header.extend(value.iter().filter(|byte| byte.is_ascii_graphic() && !b"\";()<>@,/:\\[]?=".contains(byte)));
        } else {
            header.push(b'"');
            for byte in value.iter().filter(|byte| **byte >= b' ') {
                if matches!(byte, b'"' | b'\\') {
                    header.push(b'\\');
                }
                header.push(*byte);
            }
            header.push(b'"');
        }
    }
    header.extend_from_slice(b"\r\n\r\n");
    let message = MessageParser::default().parse_headers(header.as_slice())?;
    let name = message.content_disposition()?.attribute("filename")?;
    Some(text::guessed(name.as_bytes()))
}
