//! Commands about messages of the selected mailbox, all by UID.

use super::builder::Builder;
use super::{Command, InvalidArgument, SearchKey};
use crate::imap::Capabilities;
use crate::model::{ModSeq, UidSet};

/// A section of a message (RFC 3501 section 6.4.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Section {
    /// Every byte.
    Whole,
    /// The header.
    Header,
    /// These fields of the header, in upper case.
    HeaderFields(&'static [&'static str]),
    /// A part, by its specifier.
    Part(String),
}

/// What FETCH is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the protocol's own words")]
pub enum FetchItem {
    Uid,
    Flags,
    InternalDate,
    Rfc822Size,
    BodyStructure,
    ModSeq,
    EmailId,
    ThreadId,
    GmMsgId,
    GmThrId,
    GmLabels,
    /// `BODY.PEEK[section]`, which does not set `\Seen`.
    BodyPeek {
        section: Section,
        /// First octet and how many.
        partial: Option<(u64, u64)>,
    },
}

/// UID FETCH. Only what changed since a mod-sequence where one is given (RFC 7162 section 3.1.4.1).
///
/// # Errors
/// Where the set is empty, or a part's specifier is none.
pub fn uid_fetch(uids: &UidSet, items: &[FetchItem], since: Option<ModSeq>) -> Result<Command, InvalidArgument> {
    let mut builder = set(Builder::new("UID FETCH").raw(" "), uids)?.raw(" (");
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            builder = builder.raw(" ");
        }
        builder = fetch_item(builder, item)?;
    }
    builder = builder.raw(")");
    if let Some(since) = since {
        builder = builder.raw(&format!(" (CHANGEDSINCE {since})"));
    }
    Ok(builder.build())
}

fn fetch_item(builder: Builder, item: &FetchItem) -> Result<Builder, InvalidArgument> {
    let word = match item {
        FetchItem::Uid => "UID",
        FetchItem::Flags => "FLAGS",
        FetchItem::InternalDate => "INTERNALDATE",
        FetchItem::Rfc822Size => "RFC822.SIZE",
        FetchItem::BodyStructure => "BODYSTRUCTURE",
        FetchItem::ModSeq => "MODSEQ",
        FetchItem::EmailId => "EMAILID",
        FetchItem::ThreadId => "THREADID",
        FetchItem::GmMsgId => "X-GM-MSGID",
        FetchItem::GmThrId => "X-GM-THRID",
        FetchItem::GmLabels => "X-GM-LABELS",
        FetchItem::BodyPeek { section, partial } => {
            let builder = body_section(builder.raw("BODY.PEEK["), section)?.raw("]");
            return Ok(match partial {
                Some((first, count)) => builder.raw(&format!("<{first}.{count}>")),
                None => builder,
            });
        }
    };
    Ok(builder.raw(word))
}

fn body_section(builder: Builder, section: &Section) -> Result<Builder, InvalidArgument> {
    Ok(match section {
        Section::Whole => builder,
        Section::Header => builder.raw("HEADER"),
        Section::HeaderFields(fields) => builder.raw(&format!("HEADER.FIELDS ({})", fields.join(" "))),
        Section::Part(specifier) => {
            let fits = !specifier.is_empty()
                && specifier.len() <= 200
                && specifier.split('.').all(|number| {
                    !number.is_empty() && !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit())
                });
            if !fits {
                return Err(InvalidArgument::Section);
            }
            builder.raw(specifier)
        }
    })
}

fn set(builder: Builder, uids: &UidSet) -> Result<Builder, InvalidArgument> {
    if uids.is_empty() { Err(InvalidArgument::EmptySet) } else { Ok(builder.raw(&uids.to_string())) }
}

/// UID SEARCH for messages; the answer is ranges where the server knows ESEARCH (RFC 4731).
///
/// # Errors
/// Where a text holds NUL, or a set is empty.
pub fn uid_search(server: &Capabilities, key: &SearchKey) -> Result<Command, InvalidArgument> {
    let mut builder = Builder::new("UID SEARCH");
    if server.has("ESEARCH") {
        builder = builder.raw(" RETURN (ALL)");
    }
    if !key.is_ascii() {
        builder = builder.raw(" CHARSET UTF-8");
    }
    Ok(key.write(builder.raw(" "))?.build())
}

pub(super) fn write_set(builder: Builder, uids: &UidSet) -> Result<Builder, InvalidArgument> {
    set(builder, uids)
}
