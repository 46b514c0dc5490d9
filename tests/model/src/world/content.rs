//! A new message, and what it is threaded by.

use super::flags::Flags;
use super::message::{Content, InternalDate};
use crate::mime::Headers;

/// A message to put into a mailbox.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// Its octets.
    pub content: Content,
    /// Its flags.
    pub flags: Flags,
    /// Its internal date; the world's time where `None`.
    pub internal_date: Option<InternalDate>,
}

impl NewMessage {
    /// A message without flags that arrives now.
    pub fn new(bytes: impl AsRef<[u8]>) -> Self {
        Self { content: Content::Bytes(bytes.as_ref().into()), flags: Flags::new(), internal_date: None }
    }

    /// The same with these flags.
    #[must_use]
    pub fn flags(mut self, flags: Flags) -> Self {
        self.flags = flags;
        self
    }

    /// The same with this internal date.
    #[must_use]
    pub fn date(mut self, date: InternalDate) -> Self {
        self.internal_date = Some(date);
        self
    }
}

/// The Message-ID, and those the message answers or refers to.
pub(super) fn message_ids(bytes: &[u8]) -> (Option<String>, Vec<String>) {
    let headers = Headers::parse(bytes);
    let own = headers.value("Message-ID").and_then(|value| ids(&value).next());
    let mut others = Vec::new();
    for field in ["In-Reply-To", "References"] {
        if let Some(value) = headers.value(field) {
            others.extend(ids(&value));
        }
    }
    (own, others)
}

fn ids(value: &[u8]) -> impl Iterator<Item = String> {
    let text = String::from_utf8_lossy(value).into_owned();
    let found: Vec<String> = text
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .map(|(id, _)| id.trim().to_owned())
        .filter(|id| !id.is_empty())
        .collect();
    found.into_iter()
}
