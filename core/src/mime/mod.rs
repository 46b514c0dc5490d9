//! Mails as bytes: header fields, structure, text, names of attachments. The only module that names mail-parser.
//! Total: whatever the bytes, there is an answer.

mod content;
mod envelope;
mod file_name;
mod html;
mod parse;
mod preview;

pub use content::{decode, disposition_file_name, part_text};
pub use envelope::envelope;
pub use file_name::safe_file_name;
pub use html::html_to_text;
pub use parse::{Parsed, content_of, header_end, parse};
pub use preview::preview;

/// The text of a mail as people read it: its plain text, else its HTML as text.
pub fn display_text(parsed: &Parsed) -> String {
    if parsed.plain.is_empty() && !parsed.html.is_empty() { html_to_text(&parsed.html) } else { parsed.plain.clone() }
}
