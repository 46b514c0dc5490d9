//! Address lists (RFC 5322 section 3.4), as mails really have them. What decides is only what stands outside of quotes
//! and comments, and encoded words never make an address: a display name cannot pose as the address behind it.

use std::borrow::Cow;

use super::envelope::{owned_text, text};
use super::words;
use crate::model::Address;

/// Room for a phrase, in bytes: most need no more.
const PHRASE: usize = 32;

/// The addresses of one field, and whether it is in doubt which of what it shows is meant.
#[derive(Default)]
pub(super) struct List {
    pub(super) addresses: Vec<Address>,
    pub(super) unclear: bool,
}

/// Reads a field's value into a list, up to so many addresses.
pub(super) fn parse(value: &str, max: usize, list: &mut List) {
    let mut reader = Reader { rest: value, ..Reader::default() };
    while list.addresses.len() < max && reader.one(list) {}
}

/// One address while it is read.
#[derive(Default)]
struct Reader<'a> {
    rest: &'a str,
    phrase: String,
    quoted: bool,
    comment: String,
    angle: Option<String>,
    in_group: bool,
}

impl<'a> Reader<'a> {
    /// Reads up to the next separator. Returns whether anything is left.
    fn one(&mut self, list: &mut List) -> bool {
        while let Some(c) = self.rest.chars().next() {
            match c {
                '"' => self.quoted_string(),
                '(' => self.comment(),
                '<' => {
                    let addr = self.angle();
                    match &self.angle {
                        Some(first) if *first != addr => list.unclear = true,
                        Some(_) => {}
                        None => self.angle = Some(addr),
                    }
                }
                ',' | ';' => {
                    self.skip(1);
                    self.in_group &= c == ',';
                    self.finish(list);
                    return true;
                }
                ':' if self.angle.is_some() => {
                    // `<a@x>:<b@y>` is not an address; readers disagree on which half it means.
                    list.unclear = true;
                    self.skip(1);
                    self.finish(list);
                    return true;
                }
                ':' if !self.in_group => {
                    // What stands before the colon is the name of a group (section 3.4).
                    self.skip(1);
                    self.in_group = true;
                    list.unclear |= self.phrase.contains('@');
                    self.phrase.clear();
                    self.comment.clear();
                    self.quoted = false;
                }
                c if c.is_whitespace() => {
                    self.rest = self.rest.trim_start();
                    self.space();
                }
                _ => self.atom(),
            }
        }
        self.finish(list);
        false
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    fn space(&mut self) {
        if !self.phrase.is_empty() && !self.phrase.ends_with(' ') {
            self.phrase.push(' ');
        }
    }

    /// Text up to what has a meaning. An encoded word is one whatever is in it.
    fn atom(&mut self) {
        if let Some(len) = words::word_len(self.rest) {
            self.phrase.push_str(&self.rest[..len]);
            return self.skip(len);
        }
        let bytes = self.rest.as_bytes();
        let ends = |at: &usize| match bytes[*at] {
            b'"' | b'(' | b'<' | b',' | b';' | b':' => true,
            b'=' => bytes.get(at + 1) == Some(&b'?'),
            byte => byte.is_ascii_whitespace(),
        };
        let first = self.rest.chars().next().map_or(0, char::len_utf8);
        let end = (first..bytes.len()).find(ends).unwrap_or(bytes.len());
        // A phrase is a few atoms: room for them at once rather than for each.
        self.phrase.reserve(end.max(if self.phrase.is_empty() { PHRASE } else { 0 }));
        self.phrase.push_str(&self.rest[..end]);
        self.skip(end);
    }

    fn quoted_string(&mut self) {
        let (inner, len) = quoted(self.rest);
        // `"a b"@example.org`: the quotes belong to the address.
        if self.rest[len..].starts_with('@') {
            self.phrase.push_str(&self.rest[..len]);
        } else {
            self.phrase.push_str(&inner);
            self.quoted = true;
        }
        self.skip(len);
    }

    fn comment(&mut self) {
        let (inner, len) = commented(self.rest);
        if !self.comment.is_empty() {
            self.comment.push(' ');
        }
        self.comment.push_str(&inner);
        self.skip(len);
        self.space();
    }

    /// What stands between angle brackets, without the route of old times (`@a,@b:c@d`).
    fn angle(&mut self) -> String {
        self.skip(1);
        // Nearly all are one run of this.
        let plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"' | b'(');
        let len = self.rest.bytes().take_while(plain).count();
        let mut addr = self.rest[..len].to_owned();
        self.skip(len);
        while let Some(c) = self.rest.chars().next() {
            match c {
                '>' => {
                    self.skip(1);
                    break;
                }
                '"' => {
                    let (_, len) = quoted(self.rest);
                    addr.push_str(&self.rest[..len]);
                    self.skip(len);
                }
                // `<<a@x>>`
                '<' => self.skip(1),
                '(' => {
                    let (_, len) = commented(self.rest);
                    self.skip(len);
                }
                c => {
                    if !c.is_whitespace() {
                        addr.push(c);
                    }
                    self.skip(c.len_utf8());
                }
            }
        }
        if self.rest.starts_with('>') {
            self.rest = self.rest.trim_start_matches('>');
        }
        self.space();
        match addr.rsplit_once(':') {
            Some((route, addr)) if route.starts_with('@') => addr.to_owned(),
            _ => addr,
        }
    }

    fn finish(&mut self, list: &mut List) {
        let phrase = std::mem::take(&mut self.phrase);
        let comment = std::mem::take(&mut self.comment);
        let quoted = std::mem::take(&mut self.quoted);
        let (name, email) = match self.angle.take() {
            Some(email) => (name_of(phrase, comment), email),
            None => bare(phrase, comment, quoted),
        };
        let decoded = match words::decode(&name) {
            Cow::Owned(decoded) => Some(decoded),
            Cow::Borrowed(_) => None,
        };
        let address = Address {
            name: decoded.map_or_else(|| owned_text(name), |decoded| text(&decoded)),
            email: owned_text(email),
        };
        if address.name.is_empty() && address.email.is_empty() {
            return;
        }
        list.unclear |= poses(&address);
        list.addresses.push(address);
    }
}

fn name_of(mut phrase: String, comment: String) -> String {
    // Blanks before it were never taken.
    phrase.truncate(phrase.trim_end().len());
    if phrase.is_empty() { comment } else { phrase }
}

/// An address without brackets: `ann@example.org (Ann)`, and also `Ann ann@example.org`, which only was meant well.
fn bare(mut phrase: String, comment: String, quoted: bool) -> (String, String) {
    phrase.truncate(phrase.trim_end_matches([' ', '>']).len());
    if quoted || !phrase.contains('@') {
        let is_local = !quoted && !phrase.is_empty() && !comment.is_empty() && !phrase.contains(' ');
        return if is_local { (comment, phrase) } else { (name_of(phrase, comment), String::new()) };
    }
    if phrase.starts_with('"') || !phrase.contains([' ', '=']) {
        return (comment, phrase);
    }
    if phrase.contains(" @") || phrase.contains("@ ") {
        return (comment, phrase.split_whitespace().collect());
    }
    // Obsolete blanks around the dots of a domain (RFC 5322 section 4.4).
    if let Some((local, domain)) = phrase.rsplit_once('@').filter(|(_, domain)| domain.contains(" .")) {
        let domain = domain.replace(" .", ".").replace(". ", ".");
        if !local.contains([' ', '=']) && !domain.contains(' ') {
            return (comment, format!("{local}@{domain}"));
        }
    }
    // What was made by encoded words is no address; what stands beside them is, with them as they are.
    let is_address = |word: &&str| word[words::word_len(word).unwrap_or(0)..].contains('@');
    match phrase.split(' ').rfind(is_address) {
        Some(email) => {
            let others: Vec<&str> = phrase.split(' ').filter(|word| *word != email).collect();
            (name_of(others.join(" "), comment), email.to_owned())
        }
        None => (phrase, String::new()),
    }
}

/// The content of the quoted string that begins here, and its length with the quotes. One without an end goes to the end.
fn quoted(text: &str) -> (String, usize) {
    let mut inner = String::new();
    let mut at = 1;
    while let Some(len) = memchr::memchr2(b'"', b'\\', &text.as_bytes()[at..]) {
        inner.push_str(&text[at..at + len]);
        at += len + 1;
        if text.as_bytes()[at - 1] == b'"' {
            return (inner, at);
        }
        let escaped = text[at..].chars().next();
        inner.extend(escaped);
        at += escaped.map_or(0, char::len_utf8);
    }
    inner.push_str(&text[at..]);
    (inner, text.len())
}

/// The content of the comment that begins here, those within it too, and its length with the parentheses.
fn commented(text: &str) -> (String, usize) {
    let (mut inner, mut depth, mut escaped) = (String::new(), 0_usize, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if std::mem::take(&mut escaped) => {}
            '\\' => {
                escaped = true;
                continue;
            }
            '(' => {
                depth += 1;
                if depth == 1 {
                    continue;
                }
            }
            ')' if depth == 1 => return (inner, at + 1),
            ')' => depth -= 1,
            _ => {}
        }
        inner.push(c);
    }
    (inner, text.len())
}

/// Whether somebody who reads only the name would think of another address, or there is none that could be answered.
fn poses(address: &Address) -> bool {
    let name = address.name.trim_matches(['"', '\'', '<', '>', '[', ']', '(', ')', ' ']);
    let looks_like_address = address.name.contains(['@', '\u{ff20}', '\u{fe6b}']);
    let same = name.eq_ignore_ascii_case(&address.email);
    let usable = address.email.split('@').count() == 2 || address.email.starts_with('"');
    let usable = usable && !address.email.starts_with('@') && !address.email.ends_with('@');
    looks_like_address && !same || !usable || address.email.contains("=?") || address.email.contains(['<', ','])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_string_ends_at_its_quote_and_takes_what_is_escaped_as_it_is() {
        for (text, inner, len) in [
            ("\"Ann\" <a@x>", "Ann", 5),
            ("\"a\\\"b\\\\\\\u{e9}\u{6f22}\" c", "a\"b\\\u{e9}\u{6f22}", 14),
            ("\"no end", "no end", 7),
            ("\"no end\\", "no end", 8),
            ("\"\"", "", 2),
            ("\"", "", 1),
        ] {
            assert_eq!(quoted(text), (inner.to_owned(), len), "{text}");
        }
    }

    #[test]
    fn an_address_in_brackets_is_read_whatever_stands_between_its_characters() {
        for (text, email) in [
            ("<ann@example.org>", "ann@example.org"),
            ("<ann @ example.org >", "ann@example.org"),
            ("<<ann@example.org>>", "ann@example.org"),
            ("<ann(no)@example.org>", "ann@example.org"),
            ("<\"a b\"@example.org>", "\"a b\"@example.org"),
            ("<@one,@two:ann@example.org>", "ann@example.org"),
            ("<\u{e9}nn@example.org", "\u{e9}nn@example.org"),
        ] {
            let mut list = List::default();
            parse(text, 10, &mut list);
            assert_eq!(list.addresses, [Address { name: String::new(), email: email.to_owned() }], "{text}");
        }
    }
}
