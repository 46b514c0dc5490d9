//! The header fields that lists and threads are made from.

use serde::{Deserialize, Serialize};

use super::{Address, Timestamp};

/// Header fields of one mail, decoded (RFC 5322 section 3.6). Missing fields are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Subject, unfolded and decoded.
    pub subject: String,
    /// Authors.
    pub from: Vec<Address>,
    /// Who sent it for the authors, where the header says so.
    pub sender: Vec<Address>,
    /// Where answers go, where the header says so.
    pub reply_to: Vec<Address>,
    /// Main recipients.
    pub to: Vec<Address>,
    /// Recipients of copies.
    pub cc: Vec<Address>,
    /// Blind copies: only in drafts and sent mail.
    pub bcc: Vec<Address>,
    /// The Date field, where it is there and names a real point in time.
    pub date: Option<Timestamp>,
    /// Message-ID without angle brackets. A hint, never an identity: mails share it, and servers rewrite it.
    pub message_id: Option<String>,
    /// Message-IDs of In-Reply-To without angle brackets.
    pub in_reply_to: Vec<String>,
    /// Message-IDs of References without angle brackets, oldest first.
    pub references: Vec<String>,
    /// Whether the authorship is ambiguous: no or several From fields, or a display name that poses as an address.
    pub sender_unclear: bool,
}
