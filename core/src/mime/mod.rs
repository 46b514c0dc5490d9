//! Mails as bytes: header fields, structure, text, names of attachments. The only module that names mail-parser, for the charsets that encoding_rs lacks.
//! Total: whatever the bytes, there is an answer, in time linear in their number. Nothing is fetched, unpacked or drawn.

use std::borrow::Cow;

mod address;
mod bodies;
mod charset;
mod content;
mod date;
mod decode;
mod digest;
mod entities;
mod envelope;
mod extract;
mod fields;
mod file_name;
mod flowed;
mod html;
mod params;
mod parse;
mod preview;
mod shifted;
mod source;
mod tree;
mod uuencode;
mod words;

pub use content::disposition_file_name;
pub use decode::decode;
pub use digest::digest;
pub use envelope::envelope;
pub use extract::{content_of, structure, write_decoded, write_part};
pub use file_name::{attachment_names, safe_file_name};
pub use html::html_to_text;
pub use parse::{Parsed, header_end, parse};
pub use preview::preview;

/// The text of a mail as people read it: its plain text, else its HTML as text.
pub fn display_text(parsed: &Parsed) -> String {
    readable(&parsed.plain, &parsed.html).into_owned()
}

fn readable<'a>(plain: &'a str, html: &str) -> Cow<'a, str> {
    if is_read_as_html(plain, html) { Cow::Owned(html_to_text(html)) } else { Cow::Borrowed(plain) }
}

/// Whether there is HTML and no plain text worth the name.
fn is_read_as_html(plain: &str, html: &str) -> bool {
    plain.trim().is_empty() && !html.is_empty()
}

#[cfg(test)]
mod tests;
