//! Where the core and Python differ.

use std::collections::{BTreeMap, BTreeSet};

use postrider::mime::{self, Parsed};
use postrider::model::{Address, Part};
use ring::digest::{SHA256, digest};

use crate::mime::oracle::{Addresses, Seen};

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    Subject,
    From,
    Recipients,
    Date,
    MessageId,
    References,
    /// Number, order or media types of the parts.
    Parts,
    /// The file name of a part.
    Name,
    /// The decoded bytes of a part that is no text.
    Content,
    /// Words of a text that cannot be found.
    Words,
    /// The same of what may be a header.
    HeaderWords,
}

/// One difference.
#[derive(Debug)]
pub(crate) struct Difference {
    pub(crate) what: What,
    pub(crate) ours: String,
    pub(crate) python: String,
}

/// Compares all that both see of a mail.
pub(crate) fn compare(raw: &[u8], seen: &Seen) -> Vec<Difference> {
    let mail = mime::parse(raw);
    let envelope = &mail.envelope;
    let mut found = Vec::new();
    let mut differ = |what, ours: String, python: String| found.push(Difference { what, ours, python });

    let subject = line(&envelope.subject);
    if !seen.subject.iter().flatten().any(|form| line(form) == subject) {
        differ(What::Subject, subject, format!("{:?}", seen.subject));
    }
    for (what, ours, python) in [
        (What::From, &envelope.from, &seen.from),
        (What::Recipients, &envelope.to, &seen.to),
        (What::Recipients, &envelope.cc, &seen.cc),
    ] {
        let ours = pairs(ours);
        if !python.iter().flatten().any(|form| clean(form) == ours) {
            differ(what, format!("{ours:?}"), format!("{python:?}"));
        }
    }
    let date = envelope.date.map(|date| date.0);
    if date != seen.date {
        differ(What::Date, format!("{date:?}"), format!("{:?}", seen.date));
    }
    if envelope.message_id != seen.message_id {
        differ(What::MessageId, format!("{:?}", envelope.message_id), format!("{:?}", seen.message_id));
    }
    let newest = &seen.references[seen.references.len().saturating_sub(100)..];
    if envelope.references != newest {
        differ(What::References, format!("{:?}", envelope.references), format!("{newest:?}"));
    }
    compare_parts(raw, &mail, seen, &mut found);
    compare_words(&mime::digest(raw).text, seen, &mut found);
    found
}

fn compare_parts(raw: &[u8], mail: &Parsed, seen: &Seen, found: &mut Vec<Difference>) {
    let ours: Vec<&Part> = mail.structure.walk().filter(|part| !part.is_multipart()).collect();
    let types = |list: Vec<&str>| list.join(" ");
    let (own, theirs) = (
        types(ours.iter().map(|part| part.media_type.as_str()).collect()),
        types(seen.leaves.iter().map(|leaf| leaf.media_type.as_str()).collect()),
    );
    if own != theirs {
        found.push(Difference { what: What::Parts, ours: own, python: theirs });
        return;
    }
    for (part, leaf) in ours.iter().zip(&seen.leaves).filter(|(_, leaf)| !leaf.mail && leaf.blocks.is_none()) {
        let name = part.name.as_deref().map(line).filter(|name| !name.is_empty());
        let expected = leaf.name.as_deref().map(line).filter(|name| !name.is_empty());
        if name != expected {
            found.push(Difference { what: What::Name, ours: format!("{name:?}"), python: format!("{expected:?}") });
        }
        let Some(sha256) = &leaf.sha256 else { continue };
        let content = mime::content_of(raw, &part.section).unwrap_or_default();
        // Whether the last line break is text or belongs to the delimiter shows in no text.
        let is_text = leaf.media_type.starts_with("text/") && leaf.encoding != "base64";
        // What Python cannot decode it gives as it stands.
        let undecoded = leaf.size.is_some_and(|size| size.abs_diff(part.octets) <= 2) && part.encoding != "7bit";
        if !is_text && !undecoded && hex(&content) != *sha256 {
            let kept = if content.len() as u64 == part.octets { ", as it stands" } else { "" };
            let ours = format!("{} {} {} octets{kept}", part.section, part.media_type, content.len());
            found.push(Difference { what: What::Content, ours, python: format!("{:?} {}", leaf.size, leaf.encoding) });
        }
    }
}

/// The rule: every word (what stands between white space) of every text/plain part, wherever it stands, and every word of
/// every text/html part that Python's HTML parser finds outside of script, style, head, title and template, is a piece of the
/// text by which the mail is found.
fn compare_words(text: &str, seen: &Seen, found: &mut Vec<Difference>) {
    let squeezed: String = text.chars().filter(|c| !is_ignored(*c)).collect();
    let words: BTreeSet<&str> = squeezed.split_whitespace().collect();
    let mut missing: BTreeMap<What, BTreeSet<String>> = BTreeMap::new();
    for word in seen.leaves.iter().flat_map(|leaf| &leaf.words) {
        // What Python could not decode it cannot ask for; what it takes for controls is text of Windows.
        if word.contains(|c: char| c == '\u{fffd}' || matches!(c, '\u{80}'..='\u{9f}' | '\u{1b}')) {
            continue;
        }
        let what = if seen.spilled.contains(word) { What::HeaderWords } else { What::Words };
        let word: String = word.trim_start_matches('>').chars().filter(|c| !is_ignored(*c)).collect();
        if words.contains(word.as_str())
            || squeezed.contains(&word)
            || utf8(&word).is_some_and(|w| squeezed.contains(&w))
        {
            continue;
        }
        missing.entry(what).or_default().insert(word);
    }
    for (what, words) in missing {
        let list: Vec<&String> = words.iter().take(12).collect();
        found.push(Difference { what, ours: String::new(), python: format!("{} {list:?}", words.len()) });
    }
}

/// What Python took for Latin-1 and is UTF-8.
fn utf8(word: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = word.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    String::from_utf8(bytes?).ok().filter(|text| text != word)
}

/// What nobody sees and what only lays out.
fn is_ignored(c: char) -> bool {
    c.is_control() && !c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A text on one line, without what nobody sees.
pub(crate) fn line(text: &str) -> String {
    let seen: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !is_ignored(*c)).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn pairs(addresses: &[Address]) -> Addresses {
    addresses.iter().map(|address| (line(&address.name), line(&address.email))).collect()
}

/// Entries that name nobody are left out on both sides.
fn clean(addresses: &Addresses) -> Addresses {
    let lines = addresses.iter().map(|(name, email)| match (line(name), line(email)) {
        // Without an address the new policy gives the name as one, in quotes.
        (name, email) if name.is_empty() && email.starts_with('"') && email.ends_with('"') => {
            (email.trim_matches('"').to_owned(), name)
        }
        (name, email) => (name, if email == "<>" { String::new() } else { email }),
    });
    lines.filter(|(name, email)| !name.is_empty() || !email.is_empty()).collect()
}

/// The SHA-256 of bytes, in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
