//! HTML as text, for reading and for search: blocks on lines of their own, cells apart, no script, no style. One pass,
//! no tree: its cost is linear whatever the nesting.

/// The most HTML that is looked at, in bytes.
const MAX_INPUT: usize = 8 * 1024 * 1024;

/// The text of an HTML document.
pub fn html_to_text(html: &str) -> String {
    let end = (0..=MAX_INPUT.min(html.len())).rev().find(|at| html.is_char_boundary(*at)).unwrap_or(0);
    let mut writer = Writer::default();
    let mut rest = &html[..end];
    while let Some(start) = rest.find('<') {
        writer.text(&rest[..start]);
        rest = &rest[start..];
        rest = match tag(rest) {
            Some((name, after)) => {
                writer.tag(&name);
                if matches!(name.as_str(), "script" | "style" | "head" | "title" | "template") {
                    skip_element(&name, after)
                } else {
                    after
                }
            }
            None => {
                writer.text("<");
                &rest[1..]
            }
        };
    }
    writer.text(rest);
    writer.finish()
}

/// The name of the tag that begins here (in lower case, `/` before that of a closing one) and what comes after it.
fn tag(text: &str) -> Option<(String, &str)> {
    if let Some(comment) = text.strip_prefix("<!--") {
        let end = comment.find("-->").map_or(comment.len(), |at| at + 3);
        return Some((String::new(), &comment[end..]));
    }
    let inner = &text[1..];
    let first = inner.chars().next()?;
    if !first.is_ascii_alphabetic() && !matches!(first, '/' | '!' | '?') {
        return None;
    }
    let name_end =
        inner.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '/' | '!' | '?')).unwrap_or(inner.len());
    let name = inner[..name_end].trim_end_matches('/').to_ascii_lowercase();
    let mut quote = None;
    for (at, c) in inner.char_indices().skip(name_end) {
        match (quote, c) {
            (None, '>') => return Some((name, &inner[at + 1..])),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    // A quote that never ends: the tag ends at the first bracket all the same.
    let end = inner.find('>')?;
    Some((name, &inner[end + 1..]))
}

fn skip_element<'a>(name: &str, after: &'a str) -> &'a str {
    let bytes = after.as_bytes();
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'<', &bytes[at..]) {
        at += found;
        let closing = bytes.get(at + 1) == Some(&b'/')
            && bytes.get(at + 2..at + 2 + name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()));
        if closing {
            return after[at..].find('>').map_or("", |end| &after[at + end + 1..]);
        }
        at += 1;
    }
    // Never closed: what follows is content after all, except where it cannot be text.
    if matches!(name, "script" | "style") { "" } else { after }
}

#[derive(Default)]
struct Writer {
    out: String,
    breaks: usize,
    space: bool,
}

impl Writer {
    fn tag(&mut self, name: &str) {
        match name.trim_start_matches('/') {
            "br" | "tr" | "li" | "dt" | "dd" | "option" => self.breaks = self.breaks.max(1),
            "p" | "div" | "table" | "ul" | "ol" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "pre"
            | "hr" | "section" | "article" | "header" | "footer" | "center" | "body" | "html" | "dl" => {
                self.breaks = self.breaks.max(if matches!(name, "/p" | "p" | "/h1" | "/h2" | "/h3") { 2 } else { 1 });
            }
            "td" | "th" => self.space = true,
            "img" => self.space = true,
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find('&') {
            self.plain(&rest[..at]);
            let (decoded, after) = entity(&rest[at..]);
            match decoded {
                Some(c) => self.push(c),
                None => self.push('&'),
            }
            rest = after;
        }
        self.plain(rest);
    }

    fn plain(&mut self, text: &str) {
        for c in text.chars() {
            self.push(c);
        }
    }

    fn push(&mut self, c: char) {
        if c.is_whitespace() || c == '\u{a0}' {
            self.space = true;
            return;
        }
        if c.is_control() {
            return;
        }
        if !self.out.is_empty() {
            match self.breaks {
                0 if self.space => self.out.push(' '),
                0 => {}
                1 => self.out.push('\n'),
                _ => self.out.push_str("\n\n"),
            }
        }
        (self.breaks, self.space) = (0, false);
        self.out.push(c);
    }

    fn finish(self) -> String {
        self.out
    }
}

/// The character of an entity at the beginning of a text, and what comes after it.
fn entity(text: &str) -> (Option<char>, &str) {
    let end = text.bytes().take(12).position(|byte| byte == b';');
    let Some(end) = end else { return (None, &text[1..]) };
    let name = &text[1..end];
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let found = if let Some(hex) = name.strip_prefix("#x").or_else(|| name.strip_prefix("#X")) {
        number(hex, 16)
    } else if let Some(digits) = name.strip_prefix('#') {
        number(digits, 10)
    } else {
        named(name)
    };
    match found {
        Some(c) => (Some(c), &text[end + 1..]),
        None => (None, &text[1..]),
    }
}

fn named(name: &str) -> Option<char> {
    const NAMES: &[(&str, char)] = &[
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", '\u{a0}'),
        ("copy", '©'),
        ("reg", '®'),
        ("trade", '™'),
        ("hellip", '…'),
        ("mdash", '—'),
        ("ndash", '–'),
        ("lsquo", '‘'),
        ("rsquo", '’'),
        ("ldquo", '“'),
        ("rdquo", '”'),
        ("sbquo", '‚'),
        ("bdquo", '„'),
        ("laquo", '«'),
        ("raquo", '»'),
        ("bull", '•'),
        ("middot", '·'),
        ("euro", '€'),
        ("pound", '£'),
        ("yen", '¥'),
        ("cent", '¢'),
        ("sect", '§'),
        ("para", '¶'),
        ("deg", '°'),
        ("plusmn", '±'),
        ("times", '×'),
        ("divide", '÷'),
        ("frac12", '½'),
        ("auml", 'ä'),
        ("ouml", 'ö'),
        ("uuml", 'ü'),
        ("Auml", 'Ä'),
        ("Ouml", 'Ö'),
        ("Uuml", 'Ü'),
        ("szlig", 'ß'),
        ("agrave", 'à'),
        ("aacute", 'á'),
        ("acirc", 'â'),
        ("atilde", 'ã'),
        ("aring", 'å'),
        ("aelig", 'æ'),
        ("ccedil", 'ç'),
        ("egrave", 'è'),
        ("eacute", 'é'),
        ("ecirc", 'ê'),
        ("euml", 'ë'),
        ("igrave", 'ì'),
        ("iacute", 'í'),
        ("icirc", 'î'),
        ("iuml", 'ï'),
        ("ntilde", 'ñ'),
        ("ograve", 'ò'),
        ("oacute", 'ó'),
        ("ocirc", 'ô'),
        ("otilde", 'õ'),
        ("oslash", 'ø'),
        ("ugrave", 'ù'),
        ("uacute", 'ú'),
        ("ucirc", 'û'),
        ("Agrave", 'À'),
        ("Aacute", 'Á'),
        ("Aring", 'Å'),
        ("Ccedil", 'Ç'),
        ("Egrave", 'È'),
        ("Eacute", 'É'),
        ("Ntilde", 'Ñ'),
        ("Oslash", 'Ø'),
        ("zwnj", '\u{200c}'),
        ("larr", '←'),
        ("rarr", '→'),
        ("uarr", '↑'),
        ("darr", '↓'),
        ("check", '✓'),
        ("hearts", '♥'),
        ("shy", '\u{ad}'),
    ];
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, c)| *c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_cells_stay_apart_and_code_is_left_out() {
        let html = "<html><head><title>T</title><style>p{}</style></head><body><p>Hello&nbsp;<b>W&ouml;rld</b></p>\
                    <table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table><script>if (a<b) x()</script>1 < 2 &amp; 3&#33;";
        assert_eq!(html_to_text(html), "Hello Wörld\n\na b\nc\n1 < 2 & 3!");
    }

    #[test]
    fn broken_html_loses_no_text() {
        assert_eq!(html_to_text("a <b title=\"x>y\">c</b> <i alt='>d"), "a c d");
        assert_eq!(html_to_text("x <!-- never closed"), "x");
        assert_eq!(html_to_text("&unknown; & &#xffffffff; &"), "&unknown; & &#xffffffff; &");
    }

    #[test]
    fn case_111_nesting_without_end_costs_no_more_than_its_length() {
        let html = format!("{}deep{}", "<div>".repeat(200_000), "</div>".repeat(200_000));
        assert_eq!(html_to_text(&html), "deep");
    }
}
