//! Mails as bytes: header fields, structure, text, names of attachments. The only module that names mail-parser, for the charsets that encoding_rs lacks.
//! Total: whatever the bytes, there is an answer, in time linear in their number. Nothing is fetched, unpacked or drawn.

mod address;
mod charset;
mod content;
mod date;
mod decode;
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
mod source;
mod tree;
mod words;

pub use content::{disposition_file_name, part_text};
pub use decode::decode;
pub use envelope::envelope;
pub use extract::{content_of, structure, write_decoded, write_part};
pub use file_name::{attachment_names, safe_file_name};
pub use html::html_to_text;
pub use parse::{Parsed, header_end, parse};
pub use preview::preview;

/// The text of a mail as people read it: its plain text, else its HTML as text.
pub fn display_text(parsed: &Parsed) -> String {
    if parsed.plain.trim().is_empty() && !parsed.html.is_empty() {
        html_to_text(&parsed.html)
    } else {
        parsed.plain.clone()
    }
}

/// The text by which a mail is found, and how many bytes of it, from its beginning, are what people read. No text part is
/// left out.
pub fn search_text(parsed: &Parsed) -> (String, usize) {
    let mut text = display_text(parsed);
    let read = text.len();
    if !parsed.further.is_empty() {
        text.push_str("\n\n");
        text.push_str(&parsed.further);
    }
    (text, read)
}

#[cfg(test)]
mod tests;
