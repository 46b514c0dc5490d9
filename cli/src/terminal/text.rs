//! Text from mails made fit for a terminal, and numbers made fit for people.

use postrider::api::{Address, MessageRow};

/// Text for one line: line breaks and tabs become spaces. What would steer the terminal or turn the order of what
/// follows is left out, so that a mail can neither draw outside its field nor pose as our own words.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().filter_map(|c| if c.is_whitespace() { Some(' ') } else { shown(c).then_some(c) }).collect()
}

/// Text of several lines, without what would steer the terminal.
pub(crate) fn block(text: &str) -> String {
    text.chars().filter(|&c| c == '\n' || c == '\t' || !c.is_control()).collect()
}

/// Whether a character stays in its place on the line.
fn shown(c: char) -> bool {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{061c}');
    !c.is_control() && !turns
}

/// At most this many columns, with a sign that something was cut.
pub(crate) fn shorten(text: &str, columns: usize) -> String {
    console::truncate_str(text, columns, "…").into_owned()
}

/// Text broken into lines of at most this many columns, between words where there are some. Lines that fit stay as they
/// are, and so does indented text; what is quoted stays quoted.
pub(crate) fn wrap(text: &str, columns: usize) -> String {
    text.lines().map(|line| wrapped(line, columns)).collect::<Vec<_>>().join("\n")
}

fn wrapped(line: &str, columns: usize) -> String {
    if line.starts_with([' ', '\t']) || console::measure_text_width(line) <= columns {
        return line.to_owned();
    }
    let words = line.trim_start_matches(['>', ' ']);
    let quotes = &line[..line.len() - words.len()];
    let room = columns.saturating_sub(quotes.len()).max(1);
    format!("{quotes}{}", broken(words, room).replace('\n', &format!("\n{quotes}")))
}

fn broken(line: &str, columns: usize) -> String {
    let (mut out, mut used) = (String::new(), 0);
    for word in line.split_inclusive(' ') {
        let width = console::measure_text_width(word.trim_end());
        if used > 0 && used + width > columns {
            out.truncate(out.trim_end().len());
            out.push('\n');
            used = 0;
        }
        if width <= columns {
            out.push_str(word);
            used += console::measure_text_width(word);
            continue;
        }
        // Scripts without spaces, and addresses of web pages.
        for letter in word.chars() {
            let width = console::measure_text_width(letter.encode_utf8(&mut [0; 4]));
            if used > 0 && used + width > columns {
                out.push('\n');
                used = 0;
            }
            out.push(letter);
            used += width;
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// The name, else the address.
pub(crate) fn people(list: &[Address]) -> String {
    let one = |person: &Address| one_line(if person.name.is_empty() { &person.email } else { &person.name });
    list.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Name and address.
pub(crate) fn address(person: &Address) -> String {
    match (person.name.is_empty(), person.email.is_empty()) {
        (true, _) => one_line(&person.email),
        (false, true) => one_line(&person.name),
        (false, false) => format!("{} <{}>", one_line(&person.name), one_line(&person.email)),
    }
}

/// Names and addresses.
pub(crate) fn addresses(list: &[Address]) -> String {
    list.iter().map(address).collect::<Vec<_>>().join(", ")
}

/// What a list shows of the flags: New, Flagged, Answered, Draft, X for deleted, @ for attachments.
pub(crate) fn flag_letters(row: &MessageRow) -> String {
    let has = |name: &str| row.flags.iter().any(|flag| flag == name);
    let letters = [
        ('N', !has("seen")),
        ('F', has("flagged")),
        ('A', has("answered")),
        ('D', has("draft")),
        ('X', has("deleted")),
        ('@', row.has_attachments),
    ];
    letters.into_iter().filter(|(_, set)| *set).map(|(letter, _)| letter).collect()
}

/// `1 message`, `3 messages`.
pub(crate) fn count(number: u64, what: &str) -> String {
    let plural = match what.strip_suffix("dy") {
        _ if number == 1 => return format!("1 {what}"),
        Some(stem) => format!("{stem}dies"),
        None if what.ends_with('x') => format!("{what}es"),
        None => format!("{what}s"),
    };
    format!("{number} {plural}")
}

/// `812 B`, `12 kB`, `3.4 MB`.
pub(crate) fn bytes(number: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "it is rounded for reading anyway")]
    let value = number as f64;
    match number {
        0..1_000 => format!("{number} B"),
        1_000..10_000 => format!("{:.1} kB", value / 1e3),
        10_000..1_000_000 => format!("{:.0} kB", value / 1e3),
        1_000_000..10_000_000 => format!("{:.1} MB", value / 1e6),
        10_000_000..1_000_000_000 => format!("{:.0} MB", value / 1e6),
        _ => format!("{:.1} GB", value / 1e9),
    }
}

/// `85 ms`, `2.4 s`.
pub(crate) fn milliseconds(number: u64) -> String {
    if number < 1_000 { format!("{number} ms") } else { format!("{}.{} s", number / 1_000, number % 1_000 / 100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_cannot_steer_the_terminal() {
        assert_eq!(one_line("a\u{1b}[2J\u{9b}1mb\r\nc\td\u{202e}e\u{7}"), "a[2J1mb  c de");
        assert_eq!(block("a\u{1b}]0;x\u{7}\r\n\tb"), "a]0;x\n\tb");
    }

    #[test]
    fn wide_characters_take_two_columns_when_text_is_shortened() {
        assert_eq!(shorten("会議の議事録", 7), "会議の…");
        assert_eq!(shorten("short", 7), "short");
    }

    #[test]
    fn long_lines_are_broken_between_words_and_where_there_are_none_between_letters() {
        assert_eq!(wrap("one two three\nfour", 8), "one two\nthree\nfour");
        assert_eq!(wrap("茶室の屋根は雨", 6), "茶室の\n屋根は\n雨");
        assert_eq!(wrap("> > what is quoted", 11), "> > what is\n> > quoted");
        assert_eq!(wrap("  as it stands", 8), "  as it stands");
        assert_eq!(wrap("a\n\nb", 8), "a\n\nb");
    }

    #[test]
    fn numbers_read_naturally() {
        assert_eq!(count(1, "body"), "1 body");
        assert_eq!(count(0, "body"), "0 bodies");
        assert_eq!(count(2, "mailbox"), "2 mailboxes");
        assert_eq!(count(3, "message"), "3 messages");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_234), "1.2 kB");
        assert_eq!(bytes(56_789), "57 kB");
        assert_eq!(bytes(3_400_000), "3.4 MB");
        assert_eq!(milliseconds(85), "85 ms");
        assert_eq!(milliseconds(2_449), "2.4 s");
    }
}
