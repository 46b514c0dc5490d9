//! The content of one part, from the bytes that IMAP gives for it.

use std::borrow::Cow;

use super::charset::{self, Shown};
use super::{fields, params};
use crate::model::Part;

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
    fn text_is_read_in_its_charset_or_the_likeliest() {
        let part = |charset: Option<&str>| Part { charset: charset.map(str::to_owned), ..Part::default() };
        assert_eq!(text_of(b"Gr\xfc\xdfe", &part(Some("iso-8859-1"))), "Grüße");
        assert_eq!(text_of(b"Gr\xfc\xdfe", &part(None)), "Grüße");
        assert_eq!(text_of("Grüße".as_bytes(), &part(Some("nonsense"))), "Grüße");
    }
}
