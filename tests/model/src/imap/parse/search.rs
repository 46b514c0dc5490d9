//! SEARCH and its keys.

use std::collections::BTreeSet;

use super::cursor::{Cursor, Parsed, Syntax};
use super::set::Set;
use crate::profile::Extension;

/// SEARCH.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) uid: bool,
    /// What ESEARCH returns; `None` for the plain answer.
    pub(crate) returns: Option<BTreeSet<SearchReturn>>,
    pub(crate) key: Key,
    /// A key speaks of mod-sequences.
    pub(crate) modseq: bool,
}

/// A return option of ESEARCH (RFC 4731).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SearchReturn {
    Min,
    Max,
    All,
    Count,
}

/// What must hold of a message.
#[derive(Debug)]
pub(crate) enum Key {
    All,
    Numbers(Set),
    Uids(Set),
    Flag(String),
    Recent,
    Header(String, Vec<u8>),
    Text(Vec<u8>),
    Body(Vec<u8>),
    Date(DateOf, When, i64),
    Larger(u64),
    Smaller(u64),
    Modseq(u64),
    EmailId(Vec<u8>),
    ThreadId(Vec<u8>),
    GmMsgId(u64),
    GmThrId(u64),
    GmLabel(Vec<u8>),
    Not(Box<Self>),
    Or(Box<Self>, Box<Self>),
    And(Vec<Self>),
}

/// Which of a message's dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateOf {
    Arrival,
    Header,
}

/// How a date compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Before,
    On,
    Since,
}

/// Keys nested deeper are refused.
const DEEPEST: usize = 50;

impl Cursor<'_> {
    pub(super) fn search(&mut self, uid: bool) -> Parsed<Search> {
        self.space()?;
        let mut returns = None;
        if self.text("RETURN ") {
            self.needs(Extension::Esearch);
            let mut options: BTreeSet<SearchReturn> = self.list(Self::search_return)?.into_iter().collect();
            if options.is_empty() {
                options.insert(SearchReturn::All);
            }
            returns = Some(options);
            self.space()?;
        }
        if self.text("CHARSET ") {
            let charset = self.astring()?;
            if !charset.eq_ignore_ascii_case(b"UTF-8") && !charset.eq_ignore_ascii_case(b"US-ASCII") {
                return Err(Syntax("BADCHARSET"));
            }
            self.space()?;
        }
        let mut search = Search { uid, returns, key: Key::All, modseq: false };
        let mut keys = vec![self.key(0, &mut search.modseq)?];
        while self.take(b' ') {
            keys.push(self.key(0, &mut search.modseq)?);
        }
        search.key = Key::And(keys);
        Ok(search)
    }

    fn search_return(&mut self) -> Parsed<SearchReturn> {
        match self.atom()?.to_ascii_uppercase().as_str() {
            "MIN" => Ok(SearchReturn::Min),
            "MAX" => Ok(SearchReturn::Max),
            "ALL" => Ok(SearchReturn::All),
            "COUNT" => Ok(SearchReturn::Count),
            _ => Err(Syntax("no such return option")),
        }
    }

    fn key(&mut self, depth: usize, modseq: &mut bool) -> Parsed<Key> {
        if depth > DEEPEST {
            return Err(Syntax("the search is nested too deep"));
        }
        if self.peek() == Some(b'(') {
            return self.list(|cursor| cursor.key(depth + 1, modseq)).map(Key::And);
        }
        if self.peek().is_some_and(|byte| byte.is_ascii_digit() || byte == b'*') {
            return self.set().map(Key::Numbers);
        }
        let word = self.atom()?.to_ascii_uppercase();
        if let Some(key) = flag_key(&word) {
            return Ok(key);
        }
        self.space()?;
        match word.as_str() {
            "NOT" => Ok(Key::Not(Box::new(self.key(depth + 1, modseq)?))),
            "OR" => {
                let left = self.key(depth + 1, modseq)?;
                self.space()?;
                Ok(Key::Or(Box::new(left), Box::new(self.key(depth + 1, modseq)?)))
            }
            "MODSEQ" => {
                self.needs(Extension::Condstore);
                *modseq = true;
                if self.peek() == Some(b'"') {
                    self.string()?;
                    self.space()?;
                    self.atom()?;
                    self.space()?;
                }
                self.number().map(Key::Modseq)
            }
            _ => self.key_with_value(&word),
        }
    }

    fn key_with_value(&mut self, word: &str) -> Parsed<Key> {
        match word {
            "UID" => self.set().map(Key::Uids),
            "KEYWORD" => self.flag().map(Key::Flag),
            "UNKEYWORD" => self.flag().map(|flag| Key::Not(Box::new(Key::Flag(flag)))),
            "FROM" | "TO" | "CC" | "BCC" | "SUBJECT" => self.astring().map(|value| Key::Header(word.to_owned(), value)),
            "HEADER" => {
                let name = String::from_utf8_lossy(&self.astring()?).into_owned();
                self.space()?;
                self.astring().map(|value| Key::Header(name, value))
            }
            "TEXT" => self.astring().map(Key::Text),
            "BODY" => self.astring().map(Key::Body),
            "LARGER" => self.number().map(Key::Larger),
            "SMALLER" => self.number().map(Key::Smaller),
            "BEFORE" => self.day(DateOf::Arrival, When::Before),
            "ON" => self.day(DateOf::Arrival, When::On),
            "SINCE" => self.day(DateOf::Arrival, When::Since),
            "SENTBEFORE" => self.day(DateOf::Header, When::Before),
            "SENTON" => self.day(DateOf::Header, When::On),
            "SENTSINCE" => self.day(DateOf::Header, When::Since),
            "EMAILID" => self.of(Extension::ObjectId).astring().map(Key::EmailId),
            "THREADID" => self.of(Extension::ObjectId).astring().map(Key::ThreadId),
            "X-GM-MSGID" => self.of(Extension::GmExt).number().map(Key::GmMsgId),
            "X-GM-THRID" => self.of(Extension::GmExt).number().map(Key::GmThrId),
            "X-GM-LABELS" => self.of(Extension::GmExt).label().map(Key::GmLabel),
            "X-GM-RAW" => self.of(Extension::GmExt).astring().map(Key::Text),
            _ => Err(Syntax("no such search key")),
        }
    }

    fn of(&mut self, extension: Extension) -> &mut Self {
        self.needs(extension);
        self
    }

    fn day(&mut self, of: DateOf, when: When) -> Parsed<Key> {
        let quoted = self.take(b'"');
        let day = self.date()?;
        if quoted {
            self.expect(b'"', "the date has no end")?;
        }
        Ok(Key::Date(of, when, day))
    }
}

fn flag_key(word: &str) -> Option<Key> {
    let not = |key| Key::Not(Box::new(key));
    let flag = |name: &str| Key::Flag(name.to_owned());
    Some(match word {
        "ALL" => Key::All,
        "ANSWERED" => flag("\\Answered"),
        "DELETED" => flag("\\Deleted"),
        "DRAFT" => flag("\\Draft"),
        "FLAGGED" => flag("\\Flagged"),
        "SEEN" => flag("\\Seen"),
        "UNANSWERED" => not(flag("\\Answered")),
        "UNDELETED" => not(flag("\\Deleted")),
        "UNDRAFT" => not(flag("\\Draft")),
        "UNFLAGGED" => not(flag("\\Flagged")),
        "UNSEEN" => not(flag("\\Seen")),
        "RECENT" => Key::Recent,
        "OLD" => not(Key::Recent),
        "NEW" => Key::And(vec![Key::Recent, not(flag("\\Seen"))]),
        _ => return None,
    })
}
