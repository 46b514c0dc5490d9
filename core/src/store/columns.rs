//! How the parts of an envelope are written in columns.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::model::{Address, Disposition, Envelope, Part};

/// What of an envelope no list shows. Borrowed on its way in: every new mail passes here.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Rest<'a> {
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) sender: Cow<'a, [Address]>,
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) reply_to: Cow<'a, [Address]>,
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) cc: Cow<'a, [Address]>,
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) bcc: Cow<'a, [Address]>,
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) in_reply_to: Cow<'a, [String]>,
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) references: Cow<'a, [String]>,
}

fn is_empty<T>(list: &[T]) -> bool {
    list.is_empty()
}

impl<'a> Rest<'a> {
    pub(super) fn of(envelope: &'a Envelope) -> Self {
        Self {
            sender: Cow::Borrowed(&envelope.sender),
            reply_to: Cow::Borrowed(&envelope.reply_to),
            cc: Cow::Borrowed(&envelope.cc),
            bcc: Cow::Borrowed(&envelope.bcc),
            in_reply_to: Cow::Borrowed(&envelope.in_reply_to),
            references: Cow::Borrowed(&envelope.references),
        }
    }

    /// JSON, or nothing for nothing.
    pub(super) fn to_column(&self) -> Result<String, StoreError> {
        if *self == Self::default() { Ok(String::new()) } else { to_json(self) }
    }

    pub(super) fn from_column(text: &str) -> Result<Self, StoreError> {
        if text.is_empty() { Ok(Self::default()) } else { from_json(text) }
    }
}

/// Addresses as JSON, or nothing for none. Pairs: half the length of objects, and there are many.
pub(super) fn addresses_to_column(addresses: &[Address]) -> Result<String, StoreError> {
    if addresses.is_empty() {
        return Ok(String::new());
    }
    let pairs: Vec<(&str, &str)> = addresses.iter().map(|a| (a.name.as_str(), a.email.as_str())).collect();
    to_json(&pairs)
}

pub(super) fn addresses_from_column(text: &str) -> Result<Vec<Address>, StoreError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let pairs: Vec<(String, String)> = from_json(text)?;
    Ok(pairs.into_iter().map(|(name, email)| Address { name, email }).collect())
}

/// A part with names of one letter and without what is usual: the structure is most of a row otherwise.
#[derive(Serialize, Deserialize)]
struct StoredPart<'a> {
    #[serde(rename = "t")]
    media_type: Cow<'a, str>,
    #[serde(rename = "s", default, skip_serializing_if = "str::is_empty")]
    section: Cow<'a, str>,
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    charset: Option<Cow<'a, str>>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'a, str>>,
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    content_id: Option<Cow<'a, str>>,
    #[serde(rename = "d", default, skip_serializing_if = "is_unspecified")]
    disposition: Disposition,
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    encoding: Option<Cow<'a, str>>,
    #[serde(rename = "o", default, skip_serializing_if = "is_zero")]
    octets: u64,
    #[serde(rename = "p", default, skip_serializing_if = "Vec::is_empty")]
    children: Vec<StoredPart<'a>>,
}

const USUAL_ENCODING: &str = "7bit";

fn is_unspecified(disposition: &Disposition) -> bool {
    *disposition == Disposition::Unspecified
}

fn is_zero(octets: &u64) -> bool {
    *octets == 0
}

impl<'a> From<&'a Part> for StoredPart<'a> {
    fn from(part: &'a Part) -> Self {
        Self {
            media_type: Cow::Borrowed(&part.media_type),
            section: Cow::Borrowed(&part.section),
            charset: part.charset.as_deref().map(Cow::Borrowed),
            name: part.name.as_deref().map(Cow::Borrowed),
            content_id: part.content_id.as_deref().map(Cow::Borrowed),
            disposition: part.disposition,
            encoding: Some(part.encoding.as_str()).filter(|name| *name != USUAL_ENCODING).map(Cow::Borrowed),
            octets: part.octets,
            children: part.children.iter().map(Self::from).collect(),
        }
    }
}

impl From<StoredPart<'_>> for Part {
    fn from(part: StoredPart<'_>) -> Self {
        Self {
            section: part.section.into_owned(),
            media_type: part.media_type.into_owned(),
            charset: part.charset.map(Cow::into_owned),
            name: part.name.map(Cow::into_owned),
            content_id: part.content_id.map(Cow::into_owned),
            disposition: part.disposition,
            encoding: part.encoding.map_or_else(|| USUAL_ENCODING.to_owned(), Cow::into_owned),
            octets: part.octets,
            children: part.children.into_iter().map(Self::from).collect(),
        }
    }
}

pub(super) fn structure_to_column(structure: &Part) -> Result<String, StoreError> {
    to_json(&StoredPart::from(structure))
}

pub(super) fn structure_from_column(text: &str) -> Result<Part, StoreError> {
    Ok(from_json::<StoredPart<'_>>(text)?.into())
}

fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Internal("a value cannot be written as JSON".to_owned()))
}

fn from_json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Damaged)
}

#[cfg(test)]
#[path = "columns_tests.rs"]
mod tests;
