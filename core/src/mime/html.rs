//! HTML as text, for reading and for search: blocks on lines of their own, cells apart, lists marked, quotes marked as in
//! plain text, links kept where they say more than their text; no script, no style, nothing hidden. One pass, no tree: its
//! cost is linear whatever the nesting.

use super::entities::entity;
use super::envelope::is_unseen;

/// The most HTML that is looked at, in bytes.
const MAX_INPUT: usize = 8 * 1024 * 1024;
/// The deepest quote and list that are marked as such.
const MAX_QUOTES: usize = 10;
const MAX_LISTS: usize = 20;
/// The longest link that is kept, in bytes: longer ones are for machines.
const MAX_LINK: usize = 120;
/// How much of a tag is searched for its attributes, in bytes.
const MAX_ATTRIBUTES: usize = 4 * 1024;

/// Elements whose content is not for reading.
const SKIPPED: &[&str] = &["script", "style", "head", "title", "template", "svg", "math", "object"];

/// The text of an HTML document.
pub fn html_to_text(html: &str) -> String {
    let html = &html[..html.floor_char_boundary(MAX_INPUT)];
    let text = Converter::new(html, true).run();
    // All of it hidden or in the head: most likely by a mistake.
    if text.is_empty() { Converter::new(html, false).run() } else { text }
}

struct Converter<'a> {
    rest: &'a str,
    /// Bytes from the last `>` of the text on: no tag ends there.
    tail: usize,
    /// Elements that are not closed again in what is left.
    unclosed: Vec<&'static str>,
    hides: bool,
    /// The hidden element that is open, and how many of its name are.
    hidden: Option<(String, usize)>,
    writer: Writer<'a>,
}

/// A tag: its name in lower case, with `/` before that of a closing one.
struct Tag<'a> {
    name: String,
    attributes: &'a str,
    after: &'a str,
}

impl<'a> Converter<'a> {
    fn new(html: &'a str, hides: bool) -> Self {
        let tail = html.rfind('>').map_or(html.len() + 1, |at| html.len() - at);
        Self { rest: html, tail, unclosed: Vec::new(), hides, hidden: None, writer: Writer::default() }
    }

    fn run(mut self) -> String {
        while let Some(start) = memchr::memchr(b'<', self.rest.as_bytes()) {
            self.text(&self.rest[..start]);
            self.rest = &self.rest[start..];
            match self.tag() {
                Some(tag) => {
                    self.rest = tag.after;
                    self.element(&tag);
                }
                None => {
                    self.text("<");
                    self.rest = &self.rest[1..];
                }
            }
        }
        self.text(self.rest);
        self.writer.out
    }

    fn text(&mut self, text: &str) {
        if self.hidden.is_none() {
            self.writer.text(text);
        }
    }

    fn tag(&self) -> Option<Tag<'a>> {
        let text = self.rest;
        if let Some(comment) = text.strip_prefix("<!--") {
            let end = comment.find("-->").map_or(comment.len(), |at| at + 3);
            return Some(Tag { name: String::new(), attributes: "", after: &comment[end..] });
        }
        let inner = &text[1..];
        let first = inner.bytes().next()?;
        if !first.is_ascii_alphabetic() && !matches!(first, b'/' | b'!' | b'?') {
            return None;
        }
        if text.len() < self.tail {
            // Cut off in the middle of its last tag, or no tag at all.
            let cut = text.len() < MAX_ATTRIBUTES && text.contains('=');
            return cut.then_some(Tag { name: String::new(), attributes: "", after: "" });
        }
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'!' | b'?' | b':');
        let name_end = inner.bytes().position(|byte| !is_name(byte)).unwrap_or(inner.len());
        let name = inner[..name_end].trim_end_matches('/').to_ascii_lowercase();
        let (mut quote, mut before) = (None, b' ');
        for (at, byte) in inner.bytes().enumerate().skip(name_end) {
            match (quote, byte) {
                (None, b'>') => return Some(Tag { name, attributes: &inner[name_end..at], after: &inner[at + 1..] }),
                // Elsewhere than behind `=` it is a slip: `<a href=x">`.
                (None, b'"' | b'\'') if before == b'=' => quote = Some(byte),
                (Some(open), byte) if open == byte => quote = None,
                _ => {}
            }
            if !byte.is_ascii_whitespace() {
                before = byte;
            }
        }
        // A quote that never ends: the tag ends at the first bracket all the same.
        let end = inner.find('>')?;
        let attributes = inner.get(name_end..end).unwrap_or_default();
        Some(Tag { name, attributes, after: &inner[end + 1..] })
    }

    fn element(&mut self, tag: &Tag<'a>) {
        if let Some((name, depth)) = &mut self.hidden {
            if tag.name == *name {
                *depth += 1;
            } else if tag.name.strip_prefix('/') == Some(name) {
                *depth -= 1;
            }
            if *depth == 0 {
                self.hidden = None;
            }
            return;
        }
        if let Some(name) = SKIPPED.iter().find(|name| **name == tag.name && (self.hides || **name != "head")) {
            self.skip(name, tag.after);
            return;
        }
        let may_hide = self.hides && !tag.name.starts_with('/') && !is_void(&tag.name) && !tag.name.is_empty();
        if may_hide && is_hidden(tag.attributes) {
            self.hidden = Some((tag.name.clone(), 1));
            return;
        }
        self.writer.tag(tag);
    }

    fn skip(&mut self, name: &'static str, after: &'a str) {
        if self.unclosed.contains(&name) {
            return;
        }
        let bytes = after.as_bytes();
        let mut at = 0;
        while let Some(found) = memchr::memchr(b'<', &bytes[at..]) {
            at += found;
            let closing = bytes.get(at + 1) == Some(&b'/')
                && bytes
                    .get(at + 2..at + 2 + name.len())
                    .is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()));
            if closing {
                self.rest = after[at..].find('>').map_or("", |end| &after[at + end + 1..]);
                return;
            }
            at += 1;
        }
        // Never closed: what follows is content after all, except where it cannot be text.
        self.unclosed.push(name);
        if matches!(name, "script" | "style") {
            self.rest = "";
        }
    }
}

fn is_void(name: &str) -> bool {
    matches!(name, "br" | "img" | "hr" | "input" | "meta" | "link" | "area" | "base" | "col" | "wbr" | "source")
}

/// Whether a link can be followed from a text, and is short enough to be read in one.
fn is_shown(link: &str) -> bool {
    let scheme = link.split(':').next().unwrap_or_default().to_ascii_lowercase();
    link.len() <= MAX_LINK && matches!(scheme.as_str(), "http" | "https" | "mailto" | "tel")
}

/// Whether an element says of itself that it is not shown: above all the line meant for previews.
fn is_hidden(attributes: &str) -> bool {
    let attributes = &attributes[..attributes.floor_char_boundary(MAX_ATTRIBUTES)];
    if attributes.len() < "hidden".len() {
        return false;
    }
    let style: String = match attribute(attributes, "style") {
        Some(style) => style.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect(),
        None => return attribute(attributes, "hidden").is_some(),
    };
    let says = |what: &str| {
        let mut declarations = style.split(';').map(|declaration| declaration.trim_end_matches("!important"));
        declarations.any(|declaration| declaration == what)
    };
    let flat = ["max-height:0", "max-height:0px", "height:0", "height:0px"].iter().any(|height| says(height));
    says("display:none")
        || says("visibility:hidden")
        || says("opacity:0")
        || flat && says("overflow:hidden")
        || attribute(attributes, "hidden").is_some()
}

/// The value of an attribute as it stands, by its name in lower case.
fn attribute<'a>(attributes: &'a str, wanted: &str) -> Option<&'a str> {
    let mut rest = attributes;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let name = &rest[..end];
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            rest = after.trim_start();
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
            let start = quote.map_or(0, char::len_utf8);
            let inner = &rest[start..];
            let end = match quote {
                Some(quote) => inner.find(quote),
                None => inner.find(char::is_whitespace),
            };
            let end = end.unwrap_or(inner.len());
            value = &inner[..end];
            rest = inner.get(end + start..).unwrap_or_default();
        }
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
    }
}

#[derive(Default)]
struct Writer<'a> {
    out: String,
    breaks: usize,
    space: bool,
    pre: usize,
    quotes: usize,
    /// The lists that are open: the number of the last item, where they are numbered.
    lists: Vec<Option<usize>>,
    marker: Option<String>,
    link: Option<(&'a str, usize)>,
}

impl<'a> Writer<'a> {
    fn tag(&mut self, tag: &Tag<'a>) {
        let (name, closing) = match tag.name.strip_prefix('/') {
            Some(name) => (name, true),
            None => (tag.name.as_str(), false),
        };
        match name {
            "br" => self.line_break(),
            "tr" | "dt" | "dd" | "option" | "caption" | "form" | "fieldset" | "address" | "figure" | "main" | "nav"
            | "div" | "table" | "section" | "article" | "header" | "footer" | "center" | "body" | "html" | "dl" => {
                self.at_least(1);
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "hr" => self.at_least(2),
            "pre" => {
                self.at_least(1);
                self.pre = if closing { self.pre.saturating_sub(1) } else { self.pre + 1 };
            }
            "blockquote" => {
                self.at_least(1);
                self.quotes = if closing { self.quotes.saturating_sub(1) } else { self.quotes + 1 };
            }
            "ul" | "ol" => self.list(name == "ol", closing),
            "li" => {
                self.at_least(1);
                self.marker = if closing { None } else { self.item() };
            }
            "td" | "th" | "img" | "button" | "input" => self.space = true,
            "a" => self.anchor(tag, closing),
            _ => {}
        }
    }

    fn at_least(&mut self, breaks: usize) {
        self.breaks = self.breaks.max(breaks);
    }

    fn line_break(&mut self) {
        self.breaks = (self.breaks + 1).min(2);
    }

    fn list(&mut self, numbered: bool, closing: bool) {
        self.at_least(1);
        if closing {
            self.lists.pop();
            self.marker = None;
        } else if self.lists.len() < MAX_LISTS {
            self.lists.push(numbered.then_some(0));
        }
    }

    fn item(&mut self) -> Option<String> {
        let indent = "  ".repeat(self.lists.len().saturating_sub(1));
        Some(match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{indent}{number}. ")
            }
            _ => format!("{indent}• "),
        })
    }

    /// A link is kept behind its text where it can be followed, is short enough to be read, and says something else.
    fn anchor(&mut self, tag: &Tag<'a>, closing: bool) {
        let Some((link, start)) = self.link.take() else {
            let attributes = &tag.attributes[..tag.attributes.floor_char_boundary(MAX_ATTRIBUTES)];
            let link = if closing { None } else { attribute(attributes, "href") }.map(str::trim);
            self.link = link.filter(|link| is_shown(link)).map(|link| (link, self.out.len()));
            return;
        };
        let bare = |text: &str| {
            let text = text.trim().trim_end_matches('/');
            let text = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
            text.strip_prefix("mailto:").unwrap_or(text).to_ascii_lowercase()
        };
        let mut decoded = Writer::default();
        decoded.text(link);
        let text = self.out.get(start..).unwrap_or_default();
        // A picture that can be clicked has no text.
        if !text.trim().is_empty() && bare(text) != bare(&decoded.out) && !decoded.out.contains(char::is_whitespace) {
            self.out.push_str(&format!(" <{}>", decoded.out));
        }
        if !closing {
            self.anchor(tag, false);
        }
    }

    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
            self.plain(&rest[..at]);
            let (decoded, after) = entity(&rest[at..]);
            match decoded {
                // It was written so that it is kept; at the end of a line and in rows nobody sees it.
                Some('\u{a0}') => self.space = true,
                Some(c) => self.push(c),
                None => self.push('&'),
            }
            rest = after;
        }
        self.plain(rest);
    }

    fn plain(&mut self, text: &str) {
        text.chars().for_each(|c| self.push(c));
    }

    fn push(&mut self, c: char) {
        if c == '\n' && self.pre > 0 {
            return self.line_break();
        }
        if c.is_whitespace() {
            self.space = true;
            return;
        }
        if c.is_control()
            || is_unseen(c)
            || c == '\u{200c}' && self.out.chars().next_back().is_none_or(|c| c.is_ascii())
        {
            return;
        }
        let begins = self.out.is_empty() || self.breaks > 0;
        if begins {
            self.begin_line();
        } else if self.space {
            self.out.push(' ');
        }
        (self.breaks, self.space) = (0, false);
        if let Some(marker) = self.marker.take() {
            self.out.push_str(&marker);
        }
        self.out.push(c);
    }

    fn begin_line(&mut self) {
        let prefix = "> ".repeat(self.quotes.min(MAX_QUOTES));
        if !self.out.is_empty() {
            self.out.push('\n');
            if self.breaks > 1 {
                self.out.push_str(prefix.trim_end());
                self.out.push('\n');
            }
        }
        self.out.push_str(&prefix);
    }
}

#[cfg(test)]
#[path = "html_tests.rs"]
mod tests;
