//! FETCH and its items.

use super::cursor::{Cursor, Parsed, Syntax};
use super::set::Set;
use crate::profile::Extension;

/// FETCH.
#[derive(Debug)]
pub(crate) struct Fetch {
    pub(crate) uid: bool,
    pub(crate) set: Set,
    pub(crate) items: Vec<Item>,
    pub(crate) changed_since: Option<u64>,
    pub(crate) vanished: bool,
}

/// Something to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    Flags,
    Uid,
    InternalDate,
    Size,
    Envelope,
    BodyStructure {
        extended: bool,
    },
    /// `name` is the old spelling to answer with (`RFC822.TEXT`).
    Body {
        name: Option<&'static str>,
        section: Section,
        partial: Option<(u32, u32)>,
        peek: bool,
    },
    Binary {
        part: Vec<u32>,
        partial: Option<(u32, u32)>,
        peek: bool,
    },
    BinarySize(Vec<u32>),
    Modseq,
    EmailId,
    ThreadId,
    Preview,
    GmMsgId,
    GmThrId,
    GmLabels,
}

/// `BODY[...]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) part: Vec<u32>,
    pub(crate) text: SectionText,
}

/// The end of a section.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum SectionText {
    #[default]
    Whole,
    Header,
    Fields {
        names: Vec<Vec<u8>>,
        without: bool,
    },
    Text,
    Mime,
}

impl Cursor<'_> {
    pub(super) fn fetch(&mut self, uid: bool) -> Parsed<Fetch> {
        self.space()?;
        let mut fetch = Fetch { uid, set: self.set()?, items: Vec::new(), changed_since: None, vanished: false };
        self.space()?;
        fetch.items = self.fetch_items()?;
        if self.take(b' ') {
            self.list(|cursor| {
                if cursor.word("CHANGEDSINCE") {
                    cursor.needs(Extension::Condstore);
                    cursor.space()?;
                    fetch.changed_since = Some(cursor.number()?);
                } else if cursor.word("VANISHED") && uid {
                    cursor.needs(Extension::Qresync);
                    fetch.vanished = true;
                } else {
                    return Err(Syntax("no such modifier of FETCH"));
                }
                Ok(())
            })?;
        }
        if fetch.vanished && fetch.changed_since.is_none() {
            return Err(Syntax("VANISHED needs CHANGEDSINCE"));
        }
        Ok(fetch)
    }

    pub(super) fn fetch_items(&mut self) -> Parsed<Vec<Item>> {
        let fast = [Item::Flags, Item::InternalDate, Item::Size];
        let mut items = Vec::new();
        if self.word("ALL") {
            items.extend(fast);
            items.push(Item::Envelope);
        } else if self.word("FAST") {
            items.extend(fast);
        } else if self.word("FULL") {
            items.extend(fast);
            items.extend([Item::Envelope, Item::BodyStructure { extended: false }]);
        } else if self.peek() == Some(b'(') {
            items = self.list(Self::item)?;
            if items.is_empty() {
                return Err(Syntax("there is nothing to fetch"));
            }
        } else {
            items.push(self.item()?);
        }
        Ok(items)
    }

    fn item(&mut self) -> Parsed<Item> {
        if self.text("BODY.PEEK[") {
            return self.body(None, true);
        }
        if self.text("BODY[") {
            return self.body(None, false);
        }
        if let Some(item) = self.binary()? {
            return Ok(item);
        }
        let whole = |name, text, peek| Item::Body {
            name: Some(name),
            section: Section { part: Vec::new(), text },
            partial: None,
            peek,
        };
        for (word, item) in [
            ("FLAGS", Item::Flags),
            ("UID", Item::Uid),
            ("INTERNALDATE", Item::InternalDate),
            ("RFC822.SIZE", Item::Size),
            ("RFC822.HEADER", whole("RFC822.HEADER", SectionText::Header, true)),
            ("RFC822.TEXT", whole("RFC822.TEXT", SectionText::Text, false)),
            ("RFC822", whole("RFC822", SectionText::Whole, false)),
            ("ENVELOPE", Item::Envelope),
            ("BODYSTRUCTURE", Item::BodyStructure { extended: true }),
            ("BODY", Item::BodyStructure { extended: false }),
        ] {
            if self.word(word) {
                return Ok(item);
            }
        }
        for (word, item, extension) in [
            ("MODSEQ", Item::Modseq, Extension::Condstore),
            ("EMAILID", Item::EmailId, Extension::ObjectId),
            ("THREADID", Item::ThreadId, Extension::ObjectId),
            ("PREVIEW", Item::Preview, Extension::Preview),
            ("X-GM-MSGID", Item::GmMsgId, Extension::GmExt),
            ("X-GM-THRID", Item::GmThrId, Extension::GmExt),
            ("X-GM-LABELS", Item::GmLabels, Extension::GmExt),
        ] {
            if self.word(word) {
                self.needs(extension);
                self.text(" (LAZY)");
                return Ok(item);
            }
        }
        Err(Syntax("no such item of FETCH"))
    }

    fn binary(&mut self) -> Parsed<Option<Item>> {
        let size = self.text("BINARY.SIZE[");
        let peek = !size && self.text("BINARY.PEEK[");
        if !size && !peek && !self.text("BINARY[") {
            return Ok(None);
        }
        self.needs(Extension::Binary);
        let part = self.part_number()?;
        self.expect(b']', "the section has no end")?;
        if size {
            return Ok(Some(Item::BinarySize(part)));
        }
        Ok(Some(Item::Binary { part, partial: self.partial()?, peek }))
    }

    fn body(&mut self, name: Option<&'static str>, peek: bool) -> Parsed<Item> {
        let part = self.part_number()?;
        if !part.is_empty() && self.peek() != Some(b']') {
            self.expect(b'.', "the section is wrong")?;
        }
        let text = if self.peek() == Some(b']') { SectionText::Whole } else { self.section_text(!part.is_empty())? };
        self.expect(b']', "the section has no end")?;
        Ok(Item::Body { name, section: Section { part, text }, partial: self.partial()?, peek })
    }

    fn part_number(&mut self) -> Parsed<Vec<u32>> {
        let mut part = Vec::new();
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            part.push(self.number32()?);
            if !self.rest().get(1).is_some_and(u8::is_ascii_digit) || !self.take(b'.') {
                break;
            }
        }
        Ok(part)
    }

    fn section_text(&mut self, in_part: bool) -> Parsed<SectionText> {
        let without = self.text("HEADER.FIELDS.NOT ");
        if without || self.text("HEADER.FIELDS ") {
            let names = self.list(Self::astring)?;
            return Ok(SectionText::Fields { names, without });
        }
        if self.text("HEADER") {
            Ok(SectionText::Header)
        } else if self.text("TEXT") {
            Ok(SectionText::Text)
        } else if in_part && self.text("MIME") {
            Ok(SectionText::Mime)
        } else {
            Err(Syntax("no such section"))
        }
    }

    fn partial(&mut self) -> Parsed<Option<(u32, u32)>> {
        if !self.take(b'<') {
            return Ok(None);
        }
        let from = self.number32()?;
        self.expect(b'.', "the partial is wrong")?;
        let length = self.number32()?;
        self.expect(b'>', "the partial has no end")?;
        Ok(Some((from, length)))
    }
}
