//! Rust code as words and signs, without comments and without what stands in quotes.

/// A word or a sign, with the number of its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// A word, `::`, or one sign.
    pub(crate) text: &'a str,
    /// The line, from one.
    pub(crate) line: usize,
}

impl Token<'_> {
    /// Whether it is a name, a keyword or a number.
    pub(crate) fn is_word(&self) -> bool {
        self.text.starts_with(|first: char| first.is_alphanumeric() || first == '_')
    }
}

/// The words and signs of a piece of code, in order.
pub(crate) fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut line = 1;
    while let Some(first) = code[at..].chars().next() {
        let rest = &code[at..];
        let (length, text) = match first {
            _ if first.is_whitespace() => (first.len_utf8(), false),
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
            '/' if rest.starts_with("/*") => (block_comment(rest), false),
            '"' => (quoted(rest, 1), false),
            '\'' => quote(rest),
            _ if raw_string(rest).is_some() => (raw_string(rest).unwrap_or(1), false),
            _ if first.is_alphanumeric() || first == '_' => (word(rest), true),
            ':' if rest.starts_with("::") => (2, true),
            _ => (first.len_utf8(), true),
        };
        if text {
            found.push(Token { text: &rest[..length], line });
        }
        line += rest[..length].matches('\n').count();
        at += length;
    }
    found
}

fn word(rest: &str) -> usize {
    rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
}

/// The length of a comment that may hold comments.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        let here = &rest[at..];
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of a string that begins with `opening` bytes, its quote the last of them.
fn quoted(rest: &str, opening: usize) -> usize {
    let mut escaped = false;
    for (at, sign) in rest.char_indices().skip(opening) {
        match sign {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of `r"…"`, `r#"…"#`, `b"…"` and their like, where the rest begins with one.
fn raw_string(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r", "b", "c"].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix).unwrap_or_default();
        after.trim_start_matches('#').starts_with('"') && (after.starts_with('"') || prefix.ends_with('r'))
    })?;
    let hashes = rest[prefix.len()..].find('"')?;
    let opening = prefix.len() + hashes + 1;
    if !prefix.ends_with('r') {
        return Some(quoted(rest, opening));
    }
    let closing = format!("\"{}", "#".repeat(hashes));
    let inner = &rest[opening..];
    Some(inner.find(&closing).map_or(rest.len(), |end| opening + end + closing.len()))
}

/// A character in quotes, which is nothing, or the sign before a lifetime.
fn quote(rest: &str) -> (usize, bool) {
    let mut signs = rest.char_indices().skip(1);
    match signs.next() {
        Some((_, '\\')) => {
            // The escaped sign itself may be a quote.
            let end = signs.skip(1).find(|(_, sign)| *sign == '\'');
            (end.map_or(rest.len(), |(at, _)| at + 1), false)
        }
        Some(_) => match signs.next() {
            Some((at, '\'')) => (at + 1, false),
            _ => (1, true),
        },
        None => (1, true),
    }
}
