//! A query cut into words, keys, quotes and parentheses.

use super::InvalidQuery;

/// One word or quoted text, and the key before it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) key: Option<String>,
    pub(super) text: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    Not,
    And,
    Or,
    /// An opening parenthesis, and the key before it.
    Open(Option<String>),
    Close,
}

/// What a query knows, in the order in which it is told to people.
pub(super) const KEYS: &[&str] = &[
    "from", "to", "cc", "bcc", "subject", "body", "filename", "is", "has", "keyword", "before", "after", "since", "on",
    "larger", "smaller", "in",
];

/// What stands before a colon in subjects and addresses, and is typed with it.
const NO_KEYS: &[&str] = &["re", "fw", "fwd", "aw", "wg", "sv", "vs", "mailto", "tel", "urn"];

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, InvalidQuery> {
    // Control characters mean nothing to anybody, and must not mean anything to a server.
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut rest = clean.trim_start();
    let mut found = Vec::new();
    let mut depth = 0_usize;
    while let Some(first) = rest.chars().next() {
        match first {
            ')' if depth > 0 => {
                depth -= 1;
                found.push(Token::Close);
                rest = &rest[1..];
            }
            '(' => {
                depth += 1;
                found.push(Token::Open(None));
                rest = &rest[1..];
            }
            '-' if rest[1..].starts_with(|c: char| !c.is_whitespace() && c != '-') => {
                found.push(Token::Not);
                rest = &rest[1..];
            }
            _ => {
                let (key, after) = key(rest)?;
                rest = after;
                if key.is_some() && rest.starts_with('(') {
                    depth += 1;
                    found.push(Token::Open(key));
                    rest = &rest[1..];
                } else {
                    rest = word(rest, key, depth > 0, &mut found)?;
                }
            }
        }
        rest = rest.trim_start();
    }
    Ok(found)
}

/// The key at the beginning of a text, and what follows its colon.
fn key(text: &str) -> Result<(Option<String>, &str), InvalidQuery> {
    let len = text.bytes().take_while(|byte| byte.is_ascii_alphabetic() || *byte == b'_').count();
    let Some(value) = text[len..].strip_prefix(':') else { return Ok((None, text)) };
    let name = text[..len].to_ascii_lowercase();
    if KEYS.contains(&name.as_str()) {
        return Ok((Some(name), value));
    }
    // `http://x`, `std::fmt`, `Note: this` and `C:` are texts.
    let is_text = !(2..=20).contains(&len) || NO_KEYS.contains(&name.as_str());
    if is_text || value.starts_with(['/', ':', '\\']) || value.trim_start() != value || value.is_empty() {
        return Ok((None, text));
    }
    Err(InvalidQuery::UnknownKey(name))
}

fn word<'a>(
    rest: &'a str,
    key: Option<String>,
    in_group: bool,
    found: &mut Vec<Token>,
) -> Result<&'a str, InvalidQuery> {
    if let Some((close, inner)) = quote(rest) {
        let end = inner.find(close).ok_or(InvalidQuery::Quote)?;
        found.push(Token::Word(Word { key, text: inner[..end].to_owned() }));
        return Ok(&inner[end + close.len_utf8()..]);
    }
    let (mut open, mut end) = (0_usize, rest.len());
    for (at, c) in rest.char_indices() {
        match c {
            '(' => open += 1,
            ')' if open > 0 => open -= 1,
            ')' if in_group => {
                end = at;
                break;
            }
            c if c.is_whitespace() => {
                end = at;
                break;
            }
            _ => {}
        }
    }
    let (text, after) = rest.split_at(end);
    match (text, &key) {
        ("OR" | "|" | "||", None) => found.push(Token::Or),
        ("AND" | "&&", None) => found.push(Token::And),
        ("NOT", None) => found.push(Token::Not),
        // Between words, `&` or `–` is no word.
        (text, None) if !super::fulltext::has_word(text) => {}
        // A word matches from its beginning anyway.
        (text, _) => found.push(Token::Word(Word { key, text: text.trim_end_matches('*').to_owned() })),
    }
    Ok(after)
}

/// What closes the quotation mark at the beginning of a text, and what follows that. Phones turn marks into curly ones.
fn quote(text: &str) -> Option<(char, &str)> {
    let first = text.chars().next()?;
    let close = match first {
        '"' => '"',
        '“' => '”',
        '„' => '“',
        '«' => '»',
        '「' => '」',
        _ => return None,
    };
    Some((close, &text[first.len_utf8()..]))
}
