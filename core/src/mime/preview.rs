//! The first words of a mail, as lists show them.

use super::envelope::is_unseen;

/// About how many characters a preview has, and how many lines are looked at for them.
const LENGTH: usize = 200;
const MAX_LINES: usize = 400;
/// How much of one line is looked at, in bytes.
const MAX_LINE: usize = 4_000;
/// How many lines an attribution may be broken into.
const ATTRIBUTION_LINES: usize = 3;

/// The beginning of a mail's text on one line, cut at a word: white space collapsed; quoted lines, what announces them, and
/// the signature left out, unless there is nothing else; invisible and direction-changing characters, rules and links left
/// out too.
pub fn preview(text: &str) -> String {
    let text = &text[..text.floor_char_boundary(MAX_LINES * MAX_LINE)];
    let lines: Vec<&str> =
        text.lines().take(MAX_LINES).map(|line| &line[..line.floor_char_boundary(MAX_LINE)]).collect();
    let own = own_lines(&lines);
    let shown = collapse(own.into_iter());
    if !shown.is_empty() {
        return shown;
    }
    // Only quoted, or only signed: that then.
    collapse(lines.iter().map(|line| line.trim_start_matches(|c: char| c == '>' || c.is_whitespace())))
}

/// The lines that the author wrote in this mail.
fn own_lines<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut own: Vec<&str> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if is_quoted(line) {
            let before = index.checked_sub(1).and_then(|before| lines.get(before));
            if !before.is_some_and(|before| is_quoted(before)) {
                take_attribution(&mut own);
            }
            continue;
        }
        let said = own.iter().any(|line| !line.trim().is_empty());
        if *line == "-- " || line.trim() == "--" || said && is_original_message(line, lines.get(index + 1)) {
            break;
        }
        own.push(line);
    }
    own
}

fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// Takes away the lines that say whose words follow: `On … Ann <ann@example.org> wrote:`, in whatever language.
fn take_attribution(own: &mut Vec<&str>) {
    while own.last().is_some_and(|line| line.trim().is_empty()) {
        own.pop();
    }
    let Some(last) = own.last().map(|line| line.trim_end()).filter(|line| line.ends_with([':', '：'])) else { return };
    let tells = |line: &str| line.contains(['@', '<']) || line.chars().filter(char::is_ascii_digit).count() >= 3;
    let words = [
        "wrote",
        "schrieb",
        "écrit",
        "escribió",
        "ha scritto",
        "escreveu",
        "schreef",
        "skrev",
        "napisał",
        "пишет",
        "写道",
    ];
    let mut count = usize::from(tells(last) || words.iter().any(|word| last.contains(word)));
    for lines in 2..=ATTRIBUTION_LINES.min(own.len()) {
        let line = own[own.len() - lines].trim();
        if line.is_empty() {
            break;
        }
        // Broken for its length: the line before goes on to the end of what may be one.
        if line.len() > 40 && line.len() < 120 && tells(line) && !line.ends_with(['.', '!', '?', ':']) {
            count = lines;
        }
    }
    own.truncate(own.len() - count);
}

/// Whether another mail is copied below this line, as Outlook does it.
fn is_original_message(line: &str, next: Option<&&str>) -> bool {
    let line = line.trim();
    let rule = line.len() >= 5
        && line.starts_with("-----")
        && line.ends_with("-----")
        && line.chars().any(char::is_alphabetic);
    let line_of_header =
        |line: &str, names: &[&str]| names.iter().any(|name| line.trim().trim_matches('*').starts_with(name));
    let header = line_of_header(line, &["From:", "Von:", "De :", "De:", "Da:", "Van:"])
        && next.is_some_and(|next| {
            line_of_header(next, &["Sent:", "Date:", "Gesendet:", "Envoyé", "Enviado", "Inviato:", "Verzonden:", "To:"])
        });
    rule || header
}

fn collapse<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::new();
    let mut count = 0;
    for word in lines.flat_map(str::split_whitespace) {
        if is_rule(word) || is_link(word) {
            continue;
        }
        let visible: String = word.chars().filter(|c| !c.is_control() && !is_unseen(*c) && !is_filler(*c)).collect();
        if visible.is_empty() {
            continue;
        }
        let length = visible.chars().count();
        if count + 1 + length > LENGTH {
            // A word of a script without blanks, or no word at all, is cut; any other stays whole or out.
            if count < LENGTH / 2 {
                push_word(&mut out, &visible.chars().take(LENGTH - count - usize::from(count > 0)).collect::<String>());
            }
            break;
        }
        push_word(&mut out, &visible);
        count = out.chars().count();
    }
    out
}

fn push_word(out: &mut String, word: &str) {
    if !out.is_empty() {
        out.push(' ');
    }
    out.push_str(word);
}

fn is_rule(word: &str) -> bool {
    word == "•"
        || word.chars().nth(2).is_some()
            && word.chars().all(|c| matches!(c, '-' | '_' | '=' | '*' | '~' | '#' | '+' | '─' | '━' | '—' | '•' | '|'))
}

/// A link in the brackets that mark it: what it is a link of stands before it.
fn is_link(word: &str) -> bool {
    let inner = word.strip_prefix('<').or_else(|| word.strip_prefix('[')).or_else(|| word.strip_prefix('('));
    inner.is_some_and(|inner| {
        ["http://", "https://", "mailto:", "cid:", "image:"].iter().any(|scheme| inner.starts_with(scheme))
    })
}

/// What newsletters fill their first line with, and what could not be decoded.
fn is_filler(c: char) -> bool {
    matches!(c, '\u{fffd}' | '\u{2007}' | '\u{200c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_is_what_the_author_wrote_first() {
        let text = "\u{feff}Hello\u{200b} Bob,\r\n\r\n> quoted\r\n-------\r\n  see you   soon\r\n";
        assert_eq!(preview(text), "Hello Bob, see you soon");
        assert_eq!(preview("\u{200c} \u{34f} \u{ad}\u{200c} Sale <https://x.example/y> now"), "Sale now");
        assert_eq!(preview(""), "");
    }

    #[test]
    fn what_announces_a_quote_is_left_out() {
        for attribution in [
            "On Tue, 24 Nov 2026 at 10:30, Ann <ann@x.example> wrote:",
            "On Tuesday, November 24 of the year 2026, at half past ten\nAnn <ann@x.example> wrote:",
            "Am 24.11.2026 um 10:30 schrieb Ann:",
            "Le mar. 24 nov. 2026 à 10:30, Ann a écrit :",
            "2026年11月24日(火) 10:30 Ann <ann@x.example>:",
        ] {
            assert_eq!(preview(&format!("Yes.\n\n{attribution}\n\n> Really?\n> No?\n")), "Yes.", "{attribution}");
            assert_eq!(preview(&format!("{attribution}\n> Really?\n\nYes.\n")), "Yes.", "{attribution}");
        }
        assert_eq!(preview("Consider this:\n> quoted\nDone"), "Consider this: Done");
        assert_eq!(preview("Fine.\n\n-----Original Message-----\nFrom: x\nold"), "Fine.");
        assert_eq!(preview("Fine.\n\nVon: Ann\nGesendet: gestern\nAn: Bob\n\nalt"), "Fine.");
    }

    #[test]
    fn quotes_and_signatures_are_shown_where_there_is_nothing_else() {
        assert_eq!(preview("> only\n> quoted"), "only quoted");
        assert_eq!(preview("Text\n-- \nAnn\nInc."), "Text");
        assert_eq!(preview("-- \nAnn"), "-- Ann");
    }

    #[test]
    fn a_preview_ends_at_a_word() {
        let long = preview(&"words ".repeat(100));
        assert!(long.len() <= 200 && long.len() > 190 && long.ends_with("words"));
        assert_eq!(preview(&"ü".repeat(1000)).chars().count(), 200);
        assert_eq!(preview(&format!("日 {}", "本".repeat(1000))).chars().count(), 200);
        assert!(preview(&format!("a\n{}", "> b\n".repeat(100_000))).len() <= 200);
    }
}
