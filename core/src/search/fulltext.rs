//! From terms to an expression of FTS5 over the columns `subject`, `sender`, `recipients`, `body`, `attachments`.

use super::{Field, Term};

/// What the full-text index is asked for the texts of some terms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matching {
    /// What must match.
    pub wanted: Option<String>,
    /// What must not match. Only where nothing is wanted: otherwise it is part of that.
    pub unwanted: Option<String>,
}

/// The expressions for the texts among some terms that must all hold. Words match from their beginning; quoted texts
/// match word for word. Nothing that was typed can be read as syntax.
pub fn matching(terms: &[(bool, Term)]) -> Matching {
    let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
    for (negated, term) in terms {
        if let Term::Text(texts) = term {
            let any: Vec<String> = texts.iter().filter_map(|(field, text)| one(*field, text)).collect();
            if !any.is_empty() {
                let joined = format!("({})", any.join(" OR "));
                if *negated { unwanted.push(joined) } else { wanted.push(joined) }
            }
        }
    }
    if wanted.is_empty() {
        let unwanted = (!unwanted.is_empty()).then(|| unwanted.join(" OR "));
        return Matching { wanted: None, unwanted };
    }
    let wanted = wanted.join(" AND ");
    let wanted = match unwanted.is_empty() {
        true => wanted,
        false => format!("({wanted}) NOT ({})", unwanted.join(" OR ")),
    };
    Matching { wanted: Some(wanted), unwanted: None }
}

/// Whether a text holds anything that is indexed.
pub(super) fn has_word(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// The expression for one text; `None` where it holds nothing that is indexed.
fn one(field: Field, text: &str) -> Option<String> {
    let mut phrases = Vec::new();
    let mut last_is_word = false;
    for run in runs(text) {
        last_is_word = !run.cjk;
        phrases.push(if run.cjk { pairs(&run.text) } else { run.text });
    }
    if phrases.is_empty() {
        return None;
    }
    // One phrase: what was typed together stands together. The last word may go on.
    let star = if last_is_word || phrases.last().is_some_and(|last| last.chars().count() == 1) { "*" } else { "" };
    let phrase = format!("\"{}\"{star}", phrases.join(" "));
    Some(match column(field) {
        Some(column) => format!("{column} : {phrase}"),
        None => phrase,
    })
}

fn column(field: Field) -> Option<&'static str> {
    match field {
        Field::Any => None,
        Field::From => Some("sender"),
        Field::To | Field::Cc | Field::Bcc => Some("recipients"),
        Field::Subject => Some("subject"),
        Field::Body => Some("body"),
        Field::FileName => Some("attachments"),
    }
}

struct Run {
    text: String,
    cjk: bool,
}

/// Letters and digits in stretches of one kind of script; everything else only separates.
fn runs(text: &str) -> Vec<Run> {
    let mut found: Vec<Run> = Vec::new();
    let mut open = false;
    for c in text.chars() {
        if !c.is_alphanumeric() && !is_mark(c) {
            open = false;
            continue;
        }
        let cjk = is_cjk(c);
        match found.last_mut() {
            Some(run) if open && run.cjk == cjk => run.text.push(c),
            _ => found.push(Run { text: c.to_string(), cjk }),
        }
        open = true;
    }
    found
}

/// Marks that belong to the letter before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036f}' | '\u{0591}'..='\u{05bd}' | '\u{064b}'..='\u{065f}' | '\u{0900}'..='\u{0903}' | '\u{093a}'..='\u{094f}' | '\u{0e31}' | '\u{0e34}'..='\u{0e4e}' | '\u{3099}' | '\u{309a}')
}

/// Pairs of neighbours, as the index holds them; a single character as it is.
fn pairs(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    match chars.as_slice() {
        [only] => only.to_string(),
        several => several.windows(2).map(|pair| pair.iter().collect::<String>()).collect::<Vec<_>>().join(" "),
    }
}

/// Whether a character belongs to a script that is written without spaces between words: Chinese, Japanese, Korean. The
/// index holds pairs of them. The marks between their words are none.
pub fn is_cjk(c: char) -> bool {
    matches!(u32::from(c),
        0x1100..=0x11ff | 0x2e80..=0x2fdf | 0x3005..=0x3007 | 0x3040..=0x309f | 0x30a1..=0x30fa | 0x30fc..=0x31ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff
        | 0xa960..=0xa97f | 0xac00..=0xd7ff | 0xf900..=0xfaff | 0xff66..=0xffdc | 0x20000..=0x3ffff)
}

#[cfg(test)]
#[path = "fulltext_tests.rs"]
mod tests;
