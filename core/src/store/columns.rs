//! How the parts of an envelope are written in columns.

use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::model::{Address, Envelope};

/// What of an envelope no list shows.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Rest {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) sender: Vec<Address>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) reply_to: Vec<Address>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) cc: Vec<Address>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) bcc: Vec<Address>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) in_reply_to: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) references: Vec<String>,
}

impl Rest {
    pub(super) fn of(envelope: &Envelope) -> Self {
        Self {
            sender: envelope.sender.clone(),
            reply_to: envelope.reply_to.clone(),
            cc: envelope.cc.clone(),
            bcc: envelope.bcc.clone(),
            in_reply_to: envelope.in_reply_to.clone(),
            references: envelope.references.clone(),
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

/// Addresses as JSON, or nothing for none.
pub(super) fn addresses_to_column(addresses: &[Address]) -> Result<String, StoreError> {
    if addresses.is_empty() { Ok(String::new()) } else { to_json(addresses) }
}

pub(super) fn addresses_from_column(text: &str) -> Result<Vec<Address>, StoreError> {
    if text.is_empty() { Ok(Vec::new()) } else { from_json(text) }
}

pub(super) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Internal("a value cannot be written as JSON".to_owned()))
}

pub(super) fn from_json<T: for<'a> Deserialize<'a>>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Damaged)
}
