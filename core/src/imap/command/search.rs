//! UID SEARCH.

use jiff::civil::Date;

use super::encoder::Encoder;
use super::{Command, InvalidArgument};
use crate::model::{Keyword, ModSeq, SystemFlag, Timestamp, UidSet};

/// The deepest nesting of a search.
const MAX_DEPTH: usize = 32;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What a message must have to be found (RFC 3501 section 6.4.4). Text is matched as the server does: mostly as a
/// substring without regard to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchKey {
    /// Any message.
    All,
    /// One of these UIDs.
    Uid(UidSet),
    /// A flag set.
    Flag(SystemFlag),
    /// A flag not set.
    NotFlag(SystemFlag),
    /// A keyword set.
    Keyword(Keyword),
    /// A keyword not set.
    NotKeyword(Keyword),
    /// Text in From.
    From(String),
    /// Text in To.
    To(String),
    /// Text in Cc.
    Cc(String),
    /// Text in Bcc.
    Bcc(String),
    /// Text in Subject.
    Subject(String),
    /// Text in the body.
    Body(String),
    /// Text in header or body.
    Text(String),
    /// Text in a header field; any value where it is empty.
    Header(String, String),
    /// Arrived on that day or later.
    Since(Date),
    /// Arrived before that day.
    Before(Date),
    /// Arrived on that day.
    On(Date),
    /// Dated that day or later.
    SentSince(Date),
    /// Dated before that day.
    SentBefore(Date),
    /// Dated that day.
    SentOn(Date),
    /// Of more octets.
    Larger(u32),
    /// Of fewer octets.
    Smaller(u32),
    /// Changed at that mod-sequence or later (RFC 7162).
    ModSeq(ModSeq),
    /// Gmail's own search language.
    GmRaw(String),
    /// Any of two.
    Or(Box<SearchKey>, Box<SearchKey>),
    /// The opposite.
    Not(Box<SearchKey>),
    /// All of these; without any, every message.
    And(Vec<SearchKey>),
}

/// A whole search: all of its keys must match; without any, every message does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchProgram {
    /// The keys.
    pub keys: Vec<SearchKey>,
}

/// What an extended search gives back (RFC 4731).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchReturn {
    /// The UIDs found, as a set.
    All,
    /// How many were found.
    Count,
    /// The lowest found.
    Min,
    /// The highest found.
    Max,
}

/// UID SEARCH. Without `returns` in the form that every server knows; with them needs ESEARCH. The charset is named
/// only where a text is not ASCII.
///
/// # Errors
/// Where a text holds a NUL, a set is empty, a date cannot be written, the search is nested more than 32 deep or too
/// long.
pub fn uid_search(program: &SearchProgram, returns: &[SearchReturn]) -> Result<Command, InvalidArgument> {
    if program.keys.iter().any(|key| too_deep(key, MAX_DEPTH)) {
        return Err(InvalidArgument::TooDeep);
    }
    let mut encoder = Encoder::new("UID SEARCH");
    if !returns.is_empty() {
        encoder = encoder.raw(" RETURN (").separated(returns, search_return).raw(")");
    }
    if program.keys.iter().any(needs_charset) {
        encoder = encoder.raw(" CHARSET UTF-8");
    }
    match program.keys.as_slice() {
        [] => encoder.raw(" ALL").finish(),
        keys => encoder.raw(" ").separated(keys, Encoder::search_key).finish(),
    }
}

fn search_return(encoder: Encoder, option: &SearchReturn) -> Encoder {
    encoder.raw(match option {
        SearchReturn::All => "ALL",
        SearchReturn::Count => "COUNT",
        SearchReturn::Min => "MIN",
        SearchReturn::Max => "MAX",
    })
}

fn too_deep(key: &SearchKey, left: usize) -> bool {
    let Some(left) = left.checked_sub(1) else { return true };
    match key {
        SearchKey::Or(one, other) => too_deep(one, left) || too_deep(other, left),
        SearchKey::Not(key) => too_deep(key, left),
        SearchKey::And(keys) => keys.iter().any(|key| too_deep(key, left)),
        _ => false,
    }
}

fn needs_charset(key: &SearchKey) -> bool {
    use SearchKey as K;
    match key {
        K::From(text) | K::To(text) | K::Cc(text) | K::Bcc(text) | K::Subject(text) => !text.is_ascii(),
        K::Body(text) | K::Text(text) | K::GmRaw(text) | K::Header(_, text) => !text.is_ascii(),
        K::Or(one, other) => needs_charset(one) || needs_charset(other),
        K::Not(key) => needs_charset(key),
        K::And(keys) => keys.iter().any(needs_charset),
        _ => false,
    }
}

impl Encoder {
    fn search_key(self, key: &SearchKey) -> Self {
        use SearchKey as K;
        match key {
            K::All => self.raw("ALL"),
            K::Uid(set) => self.raw("UID ").set(set),
            K::Flag(flag) => self.raw(flag_key(*flag)),
            K::NotFlag(flag) => self.raw("UN").raw(flag_key(*flag)),
            K::Keyword(keyword) => self.raw("KEYWORD ").atom(keyword.as_str().as_bytes()),
            K::NotKeyword(keyword) => self.raw("UNKEYWORD ").atom(keyword.as_str().as_bytes()),
            K::From(text) => self.raw("FROM ").string(text.as_bytes()),
            K::To(text) => self.raw("TO ").string(text.as_bytes()),
            K::Cc(text) => self.raw("CC ").string(text.as_bytes()),
            K::Bcc(text) => self.raw("BCC ").string(text.as_bytes()),
            K::Subject(text) => self.raw("SUBJECT ").string(text.as_bytes()),
            K::Body(text) => self.raw("BODY ").string(text.as_bytes()),
            K::Text(text) => self.raw("TEXT ").string(text.as_bytes()),
            K::Header(field, text) => self.raw("HEADER ").astring(field.as_bytes()).raw(" ").string(text.as_bytes()),
            K::Since(date) => self.raw("SINCE ").date(*date),
            K::Before(date) => self.raw("BEFORE ").date(*date),
            K::On(date) => self.raw("ON ").date(*date),
            K::SentSince(date) => self.raw("SENTSINCE ").date(*date),
            K::SentBefore(date) => self.raw("SENTBEFORE ").date(*date),
            K::SentOn(date) => self.raw("SENTON ").date(*date),
            K::Larger(octets) => self.raw("LARGER ").number(*octets),
            K::Smaller(octets) => self.raw("SMALLER ").number(*octets),
            K::ModSeq(modseq) => self.raw("MODSEQ ").number(modseq.get()),
            K::GmRaw(text) => self.raw("X-GM-RAW ").string(text.as_bytes()),
            K::Or(one, other) => self.raw("OR ").search_key(one).raw(" ").search_key(other),
            K::Not(key) => self.raw("NOT ").search_key(key),
            K::And(keys) if keys.is_empty() => self.raw("ALL"),
            K::And(keys) => self.raw("(").separated(keys, Self::search_key).raw(")"),
        }
    }

    /// `1-Feb-1994`.
    fn date(self, date: Date) -> Self {
        let month = usize::try_from(date.month() - 1).ok().and_then(|month| MONTHS.get(month));
        match (month, u16::try_from(date.year())) {
            (Some(month), Ok(year @ 1..)) => {
                self.number(date.day().unsigned_abs()).raw("-").raw(month).raw("-").four(year)
            }
            _ => self.fail(InvalidArgument::Date),
        }
    }

    /// `"17-Jul-1996 02:44:25 +0000"`, RFC 3501 `date-time`.
    pub(super) fn date_time(self, time: Timestamp) -> Self {
        let Ok(time) = jiff::Timestamp::from_second(time.0) else { return self.fail(InvalidArgument::Date) };
        let time = jiff::tz::Offset::UTC.to_datetime(time);
        let padding = if time.day() < 10 { "\" " } else { "\"" };
        let encoder = self.raw(padding).date(time.date()).raw(" ").two(time.hour());
        encoder.raw(":").two(time.minute()).raw(":").two(time.second()).raw(" +0000\"")
    }

    fn two(self, number: i8) -> Self {
        let padding = if number < 10 { "0" } else { "" };
        self.raw(padding).number(number.unsigned_abs())
    }

    fn four(self, number: u16) -> Self {
        let padding = match number {
            0..10 => "000",
            10..100 => "00",
            100..1000 => "0",
            _ => "",
        };
        self.raw(padding).number(number)
    }
}

fn flag_key(flag: SystemFlag) -> &'static str {
    match flag {
        SystemFlag::Seen => "SEEN",
        SystemFlag::Answered => "ANSWERED",
        SystemFlag::Flagged => "FLAGGED",
        SystemFlag::Deleted => "DELETED",
        SystemFlag::Draft => "DRAFT",
    }
}
