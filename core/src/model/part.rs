//! The structure of a mail: its tree of parts.

use serde::{Deserialize, Serialize};

/// How a part asks to be presented (RFC 2183).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disposition {
    /// No Content-Disposition field.
    #[default]
    Unspecified,
    /// Within the text.
    Inline,
    /// As a file.
    Attachment,
}

/// One node of a mail's structure, as BODYSTRUCTURE tells it or as the raw mail was parsed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Part specifier as IMAP counts (RFC 3501 section 6.4.5): `1`, `2.1`. Empty for a multipart at the root.
    pub section: String,
    /// Media type in lower case, such as `text/plain` or `multipart/mixed`.
    pub media_type: String,
    /// The charset parameter, in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
    /// File name as the mail gives it, decoded. Display text only, never a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Content-ID without angle brackets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
    /// How the part asks to be presented.
    #[serde(default)]
    pub disposition: Disposition,
    /// Content-Transfer-Encoding in lower case; `7bit` where there is none.
    pub encoding: String,
    /// Size in octets as encoded in the mail.
    pub octets: u64,
    /// Parts within: of a multipart, or the one mail within a `message/rfc822`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Part>,
}

impl Part {
    /// This part and all within it, in the order in which they stand in the mail.
    pub fn walk(&self) -> impl Iterator<Item = &Part> {
        let mut pending = vec![self];
        std::iter::from_fn(move || {
            let part = pending.pop()?;
            pending.extend(part.children.iter().rev());
            Some(part)
        })
    }

    /// The part with this specifier.
    pub fn find(&self, section: &str) -> Option<&Part> {
        self.walk().find(|part| part.section == section && !part.is_multipart())
    }

    /// Whether the part only holds others.
    pub fn is_multipart(&self) -> bool {
        self.media_type.starts_with("multipart/")
    }

    /// The parts a person would call attachments: files, attached mails and whatever is neither text nor shown within it.
    /// Pictures that belong to the HTML beside them are none, nor are signatures.
    pub fn attachments(&self) -> Vec<&Part> {
        let mut found = Vec::new();
        self.collect_attachments("", &mut found);
        found
    }

    fn collect_attachments<'a>(&'a self, within: &str, found: &mut Vec<&'a Part>) {
        if self.is_multipart() {
            for child in &self.children {
                child.collect_attachments(&self.media_type, found);
            }
        } else if self.is_attachment(within) {
            found.push(self);
        }
    }

    fn is_attachment(&self, within: &str) -> bool {
        let shown_as_text = matches!(self.media_type.as_str(), "text/plain" | "text/html");
        // A file by its own word is one, also where it has an id: some mailers give one to every part.
        if self.disposition == Disposition::Attachment {
            return within != "multipart/signed" || !self.is_signature();
        }
        let belongs_to_html = within == "multipart/related" && self.content_id.is_some() && !shown_as_text;
        let signs = within == "multipart/signed" && self.is_signature();
        !belongs_to_html && !signs && (!shown_as_text || self.name.is_some())
    }

    /// Whether the part only proves who wrote the others (RFC 1847).
    fn is_signature(&self) -> bool {
        matches!(
            self.media_type.as_str(),
            "application/pgp-signature" | "application/pkcs7-signature" | "application/x-pkcs7-signature"
        )
    }
}
