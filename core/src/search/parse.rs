//! From what a person typed to terms.

use super::InvalidQuery;
use super::combine::{self, Node};
use super::value;
use super::words::{self, Token, Word};
use crate::model::{Keyword, SystemFlag};

/// The longest query, in bytes, the most terms in it, and the deepest parentheses.
const MAX_LEN: usize = 2_000;
const MAX_TERMS: usize = 64;
const MAX_DEPTH: usize = 16;

/// Where a text is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Anywhere.
    Any,
    /// The authors.
    From,
    /// The recipients, Cc and Bcc among them.
    To,
    /// The recipients of copies. On this device, where they are not told apart, any recipient.
    Cc,
    /// The recipients of blind copies; on this device as [`Field::Cc`].
    Bcc,
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
    Since(jiff::civil::Date),
    /// Dated before that day.
    Before(jiff::civil::Date),
    /// Of more octets.
    Larger(u64),
    /// Of fewer octets.
    Smaller(u64),
    /// In the mailbox of that name or role.
    In(String),
}

/// All of these must hold, or where the first is `true`, must not.
pub type Terms = Vec<(bool, Term)>;

/// What a mail must be to be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// The ways to be found: it is enough that one holds. Never none.
    pub alternatives: Vec<Terms>,
}

impl Query {
    /// Reads a query. `OR` binds closer than what stands side by side, as `-` and `NOT` bind closer than both;
    /// parentheses group, also behind a key: `subject:(one OR two)`.
    ///
    /// # Errors
    /// [`InvalidQuery`], in words for whoever typed it.
    pub fn parse(text: &str) -> Result<Self, InvalidQuery> {
        if text.len() > MAX_LEN {
            return Err(InvalidQuery::TooLong);
        }
        let tokens = words::tokens(text)?;
        let mut parser = Parser { tokens: &tokens, at: 0, terms: 0 };
        let node = parser.all(None, 0)?;
        match parser.peek() {
            Some(_) => Err(InvalidQuery::Parenthesis),
            None if parser.terms == 0 && text.trim().is_empty() => Err(InvalidQuery::Empty),
            None if parser.terms == 0 => Err(InvalidQuery::NoWord),
            None => Ok(Self { alternatives: combine::alternatives(node)? }),
        }
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    terms: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self) -> Option<&'a Token> {
        self.at += 1;
        self.tokens.get(self.at - 1)
    }

    /// What stands side by side, up to a closing parenthesis or the end.
    fn all(&mut self, key: Option<&str>, depth: usize) -> Result<Node, InvalidQuery> {
        if depth > MAX_DEPTH {
            return Err(InvalidQuery::TooComplex);
        }
        let mut nodes = Vec::new();
        while !matches!(self.peek(), None | Some(Token::Close)) {
            if let Some(Token::And) = self.peek() {
                self.at += 1;
                continue;
            }
            let mut any = vec![self.one(key, depth)?];
            while let Some(Token::Or) = self.peek() {
                self.at += 1;
                any.push(self.one(key, depth)?);
            }
            nodes.push(Node::any(any));
        }
        Ok(Node::All(nodes))
    }

    fn one(&mut self, key: Option<&str>, depth: usize) -> Result<Node, InvalidQuery> {
        match self.take() {
            Some(Token::Not) if depth < MAX_DEPTH => Ok(Node::Not(Box::new(self.one(key, depth + 1)?))),
            Some(Token::Not) => Err(InvalidQuery::TooComplex),
            Some(Token::Open(inner)) => {
                let before = self.terms;
                let node = self.all(inner.as_deref().or(key), depth + 1)?;
                match self.take() {
                    Some(Token::Close) if self.terms > before => Ok(node),
                    Some(_) => Err(InvalidQuery::NoWord),
                    None => Err(InvalidQuery::Parenthesis),
                }
            }
            Some(Token::Word(word)) => {
                self.terms += 1;
                if self.terms > MAX_TERMS {
                    return Err(InvalidQuery::TooLong);
                }
                term(word, word.key.as_deref().or(key))
            }
            Some(Token::Or | Token::And | Token::Close) | None => Err(InvalidQuery::Or),
        }
    }
}

fn term(word: &Word, key: Option<&str>) -> Result<Node, InvalidQuery> {
    let text = |operator, field| match super::fulltext::has_word(&word.text) {
        true => Ok(Node::Term(Term::Text(vec![(field, word.text.trim().to_owned())]))),
        false => Err(InvalidQuery::Value { operator, expected: "a word" }),
    };
    match key {
        None => text("search", Field::Any),
        Some("from") => text("from", Field::From),
        Some("to") => text("to", Field::To),
        Some("cc") => text("cc", Field::Cc),
        Some("bcc") => text("bcc", Field::Bcc),
        Some("subject") => text("subject", Field::Subject),
        Some("body") => text("body", Field::Body),
        Some("filename") => text("filename", Field::FileName),
        Some("is") => is(&word.text),
        Some("has") => match word.text.to_ascii_lowercase().as_str() {
            "attachment" | "attachments" | "file" => Ok(Node::Term(Term::HasAttachment)),
            _ => Err(InvalidQuery::Value { operator: "has", expected: "attachment" }),
        },
        Some("keyword") => {
            let expected = "a keyword as it is written on the message";
            let keyword = Keyword::new(&word.text).ok_or(InvalidQuery::Value { operator: "keyword", expected })?;
            Ok(Node::Term(Term::Keyword(keyword)))
        }
        Some("before") => Ok(Node::Term(Term::Before(value::days(&word.text, "before")?.0))),
        Some("after") => Ok(Node::Term(Term::Since(value::days(&word.text, "after")?.0))),
        Some("since") => Ok(Node::Term(Term::Since(value::days(&word.text, "since")?.0))),
        Some("on") => {
            let (first, after) = value::days(&word.text, "on")?;
            Ok(Node::All(vec![Node::Term(Term::Since(first)), Node::Term(Term::Before(after))]))
        }
        Some("larger") => Ok(Node::Term(Term::Larger(value::size(&word.text, "larger")?))),
        Some("smaller") => Ok(Node::Term(Term::Smaller(value::size(&word.text, "smaller")?))),
        Some("in") if word.text.trim().is_empty() => {
            Err(InvalidQuery::Value { operator: "in", expected: "the name of a mailbox" })
        }
        Some("in") => Ok(Node::Term(Term::In(word.text.clone()))),
        Some(other) => Err(InvalidQuery::UnknownKey(other.to_owned())),
    }
}

fn is(value: &str) -> Result<Node, InvalidQuery> {
    let (term, set) = match value.to_ascii_lowercase().as_str() {
        "unread" | "unseen" | "new" => (Term::Flag(SystemFlag::Seen), false),
        "read" | "seen" => (Term::Flag(SystemFlag::Seen), true),
        "flagged" | "starred" => (Term::Flag(SystemFlag::Flagged), true),
        "unflagged" | "unstarred" => (Term::Flag(SystemFlag::Flagged), false),
        "answered" | "replied" => (Term::Flag(SystemFlag::Answered), true),
        "unanswered" => (Term::Flag(SystemFlag::Answered), false),
        "draft" => (Term::Flag(SystemFlag::Draft), true),
        "deleted" => (Term::Flag(SystemFlag::Deleted), true),
        // RFC 5788 registers it.
        "forwarded" if let Some(keyword) = Keyword::new("$Forwarded") => (Term::Keyword(keyword), true),
        _ => {
            let expected = "unread, read, flagged, unflagged, answered, unanswered, forwarded, draft or deleted";
            return Err(InvalidQuery::Value { operator: "is", expected });
        }
    };
    let node = Node::Term(term);
    Ok(if set { node } else { Node::Not(Box::new(node)) })
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
