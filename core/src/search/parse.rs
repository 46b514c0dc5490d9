//! From what a person typed to terms.

use jiff::civil::Date;

use crate::model::{Keyword, SystemFlag};

/// The longest query, in bytes, and the most terms in it.
const MAX_LEN: usize = 2_000;
const MAX_TERMS: usize = 64;

/// Where a text is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Anywhere.
    Any,
    /// The authors.
    From,
    /// The recipients, Cc and Bcc among them.
    To,
    /// The subject.
    Subject,
    /// The text.
    Body,
    /// The names of attachments.
    FileName,
}

/// One thing that is asked of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// One of these texts: several where they were joined by `OR`.
    Text(Vec<(Field, String)>),
    /// A flag.
    Flag(SystemFlag),
    /// A keyword.
    Keyword(Keyword),
    /// Attachments.
    HasAttachment,
    /// Dated on that day or later.
    Since(Date),
    /// Dated before that day.
    Before(Date),
    /// Of more octets.
    Larger(u64),
    /// Of fewer octets.
    Smaller(u64),
    /// In the mailbox of that name or role.
    In(String),
}

/// What a mail must be to be found: every term holds, or does not where it is negated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// The terms, each with whether it is negated.
    pub terms: Vec<(bool, Term)>,
}

/// The query makes no sense, in words for whoever typed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuery {
    /// It is too long.
    #[error("the query is too long")]
    TooLong,
    /// It asks for nothing.
    #[error("the query is empty")]
    Empty,
    /// A quotation mark has no partner.
    #[error("a quotation mark is not closed")]
    Quote,
    /// The value of an operator cannot be.
    #[error("{operator}: must be followed by {expected}")]
    Value {
        /// The operator.
        operator: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// `OR` stands where it cannot.
    #[error("OR must stand between two words")]
    Or,
    /// Nothing is looked for, only left out.
    #[error("a query cannot only leave out words: look for one too")]
    OnlyNegated,
    /// Something that can only be asked for, not left out.
    #[error("{0}: cannot be negated")]
    Negated(&'static str),
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// [`InvalidQuery`], in words for whoever typed it.
    pub fn parse(text: &str) -> Result<Self, InvalidQuery> {
        if text.len() > MAX_LEN {
            return Err(InvalidQuery::TooLong);
        }
        let mut query = Self::default();
        let mut joined = false;
        for word in words(text)? {
            if word.text == "OR" && !word.quoted && word.operator.is_none() {
                let after_text = matches!(query.terms.last(), Some((false, Term::Text(_))));
                if !after_text || joined {
                    return Err(InvalidQuery::Or);
                }
                joined = true;
                continue;
            }
            let (negated, term) = term(word)?;
            if std::mem::take(&mut joined) {
                match (query.terms.last_mut(), term) {
                    (Some((false, Term::Text(texts))), Term::Text(more)) if !negated => texts.extend(more),
                    _ => return Err(InvalidQuery::Or),
                }
            } else {
                query.terms.push((negated, term));
            }
            if query.terms.len() > MAX_TERMS {
                return Err(InvalidQuery::TooLong);
            }
        }
        match query.terms.is_empty() {
            _ if joined => Err(InvalidQuery::Or),
            true => Err(InvalidQuery::Empty),
            false => Ok(query),
        }
    }
}

struct Word {
    negated: bool,
    operator: Option<String>,
    text: String,
    quoted: bool,
}

/// Cuts at white space outside of quotation marks.
fn words(text: &str) -> Result<Vec<Word>, InvalidQuery> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let negated = rest.len() > 1 && rest.starts_with('-');
        rest = rest.strip_prefix('-').filter(|_| negated).unwrap_or(rest);
        let name_len = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let operator = rest[name_len..].starts_with(':').then(|| rest[..name_len].to_ascii_lowercase());
        let operator = operator.filter(|name| OPERATORS.contains(&name.as_str()));
        if operator.is_some() {
            rest = &rest[name_len + 1..];
        }
        let (value, after, quoted) = match rest.strip_prefix('"') {
            Some(inner) => {
                let end = inner.find('"').ok_or(InvalidQuery::Quote)?;
                (&inner[..end], &inner[end + 1..], true)
            }
            None => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (&rest[..end], &rest[end..], false)
            }
        };
        found.push(Word { negated, operator, text: value.to_owned(), quoted });
        rest = after.trim_start();
    }
    Ok(found)
}

const OPERATORS: &[&str] = &[
    "from", "to", "cc", "bcc", "subject", "body", "filename", "is", "has", "keyword", "before", "after", "since", "on",
    "larger", "smaller", "in",
];

fn term(word: Word) -> Result<(bool, Term), InvalidQuery> {
    let Word { mut negated, operator, text, .. } = word;
    let texts = |field| if text.trim().is_empty() { None } else { Some(Term::Text(vec![(field, text.clone())])) };
    let some = |operator, term: Option<Term>| term.ok_or(InvalidQuery::Value { operator, expected: "a text" });
    let term = match operator.as_deref() {
        None => some("search", texts(Field::Any))?,
        Some("from") => some("from", texts(Field::From))?,
        Some("to" | "cc" | "bcc") => some("to", texts(Field::To))?,
        Some("subject") => some("subject", texts(Field::Subject))?,
        Some("body") => some("body", texts(Field::Body))?,
        Some("filename") => some("filename", texts(Field::FileName))?,
        Some("is") => {
            let (flag, set) = match text.to_ascii_lowercase().as_str() {
                "unread" | "unseen" => (SystemFlag::Seen, false),
                "read" | "seen" => (SystemFlag::Seen, true),
                "flagged" | "starred" => (SystemFlag::Flagged, true),
                "unflagged" => (SystemFlag::Flagged, false),
                "answered" | "replied" => (SystemFlag::Answered, true),
                "draft" => (SystemFlag::Draft, true),
                "deleted" => (SystemFlag::Deleted, true),
                _ => {
                    let expected = "unread, read, flagged, unflagged, answered, draft or deleted";
                    return Err(InvalidQuery::Value { operator: "is", expected });
                }
            };
            negated ^= !set;
            Term::Flag(flag)
        }
        Some("has") => match text.to_ascii_lowercase().as_str() {
            "attachment" | "attachments" => Term::HasAttachment,
            _ => return Err(InvalidQuery::Value { operator: "has", expected: "attachment" }),
        },
        Some("keyword") => {
            let expected = "a keyword as it is written on the message";
            Term::Keyword(Keyword::new(&text).ok_or(InvalidQuery::Value { operator: "keyword", expected })?)
        }
        Some("before") => Term::Before(date(&text, "before")?),
        Some("after" | "since") => Term::Since(date(&text, "since")?),
        Some("on") => return Err(InvalidQuery::Value { operator: "on", expected: "nothing: use since: and before:" }),
        Some("larger") => Term::Larger(size(&text, "larger")?),
        Some("smaller") => Term::Smaller(size(&text, "smaller")?),
        Some(_) => Term::In(text),
    };
    match term {
        Term::In(_) if negated => Err(InvalidQuery::Negated("in")),
        Term::Keyword(_) if negated => Err(InvalidQuery::Negated("keyword")),
        // What is not before a day is on it or later, and so on.
        Term::Before(day) if negated => Ok((false, Term::Since(day))),
        Term::Since(day) if negated => Ok((false, Term::Before(day))),
        Term::Larger(octets) if negated => Ok((false, Term::Smaller(octets.saturating_add(1)))),
        Term::Smaller(octets) if negated => Ok((false, Term::Larger(octets.saturating_sub(1)))),
        term => Ok((negated, term)),
    }
}

fn date(text: &str, operator: &'static str) -> Result<Date, InvalidQuery> {
    text.parse().map_err(|_| InvalidQuery::Value { operator, expected: "a day such as 2026-01-31" })
}

/// A number of octets, or thousands or millions of them: `500`, `20k`, `5M`.
fn size(text: &str, operator: &'static str) -> Result<u64, InvalidQuery> {
    let (digits, unit) = match text.trim_end_matches(['b', 'B']) {
        text if text.ends_with(['k', 'K']) => (&text[..text.len() - 1], 1_000),
        text if text.ends_with(['m', 'M']) => (&text[..text.len() - 1], 1_000_000),
        text => (text, 1),
    };
    let number: Option<u64> = digits.parse().ok();
    let octets = number.and_then(|number| number.checked_mul(unit));
    octets.ok_or(InvalidQuery::Value { operator, expected: "a size such as 500, 20k or 5M" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<(bool, Term)> {
        Query::parse(text).map(|query| query.terms).unwrap_or_default()
    }

    fn text(field: Field, value: &str) -> Term {
        Term::Text(vec![(field, value.to_owned())])
    }

    #[test]
    fn every_operator_is_read() {
        assert_eq!(
            terms("from:ann subject:\"two words\" is:unread before:2026-01-01 has:attachment in:inbox -draft"),
            [
                (false, text(Field::From, "ann")),
                (false, text(Field::Subject, "two words")),
                (true, Term::Flag(SystemFlag::Seen)),
                (false, Term::Before(jiff::civil::date(2026, 1, 1))),
                (false, Term::HasAttachment),
                (false, Term::In("inbox".into())),
                (true, text(Field::Any, "draft")),
            ]
        );
        assert_eq!(terms("larger:5M -larger:20k"), [(false, Term::Larger(5_000_000)), (false, Term::Smaller(20_001))]);
        assert_eq!(
            terms("from:ann OR from:bob"),
            [(false, Term::Text(vec![(Field::From, "ann".into()), (Field::From, "bob".into())]))]
        );
        assert_eq!(terms("http://x"), [(false, text(Field::Any, "http://x"))], "no operator of ours");
    }

    #[test]
    fn what_makes_no_sense_is_told_in_words() {
        for (query, words) in [
            ("", "the query is empty"),
            ("\"open", "a quotation mark is not closed"),
            ("is:odd", "is: must be followed by unread, read, flagged, unflagged, answered, draft or deleted"),
            ("before:yesterday", "before: must be followed by a day such as 2026-01-31"),
            ("larger:big", "larger: must be followed by a size such as 500, 20k or 5M"),
            ("from:", "from: must be followed by a text"),
            ("OR x", "OR must stand between two words"),
            ("x OR", "OR must stand between two words"),
            ("x OR is:read", "OR must stand between two words"),
            ("-in:inbox", "in: cannot be negated"),
        ] {
            assert_eq!(Query::parse(query).map_err(|error| error.to_string()), Err(words.to_owned()), "{query}");
        }
    }
}
