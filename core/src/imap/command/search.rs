//! What SEARCH looks for (RFC 3501 section 6.4.4).

use super::builder::Builder;
use super::{InvalidArgument, message};
use crate::model::{Keyword, SystemFlag, UidSet};

/// A search key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the protocol's own words")]
pub enum SearchKey {
    All,
    Uid(UidSet),
    Flag(SystemFlag),
    Keyword(Keyword),
    From(String),
    To(String),
    Cc(String),
    Bcc(String),
    Subject(String),
    Body(String),
    Text(String),
    /// A header field and what it contains.
    Header(&'static str, String),
    /// Sent before a day: year, month, day.
    SentBefore(i16, u8, u8),
    /// Sent on a day or later.
    SentSince(i16, u8, u8),
    Larger(u64),
    Smaller(u64),
    Not(Box<SearchKey>),
    Or(Box<SearchKey>, Box<SearchKey>),
    And(Vec<SearchKey>),
}

impl SearchKey {
    /// Whether every text in it is ASCII: no charset has to be named then.
    pub(super) fn is_ascii(&self) -> bool {
        match self {
            Self::From(text) | Self::To(text) | Self::Cc(text) | Self::Bcc(text) | Self::Subject(text) => {
                text.is_ascii()
            }
            Self::Body(text) | Self::Text(text) | Self::Header(_, text) => text.is_ascii(),
            Self::Not(key) => key.is_ascii(),
            Self::Or(left, right) => left.is_ascii() && right.is_ascii(),
            Self::And(keys) => keys.iter().all(Self::is_ascii),
            _ => true,
        }
    }

    pub(super) fn write(&self, builder: Builder) -> Result<Builder, InvalidArgument> {
        let text = |builder: Builder, name: &str, value: &str| builder.raw(name).raw(" ").string(value.as_bytes());
        let date = |builder: Builder, name: &str, (year, month, day): (i16, u8, u8)| {
            let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
            let month = months.get(usize::from(month).wrapping_sub(1)).ok_or(InvalidArgument::Date)?;
            Ok(builder.raw(&format!("{name} {day}-{month}-{year:04}")))
        };
        match self {
            Self::All => Ok(builder.raw("ALL")),
            Self::Uid(uids) => message::write_set(builder.raw("UID "), uids),
            Self::Flag(flag) => Ok(builder.raw(&flag.as_str().to_ascii_uppercase())),
            Self::Keyword(keyword) => Ok(builder.raw("KEYWORD ").raw(keyword.as_str())),
            Self::From(value) => text(builder, "FROM", value),
            Self::To(value) => text(builder, "TO", value),
            Self::Cc(value) => text(builder, "CC", value),
            Self::Bcc(value) => text(builder, "BCC", value),
            Self::Subject(value) => text(builder, "SUBJECT", value),
            Self::Body(value) => text(builder, "BODY", value),
            Self::Text(value) => text(builder, "TEXT", value),
            Self::Header(field, value) => text(builder.raw("HEADER "), field, value),
            Self::SentBefore(year, month, day) => date(builder, "SENTBEFORE", (*year, *month, *day)),
            Self::SentSince(year, month, day) => date(builder, "SENTSINCE", (*year, *month, *day)),
            Self::Larger(octets) => Ok(builder.raw(&format!("LARGER {octets}"))),
            Self::Smaller(octets) => Ok(builder.raw(&format!("SMALLER {octets}"))),
            Self::Not(key) => key.write(builder.raw("NOT ")),
            Self::Or(left, right) => right.write(left.write(builder.raw("OR "))?.raw(" ")),
            Self::And(keys) => Self::write_all(keys, builder),
        }
    }

    fn write_all(keys: &[Self], builder: Builder) -> Result<Builder, InvalidArgument> {
        let mut builder = builder.raw("(");
        for (index, key) in keys.iter().enumerate() {
            if index > 0 {
                builder = builder.raw(" ");
            }
            builder = key.write(builder)?;
        }
        Ok(if keys.is_empty() { builder.raw("ALL)") } else { builder.raw(")") })
    }
}
