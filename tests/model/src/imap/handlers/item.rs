//! The items of FETCH.

use std::sync::Arc;

use super::envelope::put_envelope;
use super::structure::put_structure;
use crate::imap::parse::{Item, Section, SectionText};
use crate::imap::session::Session;
use crate::imap::wire::Closed;
use crate::imap::write;
use crate::mime::{Body, Headers, Part, decoded, preview};
use crate::world::Place;

/// A message's octets and parts, read when first needed.
pub(super) struct Source<'a> {
    place: &'a Place,
    bytes: Option<Arc<[u8]>>,
    part: Option<Part>,
}

impl<'a> Source<'a> {
    pub(super) fn new(place: &'a Place) -> Self {
        Self { place, bytes: None, part: None }
    }

    fn bytes(&mut self) -> Arc<[u8]> {
        Arc::clone(self.bytes.get_or_insert_with(|| self.place.message.content.bytes()))
    }

    fn part(&mut self) -> (Arc<[u8]>, &Part) {
        let bytes = self.bytes();
        let part = self.part.get_or_insert_with(|| Part::parse(&bytes));
        (bytes, part)
    }
}

impl Session {
    pub(super) async fn put_item(&mut self, place: &Place, source: &mut Source<'_>, item: &Item) -> Result<(), Closed> {
        let message = &place.message;
        let forms = (self.profile.quirks.strings, self.enabled.utf8);
        let mut out = Vec::new();
        match item {
            Item::Flags => self.put_flags(place),
            Item::Uid => self.io.put(format!("UID {}", place.uid)),
            Item::InternalDate => {
                let mut date = message.internal_date;
                if self.profile.quirks.utc_dates {
                    date.offset_minutes = 0;
                }
                self.io.put(format!("INTERNALDATE {}", write::internal_date(date)));
            }
            Item::Size => {
                let size = source.bytes.as_ref().map_or_else(|| message.content.size(), |bytes| bytes.len() as u64);
                self.io.put(format!("RFC822.SIZE {size}"));
            }
            Item::Modseq => self.io.put(format!("MODSEQ ({})", place.modseq)),
            Item::EmailId => self.io.put(format!("EMAILID ({})", message.email_id)),
            Item::ThreadId => self.io.put(format!("THREADID ({})", message.thread_id)),
            Item::GmMsgId => self.io.put(format!("X-GM-MSGID {}", message.gm_msgid)),
            Item::GmThrId => self.io.put(format!("X-GM-THRID {}", message.gm_thrid)),
            Item::GmLabels => self.put_labels(place),
            Item::Envelope => {
                self.io.put("ENVELOPE ");
                put_envelope(&mut out, &Headers::parse(&source.bytes()), forms);
                self.io.put(out);
            }
            Item::BodyStructure { extended } => {
                self.io.put(if *extended { "BODYSTRUCTURE " } else { "BODY " });
                let (bytes, part) = source.part();
                put_structure(&mut out, &bytes, part, *extended, forms);
                self.put_large_item(&out).await?;
            }
            Item::Preview => {
                let (bytes, part) = source.part();
                let text = preview(&bytes, part);
                write::nstring(&mut out, text.as_deref().map(str::as_bytes), forms.0, forms.1);
                self.io.put("PREVIEW ");
                self.io.put(out);
            }
            Item::Body { name, section, partial, .. } => {
                let octets = content(source, section);
                self.io
                    .put(name.map_or_else(|| section_name(section, self.profile.quirks.capital_fields), str::to_owned));
                let octets = octets.or_else(|| self.profile.quirks.empty_parts.then(Vec::new));
                self.put_octets(octets.as_deref(), *partial, "").await?;
            }
            Item::Binary { part, partial, .. } => {
                self.io.put(format!("BINARY[{}]", number(part)));
                let octets = binary(source, part);
                self.put_octets(octets.as_deref(), *partial, "~").await?;
            }
            Item::BinarySize(part) => {
                let size = binary(source, part).map_or(0, |octets| octets.len());
                self.io.put(format!("BINARY.SIZE[{}] {size}", number(part)));
            }
        }
        Ok(())
    }

    /// A literal with a mark before it, or a part of one, or NIL.
    async fn put_octets(
        &mut self,
        octets: Option<&[u8]>,
        partial: Option<(u32, u32)>,
        mark: &str,
    ) -> Result<(), Closed> {
        if let Some((from, _)) = partial {
            self.io.put(format!("<{from}>"));
        }
        let Some(octets) = octets else {
            self.io.put(" NIL");
            return Ok(());
        };
        let octets = match partial {
            Some((from, length)) => {
                let rest = octets.get(from as usize..).unwrap_or_default();
                rest.get(..length as usize).unwrap_or(rest)
            }
            None => octets,
        };
        self.io.put(format!(" {mark}{{{}}}\r\n", octets.len()));
        self.put_large_item(octets).await
    }

    async fn put_large_item(&mut self, octets: &[u8]) -> Result<(), Closed> {
        self.io.put_large(octets).await
    }

    fn put_labels(&mut self, place: &Place) {
        let own = self.view.as_ref().map(|view| view.mailbox);
        let labels = self
            .with_account(|account| {
                let mut labels = account.labels_of(&place.message);
                if let Some(label) = own.and_then(|own| account.label_of(own)) {
                    labels.remove(&label);
                }
                labels
            })
            .unwrap_or_default();
        let mut out = Vec::new();
        for label in labels {
            if !out.is_empty() {
                out.push(b' ');
            }
            write::astring(&mut out, &label, crate::profile::StringForm::Quoted, self.enabled.utf8);
        }
        self.io.put("X-GM-LABELS (");
        self.io.put(out);
        self.io.put(")");
    }
}

/// The octets a section names; `None` where there is no such part.
fn content(source: &mut Source<'_>, section: &Section) -> Option<Vec<u8>> {
    let bytes = source.bytes();
    if section.part.is_empty() {
        let body = match section.text {
            SectionText::Whole => return Some(bytes.to_vec()),
            _ => Headers::parse(&bytes).body,
        };
        return match &section.text {
            SectionText::Header => bytes.get(..body).map(<[u8]>::to_vec),
            SectionText::Fields { names, without } => Some(Headers::parse(&bytes).subset(names, *without)),
            _ => bytes.get(body..).map(<[u8]>::to_vec),
        };
    }
    let (_, message) = source.part();
    let part = message.find(&section.part)?;
    let inner = match &part.inner {
        Body::Message(inner) => Some(inner),
        _ => None,
    };
    let range = match &section.text {
        SectionText::Whole => part.body.clone(),
        SectionText::Mime => part.header.clone(),
        SectionText::Header => inner?.header.clone(),
        SectionText::Text => inner?.body.clone(),
        SectionText::Fields { names, without } => {
            return Some(Headers::parse(bytes.get(inner?.header.clone())?).subset(names, *without));
        }
    };
    bytes.get(range).map(<[u8]>::to_vec)
}

fn binary(source: &mut Source<'_>, number: &[u32]) -> Option<Vec<u8>> {
    let (bytes, message) = source.part();
    if number.is_empty() {
        return Some(bytes.to_vec());
    }
    let part = message.find(number)?;
    decoded(bytes.get(part.body.clone())?, &part.encoding)
}

fn number(part: &[u32]) -> String {
    part.iter().map(u32::to_string).collect::<Vec<_>>().join(".")
}

fn section_name(section: &Section, capitals: bool) -> String {
    let text = match &section.text {
        SectionText::Whole => String::new(),
        SectionText::Header => "HEADER".to_owned(),
        SectionText::Text => "TEXT".to_owned(),
        SectionText::Mime => "MIME".to_owned(),
        SectionText::Fields { names, without } => {
            let mut names: Vec<String> = names.iter().map(|name| field_name(name)).collect();
            if capitals {
                names.iter_mut().for_each(|name| name.make_ascii_uppercase());
            }
            format!("HEADER.FIELDS{} ({})", if *without { ".NOT" } else { "" }, names.join(" "))
        }
    };
    let dot = if section.part.is_empty() || text.is_empty() { "" } else { "." };
    format!("BODY[{}{dot}{text}]", number(&section.part))
}

fn field_name(name: &[u8]) -> String {
    let mut out = Vec::new();
    write::astring(&mut out, name, crate::profile::StringForm::Atom, false);
    String::from_utf8_lossy(&out).into_owned()
}
