//! The first words of a message (RFC 8970).

use super::decode::decoded;
use super::part::{Body, Part};

/// The most characters a preview has.
const LONGEST: usize = 200;

/// The first words of the first text part; `None` where the message has no text.
pub(crate) fn preview(bytes: &[u8], message: &Part) -> Option<String> {
    let part = first_text(message)?;
    let text = decoded(bytes.get(part.body.clone())?, &part.encoding)?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let text = if part.content_type.is("text", "html") { without_tags(&text) } else { text };
    let words: Vec<&str> = text.split_whitespace().collect();
    Some(words.join(" ").chars().take(LONGEST).collect())
}

fn first_text(part: &Part) -> Option<&Part> {
    match &part.inner {
        Body::Multipart(parts) => parts.iter().find_map(first_text),
        Body::Message(message) => first_text(message),
        Body::Leaf => part.content_type.kind.eq_ignore_ascii_case(b"text").then_some(part),
    }
}

fn without_tags(html: &str) -> String {
    let mut inside = false;
    let mut text = String::new();
    for character in html.chars() {
        match character {
            '<' => {
                inside = true;
                text.push(' ');
            }
            '>' if inside => inside = false,
            other if !inside => text.push(other),
            _ => {}
        }
    }
    text
}
