//! From terms to an expression of FTS5 over the columns `subject`, `sender`, `recipients`, `body`, `attachments`.

use super::{Field, InvalidQuery, Query, Term};

/// The expression for the texts of a query, `None` where it has none. Words match from their beginning; quoted texts
/// match word for word. Nothing that was typed can be read as syntax.
///
/// # Errors
/// [`InvalidQuery::OnlyNegated`]: the index cannot look for what is not there.
pub fn match_expression(query: &Query) -> Result<Option<String>, InvalidQuery> {
    let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
    for (negated, term) in &query.terms {
        if let Term::Text(texts) = term {
            let any: Vec<String> = texts.iter().filter_map(|(field, text)| one(*field, text)).collect();
            if !any.is_empty() {
                let joined = format!("({})", any.join(" OR "));
                if *negated { unwanted.push(joined) } else { wanted.push(joined) }
            }
        }
    }
    if wanted.is_empty() && unwanted.is_empty() {
        return Ok(None);
    }
    if wanted.is_empty() {
        return Err(InvalidQuery::OnlyNegated);
    }
    let mut expression = wanted.join(" AND ");
    for text in unwanted {
        expression = format!("({expression}) NOT {text}");
    }
    Ok(Some(expression))
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
        Field::To => Some("recipients"),
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
    matches!(c, '\u{0300}'..='\u{036f}' | '\u{0591}'..='\u{05bd}' | '\u{064b}'..='\u{065f}' | '\u{0900}'..='\u{0903}' | '\u{093a}'..='\u{094f}' | '\u{0e31}' | '\u{0e34}'..='\u{0e4e}')
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
/// index holds pairs of them.
pub fn is_cjk(c: char) -> bool {
    matches!(u32::from(c),
        0x1100..=0x11ff | 0x2e80..=0x2fdf | 0x3005..=0x3007 | 0x3040..=0x31ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff
        | 0xa960..=0xa97f | 0xac00..=0xd7ff | 0xf900..=0xfaff | 0xff66..=0xffdc | 0x20000..=0x3ffff)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn expression(query: &str) -> Option<String> {
        match_expression(&Query::parse(query).unwrap()).unwrap()
    }

    #[test]
    fn words_phrases_columns_and_scripts() {
        for (query, expected) in [
            ("ann", "(\"ann\"*)"),
            ("subject:\"two words\"", "(subject : \"two words\"*)"),
            ("a b -c", "((\"a\"*) AND (\"b\"*)) NOT (\"c\"*)"),
            ("from:ann OR from:bob", "(sender : \"ann\"* OR sender : \"bob\"*)"),
            ("日本語", "(\"日本 本語\")"),
            ("日", "(\"日\"*)"),
            ("ann@example.org", "(\"ann example org\"*)"),
        ] {
            assert_eq!(expression(query).as_deref(), Some(expected), "{query}");
        }
        assert_eq!(expression("is:unread"), None);
        assert_eq!(match_expression(&Query::parse("-x").unwrap()), Err(InvalidQuery::OnlyNegated));
    }

    proptest! {
        #[test]
        fn nothing_typed_is_read_as_syntax(text in "[ -~\u{e9}\u{65e5}]{1,40}") {
            let Ok(query) = Query::parse(&text) else { return Ok(()) };
            let Ok(Some(expression)) = match_expression(&query) else { return Ok(()) };
            // Outside of quotes there are only words of ours.
            for (index, piece) in expression.split('"').enumerate() {
                if index % 2 == 0 {
                    let ours = piece.split([' ', '(', ')', '*', ':']).filter(|word| !word.is_empty());
                    for word in ours {
                        let known = ["AND", "OR", "NOT", "subject", "sender", "recipients", "body", "attachments"];
                        prop_assert!(known.contains(&word), "{expression}");
                    }
                }
            }
        }
    }
}
