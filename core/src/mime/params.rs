//! Structured fields with parameters, such as Content-Type and Content-Disposition: RFC 2045 section 5.1, continued and
//! encoded by RFC 2231.

use std::borrow::Cow;

use super::charset::{self, Shown};
use super::{decode, words};

/// How many parameters, and pieces of them, are looked at.
const MAX_PARAMETERS: usize = 200;

/// A value such as `text/plain` or `attachment`, and its parameters.
#[derive(Debug, Default)]
pub(super) struct Structured {
    /// In lower case.
    pub(super) value: String,
    parameters: Vec<(String, String)>,
}

impl Structured {
    /// The parameter of that name (in lower case), decoded. Where it is given several times, the first counts.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let plain = || self.parameters.iter().find(|(known, _)| known == name);
        self.extended(name).or_else(|| plain().map(|(_, value)| words::decode(value).into_owned()))
    }

    /// The parameter as RFC 2231 writes it: `name*=`, or `name*0=`, `name*1*=` and so on.
    fn extended(&self, name: &str) -> Option<String> {
        let piece = |suffix: &str| {
            let is = |known: &str| known.strip_prefix(name).and_then(|rest| rest.strip_prefix('*')) == Some(suffix);
            self.parameters.iter().find(|(known, _)| is(known)).map(|(_, value)| value.as_str())
        };
        if let Some(value) = piece("") {
            let (charset, bytes) = with_charset(value);
            return Some(charset::decode(&bytes, charset, Shown::AsText).into_owned());
        }
        let (mut charset, mut bytes, mut encoded) = (None, Vec::new(), false);
        for number in 0..=self.parameters.len() {
            match (piece(&format!("{number}*")), piece(&number.to_string())) {
                (Some(value), _) if number == 0 => {
                    (charset, bytes) = with_charset(value);
                    encoded = true;
                }
                (Some(value), _) => {
                    bytes.extend(unescaped(value));
                    encoded = true;
                }
                (None, Some(value)) => bytes.extend_from_slice(value.as_bytes()),
                (None, None) if number == 0 => return None,
                (None, None) => break,
            }
        }
        let text = charset::decode(&bytes, charset, Shown::AsText);
        Some(if encoded { text.into_owned() } else { words::decode(&text).into_owned() })
    }
}

/// `utf-8'en'%C3%BC`
fn with_charset(value: &str) -> (Option<&str>, Vec<u8>) {
    let mut pieces = value.splitn(3, '\'');
    match (pieces.next(), pieces.next(), pieces.next()) {
        (Some(charset), Some(_), Some(text)) => (Some(charset).filter(|name| !name.is_empty()), unescaped(text)),
        _ => (None, unescaped(value)),
    }
}

fn unescaped(value: &str) -> Vec<u8> {
    let bytes = value.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let value = if *byte == b'%' { decode::hex_pair_after(bytes, at) } else { None };
        out.push(value.unwrap_or(*byte));
        at += if value.is_some() { 3 } else { 1 };
    }
    out
}

/// Reads such a field. Comments are left out; whatever is broken costs one parameter and no more.
pub(super) fn parse(field: &str) -> Structured {
    let text = unfolded(field);
    let mut rest: &str = &text;
    let whole = take(&mut rest, |c| c == ';');
    // `text/plain charset=x`: the separator was forgotten.
    let (value, forgotten) = match whole.find('=').and_then(|at| whole[..at].trim_end().rfind(char::is_whitespace)) {
        Some(at) => whole.split_at(at),
        None => (whole.as_str(), ""),
    };
    let value: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    let mut parsed = Structured { value: value.to_ascii_lowercase(), parameters: Vec::new() };
    parsed.add(forgotten.trim_start());
    parsed.add(rest);
    parsed
}

impl Structured {
    fn add(&mut self, mut rest: &str) {
        while !rest.is_empty() && self.parameters.len() < MAX_PARAMETERS {
            rest = rest.trim_start_matches(|c: char| c == ';' || c.is_whitespace());
            let name = take(&mut rest, |c| matches!(c, '=' | ';')).trim().to_ascii_lowercase();
            let Some(after) = rest.strip_prefix('=') else { continue };
            rest = after.trim_start();
            let value = match rest.starts_with('"') {
                true => quoted(&mut rest),
                false => take(&mut rest, |c| c == ';').trim().to_owned(),
            };
            if !name.is_empty() {
                self.parameters.push((name, value));
            }
            // What follows a closing quote belongs to nothing.
            let end = rest.find(';').unwrap_or(rest.len());
            rest = &rest[end..];
        }
    }
}

fn unfolded(field: &str) -> Cow<'_, str> {
    if !field.trim_end().contains(['\r', '\n']) {
        return Cow::Borrowed(field.trim());
    }
    Cow::Owned(field.trim().chars().filter(|c| !matches!(c, '\r' | '\n')).collect())
}

/// Takes what stands before a separator, without comments.
fn take(rest: &mut &str, separates: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    let (mut depth, mut end) = (0_usize, rest.len());
    for (at, c) in rest.char_indices() {
        match c {
            // A bracket that is never closed is no comment.
            '(' if depth > 0 || rest[at..].len() <= MAX_COMMENT && rest[at..].contains(')') => depth += 1,
            ')' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            c if separates(c) => {
                end = at;
                break;
            }
            c => out.push(c),
        }
    }
    *rest = &rest[end..];
    out
}

/// No more than this follows a comment, in bytes: a field of brackets would cost its square.
const MAX_COMMENT: usize = 2_000;

fn quoted(rest: &mut &str) -> String {
    let mut out = String::new();
    let (mut escaped, mut end) = (false, rest.len());
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            // `"C:\files\a.txt"` was not meant to be escaped: only what needs it is.
            '"' | '\\' if std::mem::take(&mut escaped) => out.push(c),
            '\\' => escaped = true,
            '"' => {
                end = at + 1;
                break;
            }
            c => {
                if std::mem::take(&mut escaped) {
                    out.push('\\');
                }
                out.push(c);
            }
        }
    }
    *rest = &rest[end..];
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_parameters_are_read_as_they_were_meant() {
        let of = |field: &str, name: &str| parse(field).get(name);
        assert_eq!(parse(" Text/HTML (really); charset=utf-8").value, "text/html");
        assert_eq!(parse("text/html\r\n charset=utf-8").value, "text/html");
        for (field, value) in [
            ("a; name=x", Some("x")),
            ("a; NAME = \"x y\"", Some("x y")),
            ("a; name=x (comment); b=c", Some("x")),
            ("a; name=x y.pdf", Some("x y.pdf")),
            ("a; name=\"a\\\"b\"", Some("a\"b")),
            ("a; name=\"C:\\\\x\\y.txt\"", Some("C:\\x\\y.txt")),
            ("a; name=\"open", Some("open")),
            ("a; name=\"x\" junk; b=c", Some("x")),
            ("a; name=x; name=y", Some("x")),
            ("a; =x; ; name=y", Some("y")),
            ("a; name*=utf-8''%E2%82%AC.txt", Some("€.txt")),
            ("a; name*=iso-8859-1'de'Gr%FC%DFe", Some("Grüße")),
            ("a; name*0=one; name*1=two", Some("onetwo")),
            ("a; name*1=two; name*0=one", Some("onetwo")),
            ("a; name*0*=iso-8859-1''%FC; name*1*=%DF; name*2=%41", Some("üß%41")),
            ("a; name*0*=utf-8''%E2%82; name*1*=%AC", Some("€")),
            ("a; name=plain; name*=utf-8''better", Some("better")),
            ("a; name*=bad%ZZ", Some("bad%ZZ")),
            ("a; name=\"=?utf-8?Q?Gr=C3?=\r\n =?utf-8?Q?=BC=C3=9Fe?=\"", Some("Grüße")),
            ("a/b name=x; c=d", Some("x")),
            ("a/b\r\n\tname=\"x y\"", Some("x y")),
            ("a; b=c", None),
        ] {
            assert_eq!(of(field, "name").as_deref(), value, "{field}");
        }
    }

    #[test]
    fn case_112_a_field_of_brackets_or_separators_costs_no_more_than_its_length() {
        for piece in ["(", ")", ";", "=", "\"", "a=(", "a;b=", "a*0*="] {
            let _ = parse(&piece.repeat(64 * 1024 / piece.len())).get("a");
        }
    }
}
