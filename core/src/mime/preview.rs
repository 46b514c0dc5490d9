//! The first words of a mail.

/// About how many characters a preview has.
const LENGTH: usize = 200;

/// The beginning of a mail's text on one line: white space collapsed, quoted lines and what announces them left out,
/// invisible and direction-changing characters too.
pub fn preview(text: &str) -> String {
    let mut out = String::new();
    let mut count = 0;
    let own = |line: &&str| !line.trim_start().starts_with('>') && line.trim() != "--";
    for word in text.lines().take(400).filter(own).flat_map(str::split_whitespace) {
        let rule = word.len() > 3 && word.chars().all(|c| matches!(c, '-' | '_' | '=' | '*' | '~' | '#' | '+'));
        let visible: String = word.chars().filter(|c| !is_invisible(*c)).collect();
        if rule || visible.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
            count += 1;
        }
        for c in visible.chars() {
            if count >= LENGTH {
                return out;
            }
            out.push(c);
            count += 1;
        }
    }
    out
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}')
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_is_what_the_author_wrote_first() {
        let text = "\u{feff}Hello\u{200b} Bob,\r\n\r\n> quoted\r\n-------\r\n  see you   soon\r\n";
        assert_eq!(preview(text), "Hello Bob, see you soon");
        assert_eq!(preview(&"ü".repeat(1000)).chars().count(), 200);
        assert_eq!(preview("> only quoted"), "");
    }
}
